#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "kdeps/base/value.hpp"
#include "kdeps/engine/compile_context.hpp"
#include "kdeps/engine/run_context.hpp"
#include "kdeps/engine/value_tree.hpp"
#include "kdeps/sql/sql_template.hpp"
#include "kdeps/workflow/schema.hpp"

#include "sql_expectation.hpp"

namespace kdeps::resources {

/// The calls of result() among expressions.
[[nodiscard]] std::vector<expr::LiteralCall> result_calls_in(
    const std::vector<expr::Expression>& expressions);

/// One statement of a sql resource with where its parameters come from, compiled.
///
/// Threads: immutable; bind() may run in several threads at once, each with its own context.
class SqlQuery {
 public:
    /// Reads `name`, `query`, `params`, `paramsBatch` and `expect` of `fields`; nullopt after
    /// mistakes were reported.
    [[nodiscard]] static std::optional<SqlQuery> compile(const workflow::Fields& fields,
                                                         const sql::Dialect& dialect,
                                                         engine::CompileContext& context);

    [[nodiscard]] bool is_batch() const { return batch_.has_value(); }
    [[nodiscard]] const sql::StatementClass& statement_class() const {
        return template_.statement_class();
    }
    [[nodiscard]] const SourceSpan& span() const { return span_; }
    /// Whether a run decides about any of its values; else all of them stand in the workflow.
    [[nodiscard]] bool takes_values() const;
    [[nodiscard]] const std::string& name() const { return name_; }  ///< Empty if it has none.
    [[nodiscard]] const std::optional<Expectation>& expectation() const { return expectation_; }
    /// The calls of result() in its parameters.
    [[nodiscard]] std::vector<expr::LiteralCall> result_calls() const;

    /// The statement for this run. REQUIRES: not is_batch().
    [[nodiscard]] sql::BoundStatement bind(engine::RunContext& context) const;
    /// One bound statement per parameter set; all have the same text unless a list expands.
    ///
    /// Errors: BadRequest when a set is no list or map, or lacks a value; `failed_index` is set.
    [[nodiscard]] std::vector<sql::BoundStatement> bind_batch(engine::RunContext& context) const;

 private:
    /// Parameters of one execution: a list for positions, a map for names.
    using Source = std::variant<std::monostate, expr::Expression, expr::Text>;

    SqlQuery(sql::SqlTemplate sql, SourceSpan span) : template_(std::move(sql)), span_(span) {}
    bool compile_slots(engine::CompileContext& context);
    bool compile_expectation(const workflow::Fields& fields, engine::CompileContext& context);
    bool compile_params(const workflow::Fields& fields, engine::CompileContext& context);
    bool check_counts(const workflow::Node& params, const engine::ValueTree& tree,
                      engine::CompileContext& context) const;
    bool check_batch(const workflow::Node& batch, engine::CompileContext& context) const;
    [[nodiscard]] Value slot_value(std::size_t slot, const Value* set,
                                   engine::RunContext& context) const;
    [[nodiscard]] Value parameter(const sql::Slot& slot, const Value* set,
                                  engine::RunContext& context) const;
    [[nodiscard]] Value typed(Value value) const;

    sql::SqlTemplate template_;
    SourceSpan span_;
    std::string name_;
    std::optional<Expectation> expectation_;
    std::vector<Source> sources_;  ///< Per slot; empty for positional and named ones.
    std::optional<engine::ValueTree> params_;
    std::optional<engine::ValueTree> batch_;
};

}  // namespace kdeps::resources
