#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kdeps/base/table.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/engine/run_context.hpp"
#include "kdeps/resources/connections.hpp"

#include "sql_query.hpp"

namespace kdeps::resources {

/// A sql resource, compiled.
struct SqlPlan {
    std::string holder;  ///< Of the sessions, for errors of the pool.
    std::shared_ptr<const DatabaseConnection> connection;
    std::vector<SqlQuery> queries;
    bool several = false;  ///< Written as `queries`: the result is a list.
    bool transaction = false;
    std::string isolation;    ///< Of the transaction; empty: the session's own.
    std::size_t retries = 0;  ///< Of the whole transaction, after a conflict with another one.
    /// The first query of each call to the database: one call for all, unless some read what
    /// earlier ones gave.
    std::vector<std::size_t> stages = {0};
    bool summary = false;
    bool may_write = false;  ///< Any statement may, and is let.
    TableFormat format = TableFormat::Json;
    std::size_t max_rows = SIZE_MAX;
    std::size_t max_bytes = 64u << 20;
};

/// Which query result() means by its number or name; nullopt if there is none.
[[nodiscard]] std::optional<std::size_t> find_query(const std::vector<SqlQuery>& queries,
                                                    const Value& statement);

/// Runs the statements of `plan` in order on one leased connection and gives their results. A
/// transaction that another one was in the way of is run anew, with a pause, as the plan allows.
///
/// Shape:   one result, or with `several` a list with one element per statement.
/// Errors:  those of binding, of Pool::acquire(), of the statements and of what they were expected
///          to give (PreflightFailed). With `several`,
///          `failed_index` and `applied_indexes` count statements; in a transaction the outcome is
///          NotDone unless something may have been committed all the same.
[[nodiscard]] Value run_sql(const SqlPlan& plan, engine::RunContext& context);

}  // namespace kdeps::resources
