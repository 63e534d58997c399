#include "postgres/postgres_connection.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "postgres/postgres_catalogue.hpp"
#include "postgres/postgres_result.hpp"

namespace kdeps::db {

namespace {

/// Reads what is left of a command, so that the session can take the next one. Its last result if
/// it succeeded.
PgResult drain(PGconn* connection) {
    PgResult last;
    while (PgResult result{PQgetResult(connection)}) {
        const ExecStatusType status = PQresultStatus(result.get());
        const bool is_done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        last = is_done ? std::move(result) : nullptr;
        if (PQstatus(connection) != CONNECTION_OK) return nullptr;
    }
    return last;
}

/// What became of a statement that was stopped after its rows began to arrive.
Outcome stopped_outcome(bool in_transaction, bool is_lost, bool is_done) {
    if (in_transaction) return Outcome::NotDone;
    if (is_lost) return Outcome::Unknown;
    return is_done ? Outcome::Done : Outcome::NotDone;
}

/// Further rows that are read and dropped before the server is asked to stop sending.
constexpr std::size_t kPatience = 10'000;

/// Table bytes up to which a result counts as small: libpq may collect the statement's next one.
constexpr std::size_t kSmallResult = std::size_t{1} << 20U;
/// What may arrive of an answer that libpq collects. In memory that may be four times as much.
constexpr std::size_t kMaxCollected = 4 * kSmallResult;
/// What may still arrive of such an answer after a cancel: the buffers on its way, and the row in
/// which the cancel comes. A row that max_bytes allows takes at most 9/4 of it, as hexadecimal.
constexpr std::size_t kMaxRest = std::size_t{32} << 20U;

}  // namespace

PostgresConnection::PostgresConnection(const std::string& conninfo, std::string endpoint,
                                       std::shared_ptr<PlainStatements> plain, Deadline deadline)
    : endpoint_(std::move(endpoint)),
      session_(conninfo, endpoint_, deadline),
      statements_(session_.handle(), types_, endpoint_),
      trail_(std::move(plain)) {}

bool PostgresConnection::in_transaction() const {
    return PQtransactionStatus(handle()) != PQTRANS_IDLE;
}

PgFailureContext PostgresConnection::failure_context(const Statement& statement) const {
    return {.endpoint = endpoint_,
            .may_write = statement.statement_class.may_write,
            .in_transaction = in_transaction()};
}

PgPrepared& PostgresConnection::prepare(const Statement& statement,
                                        std::span<const Value> parameters) {
    PgFailureContext failure = failure_context(statement);
    try {
        PgPrepared& prepared = statements_.prepare(*statement.text, parameters);
        require_count(prepared, parameters.size());
        return prepared;
    } catch (Error& error) {
        // Preparing changes nothing, whatever became of the connection.
        const bool is_lost = error.code() == ErrorCode::ConnectionLost;
        if (failure.may_write || is_lost) error.detail().outcome = Outcome::NotDone;
        throw;
    }
}

Result PostgresConnection::execute_one(const Statement& statement,
                                       std::span<const Value> parameters) {
    // In a transaction a failed statement has failed the transaction: nothing to heal.
    const bool may_heal = !in_transaction();
    if (auto result = try_execute(statement, parameters, may_heal)) return std::move(*result);
    return *try_execute(statement, parameters, false);
}

std::optional<Result> PostgresConnection::try_execute(const Statement& statement,
                                                      std::span<const Value> parameters,
                                                      bool may_heal) {
    const PgFailureContext failure = failure_context(statement);
    PgPrepared& prepared = prepare(statement, parameters);
    const PgParameters values(parameters, prepared.parameter_types, prepared.sources);
    // Row by row takes libpq twice as long, so it is for answers that may be large. One that was
    // expected to be small and is not is cancelled and asked for again, which only what certainly
    // writes nothing may be: what looks like a read may write by a view.
    const bool may_repeat =
        !failure.may_write && !failure.in_transaction && trail_.is_plain(statement);
    bool is_collected = std::exchange(prepared.has_small_results, false) && may_repeat &&
                        statement.max_rows == SIZE_MAX && session_.counts_bytes();
    send(prepared, values, failure);
    PgResult whole;
    if (is_collected && !collect(kMaxCollected)) {
        whole = stop_early(kMaxRest + statement.max_bytes / 4 * 9);
        is_collected = whole != nullptr;
        if (!whole && PQstatus(handle()) != CONNECTION_OK) throw pg_lost(handle(), failure);
        if (!whole) send(prepared, values, failure);
    }
    if (!is_collected) PQsetSingleRowMode(handle());
    PgResultReader reader(types_, statement);
    PgResult failed;
    try {
        if (whole) {
            reader.add(whole.get());
        } else {
            failed = read_rows(reader, failure);
        }
    } catch (Error& error) {
        if (whole || error.detail().outcome == Outcome::NotDone) throw;  // nothing is left to stop
        const bool is_done = stop_early() != nullptr;
        if (failure.may_write) {
            const bool is_lost = PQstatus(handle()) != CONNECTION_OK;
            error.detail().outcome = stopped_outcome(failure.in_transaction, is_lost, is_done);
        }
        throw;
    }
    if (!failed) {
        if (reader.lacks_types()) statements_.learn(reader.types());
        Result result = reader.finish();
        prepared.was_run = true;
        prepared.has_small_results = !result.table || result.table->byte_size() <= kSmallResult;
        return result;
    }
    const bool is_stale = pg_is_stale_statement(failed.get());
    const bool is_outdated = was_outdated(*statement.text, pg_sqlstate(failed.get()), is_stale);
    if (is_outdated && may_heal) return std::nullopt;
    throw pg_error(failed.get(), handle(), failure);
}

bool PostgresConnection::was_outdated(const std::string& text, std::string_view sqlstate,
                                      bool is_stale) {
    if (is_stale) {
        statements_.forget(text);
        statements_.suspect_all();
        return !in_transaction();
    }
    return pg_may_be_outdated(sqlstate) && statements_.suspect(text) && !in_transaction() &&
           statements_.find(text) == nullptr;
}

void PostgresConnection::send(const PgPrepared& prepared, const PgParameters& values,
                              const PgFailureContext& failure) {
    if (PQsendQueryPrepared(handle(), prepared.name.c_str(), values.count(), values.pointers(),
                            nullptr, nullptr, 0) != 0) {
        return;
    }
    Error error = pg_lost(handle(), failure);
    error.detail().outcome = Outcome::NotDone;  // nothing was sent
    throw Error(error);
}

bool PostgresConnection::collect(std::size_t max_bytes) {
    using namespace std::chrono_literals;
    constexpr auto kLongestNap = 256ms;
    std::uint64_t before = 0;  // counted once a first look has not sufficed
    auto nap = 1ms;
    for (bool is_first = true; PQisBusy(handle()) != 0; is_first = false) {
        if (!is_first) {
            const std::uint64_t now = session_.bytes_received();
            if (before == 0) before = now;
            if (now - before > max_bytes) return false;
        }
        // Bytes that TLS holds back do not show at the socket: then libpq is asked again soon.
        const bool is_readable = session_.await_input(session_.is_encrypted() ? nap : -1ms);
        nap = is_readable ? 1ms : std::min(2 * nap, kLongestNap);
        if (PQconsumeInput(handle()) == 0) return true;  // PQgetResult() will tell why
    }
    return true;
}

PgResult PostgresConnection::read_rows(PgResultReader& reader, const PgFailureContext& failure) {
    // Cancelling would fail a transaction, and undo what a statement has written.
    const bool may_cut_off = !failure.may_write && !failure.in_transaction;
    PgResult failed;
    while (PgResult result{PQgetResult(handle())}) {
        const ExecStatusType status = PQresultStatus(result.get());
        session_.refuse_copy(status);
        if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
            if (!failed) failed = std::move(result);  // the server's words, then libpq's
            continue;
        }
        reader.add(result.get());
        if (may_cut_off && reader.surplus_rows() > kPatience) {
            stop_early();
            return nullptr;
        }
    }
    return failed;
}

PgResult PostgresConnection::stop_early(std::size_t max_rest) {
    session_.request_cancel();
    // A cancel that goes to another server, through a balancer, ends nothing.
    if (!collect(max_rest)) session_.interrupt();
    PgResult last = drain(handle());
    static_cast<void>(ping());  // a cancel that comes late hits this instead of the next user
    return last;
}

void PostgresConnection::run_command(const char* sql, const PgFailureContext& failure) {
    const PgResult result(PQexec(handle(), sql));
    if (!result) throw pg_lost(handle(), failure);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
        throw pg_error(result.get(), handle(), failure);
    }
}

void PostgresConnection::begin(const UnitOfWork& unit) {
    run_command(pg_begin(unit).c_str(),
                {.endpoint = endpoint_, .may_write = true, .in_transaction = true});
}

void PostgresConnection::commit() {
    const PgFailureContext failure{.endpoint = endpoint_, .may_write = true};
    const PgResult result(PQexec(handle(), "COMMIT"));
    if (!result) throw pg_lost(handle(), failure);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
        throw pg_error(result.get(), handle(), failure);
    }
    if (std::strcmp(PQcmdStatus(result.get()), "ROLLBACK") == 0) {
        throw Error(ErrorCode::QueryFailed,
                    "the transaction was rolled back at COMMIT, because a statement in it failed",
                    {.sqlstate = "25P02", .outcome = Outcome::NotDone});
    }
}

void PostgresConnection::rollback() {
    run_command("ROLLBACK", {.endpoint = endpoint_, .may_write = true, .in_transaction = true});
}

SessionState PostgresConnection::state() {
    if (session_.is_gone()) return SessionState::Broken;
    switch (PQtransactionStatus(handle())) {
        case PQTRANS_IDLE:
            return SessionState::Idle;
        case PQTRANS_INTRANS:
            return SessionState::InTransaction;
        case PQTRANS_INERROR:
            return SessionState::FailedTransaction;
        case PQTRANS_ACTIVE:
        case PQTRANS_UNKNOWN:
            break;
    }
    return SessionState::Broken;
}

bool PostgresConnection::ping() {
    const PgResult result(PQexec(handle(), ""));
    return PQstatus(handle()) == CONNECTION_OK && result != nullptr;
}

bool PostgresConnection::reset() {
    if (!reset_session()) return false;
    learn(trail_.start_anew());
    return PQstatus(handle()) == CONNECTION_OK && !in_transaction();
}

/// Asks the catalogue about statements that nobody knows.
void PostgresConnection::learn(std::span<const std::shared_ptr<const std::string>> texts) {
    PlainStatements& known = trail_.known();
    for (const auto& text : texts) {
        const std::uint64_t epoch = known.epoch();
        if (known.find(*text, std::chrono::steady_clock::now())) continue;
        const PgPrepared* const prepared = statements_.find(*text);
        if (prepared == nullptr) continue;
        if (const auto is_plain = pg_is_plain(handle(), *prepared)) {
            known.learn(*text, *is_plain, epoch);
        }
    }
}

bool PostgresConnection::reset_session() {
    if (in_transaction()) PgResult(PQexec(handle(), "ROLLBACK"));
    // DISCARD ALL without DEALLOCATE ALL: our prepared statements are worth keeping, unless the
    // user prepared or dropped some, as the last statement tells.
    const PgResult counts(
        PQexec(handle(),
               "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; "
               "SELECT pg_advisory_unlock_all(); DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES; "
               "SELECT count(*) FILTER (WHERE from_sql), count(*) FROM pg_prepared_statements"));
    if (PQresultStatus(counts.get()) != PGRES_TUPLES_OK) return false;
    const auto count = [&counts](int column) {
        return std::string_view(PQgetvalue(counts.get(), 0, column));
    };
    if (count(0) == "0" && count(1) == fmt::format_int(statements_.size()).str()) return true;
    statements_.clear();
    const PgResult cleared(PQexec(handle(), "DEALLOCATE ALL"));
    return PQresultStatus(cleared.get()) == PGRES_COMMAND_OK;
}

std::string PostgresConnection::session_id() const {
    return fmt::format_int(PQbackendPID(handle())).str();
}

}  // namespace kdeps::db
