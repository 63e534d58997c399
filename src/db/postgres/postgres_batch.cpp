#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "postgres/pipeline_mode.hpp"
#include "postgres/postgres_connection.hpp"
#include "postgres/postgres_parameters.hpp"
#include "postgres/postgres_result.hpp"

namespace kdeps::db {

namespace {

/// The rows of one set as they arrive. Those past a bound are dropped: the sets behind are on their
/// way already.
class SetRows {
 public:
    SetRows(const PgTypes& types, const Statement& statement) : reader_(types, statement) {}

    void add(const PGresult* result) {
        if (error_) return;
        try {
            reader_.add(result);
        } catch (Error& error) {
            error_ = std::move(error);
        }
    }
    [[nodiscard]] std::optional<Error>& error() { return error_; }
    [[nodiscard]] Result finish() { return reader_.finish(); }

 private:
    PgResultReader reader_;
    std::optional<Error> error_;
};

}  // namespace

/// Sets that travel together, and what came back.
struct PostgresConnection::Window {
    PgFailureContext failure_context;
    std::vector<std::optional<Result>> results;  ///< Empty where the set was not applied.
    std::optional<Error> error;                  ///< The first failure.
    std::size_t failed_index = 0;                ///< Of that failure, within the window.
    bool is_stale = false;                       ///< It was the prepared statement's fault.

    void fail(std::size_t index, Error failure) {
        if (error) return;
        failed_index = index;
        error = std::move(failure);
    }
    void complete(std::size_t index, SetRows& rows) {
        if (!rows.error()) {
            results[index] = rows.finish();
            return;
        }
        if (failure_context.may_write && !failure_context.in_transaction) {
            rows.error()->detail().outcome = Outcome::Done;
            results[index] = Result{};  // stored, though its rows were too many
        }
        fail(index, std::move(*rows.error()));
    }
    [[nodiscard]] bool is_nothing_applied() const {
        return std::none_of(results.begin(), results.end(), [](const auto& r) { return !!r; });
    }
};

namespace {

/// For each parameter the first value that is not nil: the sets' kinds may differ.
std::vector<Value> sample_values(std::span<const std::vector<Value>> sets) {
    std::vector<Value> sample;
    for (const std::vector<Value>& set : sets) {
        if (sample.size() < set.size()) sample.resize(set.size());
        for (std::size_t i = 0; i < set.size(); ++i) {
            if (sample[i].is_null()) sample[i] = set[i];
        }
    }
    return sample;
}

/// All parameters of a window as text, before anything is sent.
///
/// Errors: BadRequest or QueryFailed with `failed_index`.
std::deque<PgParameters> parameters_of(const PgPrepared& prepared,
                                       std::span<const std::vector<Value>> sets) {
    std::deque<PgParameters> parameters;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        try {
            if (sets[i].size() != prepared.value_count()) {
                throw Error(ErrorCode::QueryFailed,
                            fmt::format("the statement has {} parameters, but {} values were given",
                                        prepared.value_count(), sets[i].size()));
            }
            parameters.emplace_back(sets[i], prepared.parameter_types, prepared.sources);
        } catch (Error& error) {
            error.detail().failed_index = i;
            throw;
        }
    }
    return parameters;
}

}  // namespace

std::vector<Result> PostgresConnection::execute_batch(const Statement& statement,
                                                      std::span<const std::vector<Value>> sets) {
    const bool is_atomic = in_transaction();
    std::vector<Result> results;
    results.reserve(sets.size());
    for (std::size_t begin = 0; begin < sets.size(); begin += kWindow) {
        const auto part = sets.subspan(begin, std::min(kWindow, sets.size() - begin));
        Window window;
        try {
            window = run_window(statement, part);
            if (window.is_stale && window.is_nothing_applied() && !is_atomic) {
                statements_.forget(*statement.text);
                window = run_window(statement, part);
            }
        } catch (Error& error) {  // nothing of this window was done
            window.fail(error.detail().failed_index.value_or(0), std::move(error));
        }
        if (window.error) {
            ErrorDetail& detail = window.error->detail();
            detail.failed_index = begin + window.failed_index;
            if (!is_atomic) {
                for (std::size_t i = 0; i < begin; ++i) detail.applied_indexes.push_back(i);
                for (std::size_t i = 0; i < window.results.size(); ++i) {
                    if (window.results[i]) detail.applied_indexes.push_back(begin + i);
                }
            }
            throw Error(*window.error);
        }
        for (auto& result : window.results) results.push_back(std::move(*result));
    }
    return results;
}

PostgresConnection::Window PostgresConnection::run_window(
    const Statement& statement, std::span<const std::vector<Value>> sets) {
    Window window;
    window.failure_context = failure_context(statement);
    const PgPrepared& prepared = prepare(statement, sample_values(sets));
    window.results.resize(sets.size());
    const PipelineMode pipeline(handle());
    send_window(prepared, sets, window);
    read_window(statement, window);
    return window;
}

void PostgresConnection::send_window(const PgPrepared& prepared,
                                     std::span<const std::vector<Value>> sets, Window& window) {
    const auto parameters = parameters_of(prepared, sets);
    for (const PgParameters& set : parameters) {
        PQsendQueryPrepared(handle(), prepared.name.c_str(), set.count(), set.pointers(), nullptr,
                            nullptr, 0);
        // A sync ends an implicit transaction: without one around it, each set commits on its own.
        if (!window.failure_context.in_transaction) PQpipelineSync(handle());
    }
    // A connection that broke while sending says so while reading.
    if (window.failure_context.in_transaction) PQpipelineSync(handle());
}

void PostgresConnection::read_window(const Statement& statement, Window& window) {
    const bool is_atomic = window.failure_context.in_transaction;
    std::size_t syncs_left = is_atomic ? 1 : window.results.size();
    std::optional<SetRows> rows;  // of the set that is arriving
    for (std::size_t index = 0; syncs_left > 0;) {
        // Before the first row of each set, or libpq would collect all of them. In vain elsewhere.
        if (!rows) PQsetSingleRowMode(handle());
        const PgResult result(PQgetResult(handle()));
        const ExecStatusType status = PQresultStatus(result.get());
        refuse_copy(status);
        if (!result) {
            ++index;  // the end of one set, or of the connection
            rows.reset();
        } else if (status == PGRES_PIPELINE_SYNC) {
            --syncs_left;
        } else if (status == PGRES_FATAL_ERROR) {
            window.is_stale =
                window.is_stale || (!window.error && pg_is_stale_statement(result.get()));
            window.fail(index, pg_error(result.get(), handle(), window.failure_context));
        } else if (status != PGRES_PIPELINE_ABORTED) {
            if (!rows) rows.emplace(types_, statement);
            rows->add(result.get());
            if (status != PGRES_SINGLE_TUPLE) window.complete(index, *rows);
        }
        if (PQstatus(handle()) != CONNECTION_OK) {
            window.fail(std::min(index, window.results.size() - 1),
                        pg_lost(handle(), window.failure_context));
            return;
        }
    }
}

}  // namespace kdeps::db
