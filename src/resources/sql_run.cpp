#include "sql_run.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "kdeps/base/small_vector.hpp"
#include "kdeps/db/pool.hpp"

namespace kdeps::resources {

namespace {

using engine::RunContext;

Value result_value(const db::Result& result, TableFormat format) {
    if (result.table != nullptr) return Value(TableRef{result.table, format});
    Object object;
    object.set("rowsAffected", result.rows_affected);
    object.set("lastInsertID", result.last_insert_id ? Value(*result.last_insert_id) : Value());
    object.set("success", true);
    return Value(std::move(object));
}

/// Whether no session was there, so that the place of a statement is of no interest.
bool is_about_pool(ErrorCode code) {
    return code == ErrorCode::PoolTimeout || code == ErrorCode::PoolQueueFull ||
           code == ErrorCode::ConnectionFailed;
}

/// One run of a SqlPlan.
class SqlRun {
 public:
    SqlRun(const SqlPlan& plan, RunContext& context) : plan_(plan), context_(context) {}

    Value run() {
        bind_all();  // bad input must not cost a connection
        const std::vector<db::Result> results = run_commands();
        if (!plan_.several) return query_value(0, results);
        Value::List list;
        for (std::size_t i = 0; i < plan_.queries.size(); ++i) {
            list.push_back(query_value(i, results));
        }
        return Value(std::move(list));
    }

 private:
    /// Sets are counted over all queries, as the indexes of Connection::run() are.
    void bind_all() {
        SmallVector<std::size_t, 8> counts;  // sets per command
        const auto add = [&](const SqlQuery& query, sql::BoundStatement bound, bool is_first) {
            // Sets share one text unless an expanded list gives some another; equal neighbours go
            // together.
            if (is_first || *bound.text != *commands_.back().statement.text) {
                commands_.push_back({statement(query, std::move(bound.text)), {}});
                counts.push_back(0);
            }
            ++counts.back();
            sets_.push_back(std::move(bound.parameters));
        };
        for (const SqlQuery& query : plan_.queries) {
            first_sets_.push_back(sets_.size());
            if (!query.is_batch()) {
                add(query, query.bind(context_), true);
                continue;
            }
            bool is_first = true;
            for (sql::BoundStatement& bound : query.bind_batch(context_)) {
                add(query, std::move(bound), std::exchange(is_first, false));
            }
        }
        std::span<const std::vector<Value>> rest = sets_;
        for (std::size_t i = 0; i < commands_.size(); ++i) {
            commands_[i].sets = rest.first(counts[i]);
            rest = rest.subspan(counts[i]);
        }
    }

    db::Statement statement(const SqlQuery& query, std::shared_ptr<const std::string> text) const {
        return {.text = std::move(text),
                .statement_class = query.statement_class(),
                .max_rows = plan_.max_rows,
                .max_bytes = plan_.max_bytes};
    }

    /// The results of all sets.
    std::vector<db::Result> run_commands() {
        const db::UnitOfWork unit{.begin = plan_.transaction,
                                  .read_only = !plan_.may_write,
                                  .commit = plan_.transaction,
                                  .must_end = !plan_.transaction};
        const db::AcquireRequest request{
            .deadline = context_.deadline(),
            .stop = context_.stop(),
            .access = plan_.may_write ? db::Access::Write : db::Access::Read,
            .holder = plan_.holder};
        db::Pool& pool = plan_.connection->require_pool();
        std::vector<db::Result> results;
        results.reserve(sets_.size());
        try {
            for (auto& command : pool.run({commands_.data(), commands_.size()}, unit, request)) {
                std::ranges::move(command, std::back_inserter(results));
            }
        } catch (Error& error) {
            if (is_about_pool(error.code())) throw;
            blame(error.detail());
            // Without an index it was BEGIN or COMMIT that failed.
            if (!plan_.transaction || error.detail().failed_index) explain(error);
            throw;
        }
        return results;
    }

    /// Which query an index of a set belongs to.
    [[nodiscard]] std::size_t query_of(std::size_t set) const {
        const auto next = std::ranges::upper_bound(first_sets_, set);
        return static_cast<std::size_t>(next - first_sets_.begin()) - 1;
    }

    /// Values that a database refuses are the client's mistake, unless all of the statement's stand
    /// in the workflow. A constraint may also be looked at by COMMIT, which no index tells. "Send
    /// something else" would be no answer where the statement may have been done.
    void blame(ErrorDetail& detail) const {
        const bool may_be_done =
            detail.outcome == Outcome::Unknown || detail.outcome == Outcome::Done;
        if (detail.refusal == Refusal::None || may_be_done) return;
        const bool is_clients = detail.failed_index
                                    ? plan_.queries[query_of(*detail.failed_index)].takes_values()
                                    : std::ranges::any_of(plan_.queries, &SqlQuery::takes_values);
        if (is_clients) detail.http_status = refusal_info(detail.refusal).status;
    }

    /// Makes an error of Connection::run() one of the resource.
    void explain(Error& error) {
        ErrorDetail& detail = error.detail();
        const std::size_t failed_set = detail.failed_index.value_or(0);
        const std::size_t failed = query_of(failed_set);
        const SqlQuery& query = plan_.queries[failed];
        if (!detail.where) detail.where = query.span();
        if (detail.connection.empty()) detail.connection = plan_.connection->name;
        count_progress(failed_set, failed, detail);
        if (!plan_.transaction) return;
        detail.applied_indexes.clear();
        const bool is_known = detail.outcome == Outcome::Done || detail.outcome == Outcome::Unknown;
        if (!is_known) detail.outcome = Outcome::NotDone;
    }

    /// In `queries` the indexes of an error count statements, also when one of them is a batch.
    void count_progress(std::size_t failed_set, std::size_t failed, ErrorDetail& detail) const {
        const bool is_batch = plan_.queries[failed].is_batch();
        if (!plan_.several) {
            if (is_batch) return;
            detail.failed_index.reset();
            detail.applied_indexes.clear();
            return;
        }
        if (detail.failed_index && is_batch) {
            detail.context += fmt::format("{}parameter set {} of statement {}",
                                          detail.context.empty() ? "" : "\n",
                                          failed_set - first_sets_[failed], failed);
        }
        detail.failed_index = failed;
        std::vector<std::size_t> applied;  // queries
        for (const std::size_t set : detail.applied_indexes) {
            const std::size_t query = query_of(set);
            const bool may_write = plan_.queries[query].statement_class().may_write;
            if (may_write && (applied.empty() || applied.back() != query)) applied.push_back(query);
        }
        detail.applied_indexes = std::move(applied);
    }

    Value query_value(std::size_t index, const std::vector<db::Result>& results) {
        const std::size_t begin = first_sets_[index];
        if (!plan_.queries[index].is_batch()) return checked_value(results[begin]);
        const std::size_t end =
            index + 1 < first_sets_.size() ? first_sets_[index + 1] : results.size();
        const std::span<const db::Result> own(results.begin() + begin, results.begin() + end);
        if (plan_.summary) {
            std::int64_t total = 0;
            for (const db::Result& result : own) total += result.rows_affected;
            return Value(Object{{"rowsAffected", total},
                                {"sets", static_cast<std::int64_t>(own.size())},
                                {"success", true}});
        }
        Value::List list;
        for (const db::Result& result : own) list.push_back(checked_value(result));
        return Value(std::move(list));
    }

    Value checked_value(const db::Result& result) {
        const std::string& resource = context_.resource().action_id;
        if (result.table != nullptr && result.table->is_truncated()) {
            context_.warn(fmt::format("resource '{}': the result was cut at maxRows {}", resource,
                                      plan_.max_rows));
        }
        for (const std::string& name : result.renamed_columns) {
            context_.warn(fmt::format("resource '{}': a repeated column name was changed to '{}'",
                                      resource, name));
        }
        return result_value(result, plan_.format);
    }

    const SqlPlan& plan_;
    RunContext& context_;
    SmallVector<db::Command, 1> commands_;
    std::vector<std::vector<Value>> sets_;    ///< The parameters of all executions.
    SmallVector<std::size_t, 8> first_sets_;  ///< Per query.
};

}  // namespace

Value run_sql(const SqlPlan& plan, RunContext& context) {
    return SqlRun(plan, context).run();
}

}  // namespace kdeps::resources
