#include "sql_run.hpp"

#include <string>
#include <utility>

#include <fmt/core.h>

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

/// One run of a SqlPlan on one leased connection.
class SqlRun {
 public:
    SqlRun(const SqlPlan& plan, RunContext& context)
        : plan_(plan),
          context_(context),
          deadline_(plan.timeout ? Deadline::after(*plan.timeout).earlier(context.deadline())
                                 : context.deadline()) {}

    Value run() {
        bind_all();  // bad input must not cost a connection
        lease_ = plan_.connection->require_pool().acquire(
            {.deadline = deadline_,
             .stop = context_.stop(),
             .access = plan_.may_write ? db::Access::Write : db::Access::Read,
             .holder = fmt::format("resource '{}'", context_.resource().action_id)});
        Value result = plan_.transaction ? run_transaction() : run_queries();
        lease_ = {};  // given back before anything is rendered
        return result;
    }

 private:
    using Bound = std::vector<sql::BoundStatement>;

    void bind_all() {
        for (const SqlQuery& query : plan_.queries) {
            if (query.is_batch()) {
                bound_.push_back(query.bind_batch(context_));
            } else {
                bound_.push_back({});
                bound_.back().push_back(query.bind(context_));
            }
        }
    }

    Value run_transaction() {
        lease_.begin(!plan_.may_write, deadline_, context_.stop());
        Value result;
        try {
            result = run_queries();
        } catch (Error& error) {
            const bool is_undone = is_transaction_undone(error);
            roll_back();
            error.detail().outcome = is_undone ? Outcome::NotDone : Outcome::Unknown;
            error.detail().applied_indexes.clear();
            throw;
        }
        lease_.commit();
        return result;
    }

    /// Whether nothing of the transaction can have been stored, now that `error` has ended it.
    bool is_transaction_undone(const Error& error) {
        if (error.detail().outcome == Outcome::Unknown) return false;
        const bool is_gone = lease_.connection().state() == db::SessionState::Idle;
        // MySQL commits before a statement such as CREATE and rolls everything back at a deadlock.
        const bool may_have_committed = plan_.connection->dsn.dialect == sql::Dialect::MySql;
        return !is_gone || !may_have_committed || error.detail().sqlstate == "40001";
    }

    /// A procedure may commit what came before it.
    void require_open_transaction() {
        if (lease_.connection().state() == db::SessionState::InTransaction) return;
        throw Error(ErrorCode::QueryFailed,
                    "the statement ended the transaction it ran in; what was done until then may "
                    "be stored",
                    {.hint = "leave the transaction to the resource, or set `transaction: false`",
                     .outcome = Outcome::Unknown});
    }

    /// Never hides the error that led here; a session that cannot roll back is closed by the pool.
    void roll_back() noexcept {
        try {
            lease_.rollback();
        } catch (const Error& error) {
            lease_.discard(error.what());
        }
    }

    Value run_queries() {
        if (!plan_.several) return run_query(0);
        Value::List results;
        for (std::size_t i = 0; i < plan_.queries.size(); ++i) {
            try {
                results.push_back(run_query(i));
            } catch (Error& error) {
                tell_progress(i, error);
                throw;
            }
        }
        return Value(std::move(results));
    }

    /// In `queries` the indexes of an error count statements, also when one of them is a batch.
    void tell_progress(std::size_t failed, Error& error) const {
        ErrorDetail& detail = error.detail();
        const bool batch_is_partly_applied = !detail.applied_indexes.empty();
        if (detail.failed_index && plan_.queries[failed].is_batch()) {
            detail.context +=
                fmt::format("{}parameter set {} of statement {}",
                            detail.context.empty() ? "" : "\n", *detail.failed_index, failed);
        }
        detail.failed_index = failed;
        detail.applied_indexes.clear();
        for (std::size_t i = 0; i < failed; ++i) {
            if (plan_.queries[i].statement_class().may_write) detail.applied_indexes.push_back(i);
        }
        if (batch_is_partly_applied) detail.applied_indexes.push_back(failed);
    }

    Value run_query(std::size_t index) {
        const SqlQuery& query = plan_.queries[index];
        try {
            Value value = query.is_batch() ? run_batch(query, bound_[index]) : run_single(index);
            if (plan_.transaction) require_open_transaction();
            return value;
        } catch (Error& error) {
            ErrorDetail& detail = error.detail();
            if (!detail.where) detail.where = query.span();
            if (detail.connection.empty()) detail.connection = plan_.connection->name;
            // CALL, DO and COMMIT may have stored something although they failed.
            const sql::StatementClass& what = query.statement_class();
            const bool may_commit =
                what.may_write && what.effect == sql::SessionEffect::Transactional;
            if (may_commit && detail.outcome == Outcome::NotDone) detail.outcome = Outcome::Unknown;
            throw;
        }
    }

    Value run_single(std::size_t index) {
        const sql::BoundStatement& bound = bound_[index].front();
        return checked_value(lease_.execute(statement(plan_.queries[index], bound),
                                            bound.parameters, deadline_, context_.stop()));
    }

    db::Statement statement(const SqlQuery& query, const sql::BoundStatement& bound) const {
        return {.text = bound.text,
                .statement_class = query.statement_class(),
                .max_rows = plan_.max_rows,
                .max_bytes = plan_.max_bytes};
    }

    Value run_batch(const SqlQuery& query, const Bound& sets) {
        Value::List list;
        std::int64_t total = 0;
        std::size_t done = 0;
        while (done < sets.size()) {
            // Sets share one text unless an expanded list gives some another; equal neighbours go
            // together.
            std::size_t end = done + 1;
            while (end < sets.size() && *sets[end].text == *sets[done].text) ++end;
            for (const db::Result& result : run_sets(query, sets, done, end)) {
                total += result.rows_affected;
                if (!plan_.summary) list.push_back(checked_value(result));
            }
            done = end;
        }
        if (!plan_.summary) return Value(std::move(list));
        return Value(Object{{"rowsAffected", total},
                            {"sets", static_cast<std::int64_t>(sets.size())},
                            {"success", true}});
    }

    std::vector<db::Result> run_sets(const SqlQuery& query, const Bound& sets, std::size_t begin,
                                     std::size_t end) {
        std::vector<std::vector<Value>> parameters;
        for (std::size_t i = begin; i < end; ++i) parameters.push_back(sets[i].parameters);
        try {
            return lease_.execute_batch(statement(query, sets[begin]), parameters, deadline_,
                                        context_.stop());
        } catch (Error& error) {
            ErrorDetail& detail = error.detail();
            if (detail.failed_index) *detail.failed_index += begin;
            for (std::size_t& index : detail.applied_indexes) index += begin;
            if (!plan_.transaction) {
                std::vector<std::size_t> earlier(begin);
                for (std::size_t i = 0; i < begin; ++i) earlier[i] = i;
                detail.applied_indexes.insert(detail.applied_indexes.begin(), earlier.begin(),
                                              earlier.end());
            }
            throw;
        }
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
    Deadline deadline_;
    std::vector<Bound> bound_;
    db::Lease lease_;
};

}  // namespace

Value run_sql(const SqlPlan& plan, RunContext& context) {
    return SqlRun(plan, context).run();
}

}  // namespace kdeps::resources
