#include "sql_run.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <random>
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

/// The statements of one call to the database.
struct Call {
    SmallVector<db::Command, 1> commands;
    std::vector<std::vector<Value>> sets;  ///< The parameters of all executions.
};

/// One run of a SqlPlan.
class SqlRun {
 public:
    SqlRun(const SqlPlan& plan, RunContext& context) : plan_(plan), context_(context) {}

    Value run() {
        const ReadableResults readable(*this);
        next_ = bind_stage();  // bad input must not cost a connection
        run_stages();
        for (const db::Result& result : results_) warn_about(result);
        if (!plan_.several) return query_value(0);
        Value::List list;
        for (std::size_t i = 0; i < plan_.queries.size(); ++i) list.push_back(query_value(i));
        return Value(std::move(list));
    }

 private:
    /// While there is one, expressions can read the results by result().
    class ReadableResults {
     public:
        explicit ReadableResults(SqlRun& run) : context_(run.context_) {
            if (!run.plan_.several) return;
            context_.set_results([&run](const Value& statement) {
                // That there is one, and that it has been run, was checked at load.
                return run.query_value(find_query(run.plan_.queries, statement).value());
            });
        }
        ~ReadableResults() { context_.set_results({}); }
        ReadableResults(const ReadableResults&) = delete;
        ReadableResults& operator=(const ReadableResults&) = delete;

     private:
        RunContext& context_;
    };

    [[nodiscard]] bool is_last_stage() const { return stage_ + 1 == plan_.stages.size(); }

    /// The queries of the stage that `first_sets_` has come to. Sets are counted over all queries.
    Call bind_stage() {
        const std::size_t first = first_sets_.size();
        const auto next = std::ranges::upper_bound(plan_.stages, first);
        const std::size_t end = next == plan_.stages.end() ? plan_.queries.size() : *next;
        Call call;
        SmallVector<std::size_t, 8> counts;  // sets per command
        const auto add = [&](const SqlQuery& query, sql::BoundStatement bound, bool is_first) {
            // Sets share one text unless an expanded list gives some another; equal neighbours go
            // together.
            if (is_first || *bound.text != *call.commands.back().statement.text) {
                call.commands.push_back({statement(query, std::move(bound.text)), {}});
                counts.push_back(0);
            }
            ++counts.back();
            call.sets.push_back(std::move(bound.parameters));
        };
        for (std::size_t i = first; i < end; ++i) {
            const SqlQuery& query = plan_.queries[i];
            first_sets_.push_back(results_.size() + call.sets.size());
            if (!query.is_batch()) {
                add(query, query.bind(context_), true);
                continue;
            }
            bool is_first = true;
            for (sql::BoundStatement& bound : query.bind_batch(context_)) {
                add(query, std::move(bound), std::exchange(is_first, false));
            }
        }
        std::span<const std::vector<Value>> rest = call.sets;
        for (std::size_t i = 0; i < call.commands.size(); ++i) {
            call.commands[i].sets = rest.first(counts[i]);
            rest = rest.subspan(counts[i]);
        }
        return call;
    }

    db::Statement statement(const SqlQuery& query, std::shared_ptr<const std::string> text) const {
        return {.text = std::move(text),
                .statement_class = query.statement_class(),
                .max_rows = plan_.max_rows,
                .max_bytes = plan_.max_bytes};
    }

    void run_stages() {
        const db::AcquireRequest request{
            .deadline = context_.deadline(),
            .stop = context_.stop(),
            .access = plan_.may_write ? db::Access::Write : db::Access::Read,
            .holder = plan_.holder};
        db::Pool& pool = plan_.connection->require_pool();
        if (plan_.stages.size() == 1) {
            return run_stage([&](std::span<const db::Command> commands, db::UnitOfWork unit) {
                return pool.run(commands, std::move(unit), request);
            });
        }
        db::Lease lease = pool.acquire(request);
        for (; stage_ < plan_.stages.size(); ++stage_) {
            run_stage([&](std::span<const db::Command> commands, db::UnitOfWork unit) {
                return lease.run(commands, std::move(unit), request.deadline, request.stop);
            });
        }
    }

    template <class Run>
    void run_stage(const Run& run) {
        const Call call = std::move(next_);
        const std::size_t first_set = results_.size();
        const db::UnitOfWork unit = unit_of(call);
        try {
            auto given = run({call.commands.data(), call.commands.size()}, unit);
            if (!unit.on_results) {
                for (auto& command : given) {
                    std::ranges::move(command, std::back_inserter(results_));
                }
            } else if (call.commands.empty() && !is_last_stage()) {
                bind_next();
            }
        } catch (Error& error) {
            if (is_about_pool(error.code())) throw;
            auto& failed = error.detail().failed_index;
            if (unbound_set_) {
                failed = unbound_set_;
            } else if (failed) {
                *failed += first_set;
            }
            blame(error.detail());
            // Without an index it was BEGIN or COMMIT that failed.
            if (!plan_.transaction || failed) explain(error);
            throw;
        }
    }

    [[nodiscard]] db::UnitOfWork unit_of(const Call& call) {
        db::UnitOfWork unit{.begin = plan_.transaction && stage_ == 0,
                            .goes_on = stage_ > 0,
                            .read_only = !plan_.may_write,
                            .commit = plan_.transaction && is_last_stage(),
                            .isolation = plan_.isolation,
                            .must_end = !plan_.transaction};
        if (is_last_stage() && !expects_anything()) return unit;
        unit.on_results = [this, last = call.commands.size()](std::size_t command,
                                                              std::span<const db::Result> given) {
            const SqlQuery& query = plan_.queries[query_of(results_.size())];
            results_.insert(results_.end(), given.begin(), given.end());
            if (query.expectation()) require_expected(query, given);
            // Here, so that its failure is one of the transaction's.
            if (command + 1 == last && !is_last_stage()) bind_next();
        };
        return unit;
    }

    /// Whether a statement of this stage does.
    [[nodiscard]] bool expects_anything() const {
        const auto begin =
            plan_.queries.begin() + static_cast<std::ptrdiff_t>(plan_.stages[stage_]);
        return std::any_of(begin, plan_.queries.end(),
                           [](const SqlQuery& query) { return query.expectation().has_value(); });
    }

    /// `given`: by one command of the query.
    void require_expected(const SqlQuery& query, std::span<const db::Result> given) {
        const auto index = static_cast<std::size_t>(&query - plan_.queries.data());
        const std::string shown = !plan_.several ? "the statement"
                                  : query.name().empty()
                                      ? fmt::format("statement {}", index)
                                      : fmt::format("statement '{}'", query.name());
        for (std::size_t i = 0; i < given.size(); ++i) {
            try {
                query.expectation()->require(given[i], shown, context_);
            } catch (Error& error) {
                error.detail().failed_index = i;
                if (plan_.may_write) error.detail().outcome = Outcome::NotDone;
                throw;
            }
        }
    }

    void bind_next() {
        try {
            next_ = bind_stage();
        } catch (Error& error) {
            unbound_set_ = first_sets_.back() + error.detail().failed_index.value_or(0);
            if (plan_.may_write) error.detail().outcome = Outcome::NotDone;
            throw;
        }
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
        if (!context_.request().tells_refusals) return;
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

    [[nodiscard]] Value query_value(std::size_t index) const {
        const std::size_t begin = first_sets_[index];
        if (!plan_.queries[index].is_batch()) return result_value(results_[begin], plan_.format);
        const std::size_t end =
            index + 1 < first_sets_.size() ? first_sets_[index + 1] : results_.size();
        const auto own = std::span(results_).subspan(begin, end - begin);
        if (plan_.summary) {
            std::int64_t total = 0;
            for (const db::Result& result : own) total += result.rows_affected;
            return Value(Object{{"rowsAffected", total},
                                {"sets", static_cast<std::int64_t>(own.size())},
                                {"success", true}});
        }
        Value::List list;
        for (const db::Result& result : own) list.push_back(result_value(result, plan_.format));
        return Value(std::move(list));
    }

    void warn_about(const db::Result& result) {
        const std::string& resource = context_.resource().action_id;
        if (result.table != nullptr && result.table->is_truncated()) {
            context_.warn(fmt::format("resource '{}': the result was cut at maxRows {}", resource,
                                      plan_.max_rows));
        }
        for (const std::string& name : result.renamed_columns) {
            context_.warn(fmt::format("resource '{}': a repeated column name was changed to '{}'",
                                      resource, name));
        }
    }

    const SqlPlan& plan_;
    RunContext& context_;
    std::size_t stage_ = 0;
    Call next_;                               ///< Bound, not run yet.
    std::vector<db::Result> results_;         ///< Of all sets that were run.
    SmallVector<std::size_t, 8> first_sets_;  ///< Per query that was bound.
    /// The first set of the query whose parameters could not be computed.
    std::optional<std::size_t> unbound_set_;
};

/// Whether all of it was undone, and may succeed when it is run anew.
bool may_repeat(const SqlPlan& plan, const Error& error) {
    const ErrorDetail& detail = error.detail();
    const bool is_undone =
        detail.outcome == Outcome::NotDone || detail.outcome == Outcome::NotApplicable;
    return error.code() == ErrorCode::QueryFailed && is_undone &&
           plan.connection->require_pool().driver().is_conflict(detail);
}

/// How long to wait before the next try: longer each time, and not as long as those who were in
/// each other's way.
std::chrono::milliseconds back_off(std::size_t retry) {
    constexpr std::int64_t kFirst = 10;
    constexpr std::int64_t kLongest = 1000;
    thread_local std::minstd_rand random{std::random_device{}()};
    const std::int64_t most = std::min(kLongest, kFirst << std::min<std::size_t>(retry, 10));
    return std::chrono::milliseconds(
        std::uniform_int_distribution<std::int64_t>(most / 2, most)(random));
}

}  // namespace

std::optional<std::size_t> find_query(const std::vector<SqlQuery>& queries,
                                      const Value& statement) {
    if (statement.kind() == Kind::Int) {
        const std::int64_t index = statement.as_int();
        const bool exists = index >= 0 && std::cmp_less(index, queries.size());
        return exists ? std::optional(static_cast<std::size_t>(index)) : std::nullopt;
    }
    const auto found = std::ranges::find(queries, statement.as_string(), &SqlQuery::name);
    if (found == queries.end() || found->name().empty()) return std::nullopt;
    return static_cast<std::size_t>(found - queries.begin());
}

Value run_sql(const SqlPlan& plan, RunContext& context) {
    for (std::size_t retry = 0;; ++retry) {
        std::chrono::milliseconds pause;
        try {
            return SqlRun(plan, context).run();
        } catch (const Error& error) {
            if (retry >= plan.retries || !may_repeat(plan, error)) throw;
            pause = back_off(retry);
            if (context.deadline().time() <= Deadline::after(pause).time()) throw;
        }
        context.pause(pause);
    }
}

}  // namespace kdeps::resources
