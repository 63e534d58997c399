#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
    bool summary = false;
    bool may_write = false;  ///< Any statement may.
    TableFormat format = TableFormat::Json;
    std::size_t max_rows = SIZE_MAX;
    std::size_t max_bytes = 64u << 20;
};

/// Runs the statements of `plan` in order on one leased connection and gives their results.
///
/// Shape:   one result, or with `several` a list with one element per statement.
/// Errors:  those of binding, of Pool::acquire() and of the statements. With `several`,
///          `failed_index` and `applied_indexes` count statements; in a transaction the outcome is
///          NotDone unless something may have been committed all the same.
[[nodiscard]] Value run_sql(const SqlPlan& plan, engine::RunContext& context);

}  // namespace kdeps::resources
