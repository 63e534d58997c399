#include "mysql/mysql_connection.hpp"

#include <atomic>
#include <memory>

#include <fmt/format.h>
#include <mysqld_error.h>

#include "mysql/mysql_catalogue.hpp"
#include "mysql/mysql_parameters.hpp"
#include "mysql/mysql_result.hpp"

namespace kdeps::db {

namespace {

/// A failure while rows are read is told by the connection only.
MysqlFailure failure_of(MYSQL_STMT* statement, MYSQL* handle) {
    if (mysql_stmt_errno(statement) == 0) return db::failure_of(handle);
    return {mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement),
            mysql_stmt_error(statement)};
}

/// SQLSTATE class 42: an unknown table or column, a missing right.
bool is_about_names(const MysqlFailure& failure) {
    return failure.sqlstate.starts_with("42");
}

void note_effects(MYSQL_STMT* statement, Result& result) {
    result.rows_affected = static_cast<std::int64_t>(mysql_stmt_affected_rows(statement));
    const auto id = static_cast<std::int64_t>(mysql_stmt_insert_id(statement));
    if (id > 0) result.last_insert_id = id;
}

/// What became of a statement that was stopped after its rows began to arrive.
Outcome stopped_outcome(bool in_transaction, bool is_lost, bool is_done) {
    if (in_transaction) return Outcome::NotDone;
    if (is_lost) return Outcome::Unknown;
    return is_done ? Outcome::Done : Outcome::NotDone;
}

/// Further rows that are read and dropped before the server is asked to stop sending.
constexpr std::size_t kPatience = 10'000;

/// Frees the statement's results, reading what is left of them, so that the next command can run.
class ResultGuard {
 public:
    explicit ResultGuard(MYSQL_STMT* statement) : statement_(statement) {}
    ~ResultGuard() {
        do {
            mysql_stmt_free_result(statement_);
        } while (mysql_stmt_next_result(statement_) == 0);
    }
    ResultGuard(const ResultGuard&) = delete;
    ResultGuard& operator=(const ResultGuard&) = delete;

 private:
    MYSQL_STMT* statement_;
};

/// False if a KILL may still arrive: its answer never came, or its time ran out somewhere. One that
/// fails otherwise is not told: the caller's patience ends with abort().
bool kill_query(const MysqlEndpoint& endpoint, const std::string& session_id, Deadline deadline) {
    if (deadline.is_expired()) return true;  // waited for its turn behind others
    try {
        MysqlSession control(endpoint, deadline);
        control.limit_reads(deadline);
        control.run(fmt::format("KILL QUERY {}", session_id), {.endpoint = endpoint.description});
    } catch (const Error& error) {
        return error.code() != ErrorCode::ConnectionLost && !deadline.is_expired();
    } catch (const std::exception&) {
        return true;
    }
    return true;
}

}  // namespace

MysqlConnection::MysqlConnection(std::shared_ptr<MysqlServer> server, Deadline deadline)
    : server_(std::move(server)),
      session_(*server_->endpoint, deadline),
      statements_(session_.handle()),
      trail_(server_->plain) {
    track_session();
}

void MysqlConnection::track_session() {
    try {
        session_.run("SET session_track_state_change = 1",
                     {.endpoint = server_->endpoint->description});
    } catch (const Error& error) {
        // MySQL before 5.7 and MariaDB before 10.2 cannot tell.
        if (error.code() == ErrorCode::ConnectionLost) throw;
    }
}

unsigned int MysqlConnection::server_status() const {
    unsigned int status = 0;
    mariadb_get_infov(handle(), MARIADB_CONNECTION_SERVER_STATUS, &status);
    return status;
}

bool MysqlConnection::in_transaction() const {
    return (server_status() & SERVER_STATUS_IN_TRANS) != 0;
}

MysqlFailureContext MysqlConnection::failure_context(const Statement& statement) const {
    return {.endpoint = server_->endpoint->description,
            .may_write = statement.statement_class.may_write,
            .in_transaction = in_transaction()};
}

void MysqlConnection::note(const Statement& statement) {
    trail_.note(statement);
    // Neither a SET, a LOCK TABLES nor what a procedure prepares is undone, or told, otherwise.
    const sql::StatementClass& what = statement.statement_class;
    const bool calls = what.effect == sql::SessionEffect::Transactional && what.may_write &&
                       !what.ends_transaction;
    if (calls || what.effect == sql::SessionEffect::Session) must_reset_ = true;
}

Result MysqlConnection::execute_one(const Statement& statement, std::span<const Value> parameters) {
    if (!has_zoned_time(parameters)) return execute_as_given(statement, parameters);
    return run_with_zoned_times(
        parameters, [&](std::span<const Value> values) { return attempt(statement, values); });
}

TimeAttempt MysqlConnection::attempt(const Statement& statement,
                                     std::span<const Value> parameters) {
    const sql::StatementClass& what = statement.statement_class;
    TimeAttempt attempt;
    try {
        attempt.result = execute_as_given(statement, parameters);
        // A comparison with a time that has a zone is warned of only, and may be wrong.
        if (!what.may_write && mysql_warning_count(handle()) > 0) {
            attempt.complaint = session_.warnings(ER_TRUNCATED_WRONG_VALUE);
            const Error warned(ErrorCode::QueryFailed, attempt.complaint, {.sqlstate = "22007"});
            const bool is_about_zone = is_refused_for_zone(warned, parameters);
            if (is_about_zone && !learn(*statement.text)) throw Error(warned);
        }
    } catch (Error& error) {
        if (!is_refused_for_zone(error, parameters)) throw;
        error.detail().hint =
            "MySQL takes no time zone in a value: give the time in UTC without one";
        // A read may have written by a view.
        const bool may_repeat =
            what.may_write ? is_refused_early(error, what) : learn(*statement.text);
        if (!may_repeat) throw;
        attempt.error = error;
        attempt.complaint = error.what();
    }
    return attempt;
}

Result MysqlConnection::execute_as_given(const Statement& statement,
                                         std::span<const Value> parameters) {
    auto result = try_execute(statement, parameters, true);
    if (!result) {
        statements_.forget(*statement.text);
        result = try_execute(statement, parameters, false);
    }
    // The server says so at the end of a statement, but not after rows.
    if ((server_status() & SERVER_SESSION_STATE_CHANGED) != 0) must_reset_ = true;
    if (result->table) has_untold_ = has_untold_ || !trail_.is_plain(statement);
    return std::move(*result);
}

std::optional<Result> MysqlConnection::try_execute(const Statement& statement,
                                                   std::span<const Value> parameters,
                                                   bool may_heal) {
    const MysqlFailureContext context = failure_context(statement);
    MysqlParameters values(parameters);
    MysqlPrepared* prepared = statements_.prepare(*statement.text);
    if (prepared == nullptr) {
        const MysqlFailure failure = failure_of(statements_.failed(), handle());
        if (failure.number == ER_UNSUPPORTED_PS && parameters.empty()) {
            return execute_unprepared(statement);
        }
        throw mysql_query_error(failure, {.endpoint = context.endpoint,
                                          .may_write = context.may_write,
                                          .in_transaction = true});  // preparing changes nothing
    }
    MYSQL_STMT* raw = prepared->statement.get();
    if (mysql_stmt_param_count(raw) != values.count()) {
        throw Error(ErrorCode::QueryFailed,
                    fmt::format("the statement has {} parameters, but {} values were given",
                                mysql_stmt_param_count(raw), values.count()),
                    {.outcome = context.may_write ? Outcome::NotDone : Outcome::NotApplicable});
    }
    if (values.count() > 0) mysql_stmt_bind_param(raw, values.binds());
    if (!prepared->execute()) {
        const MysqlFailure failure = failure_of(raw, handle());
        if (may_heal && mysql_is_stale_statement(failure.number)) return std::nullopt;
        // A session keeps what a stored routine was made of when it first ran there, also when its
        // tables have changed since; a reset makes it look again. And part of one may have run.
        if (is_about_names(failure) || !trail_.is_plain(statement)) must_reset_ = true;
        throw mysql_query_error(failure, context);
    }
    return read_results(statement, *prepared, context);
}

Result MysqlConnection::read_results(const Statement& statement, const MysqlPrepared& prepared,
                                     const MysqlFailureContext& context) {
    MYSQL_STMT* raw = prepared.statement.get();
    const ResultGuard guard(raw);
    Result result;
    // A CALL gives a result per SELECT in the procedure and a status at the end: the first with
    // rows is the answer.
    const auto read_one = [&](std::span<const MysqlColumn> columns) {
        if (result.table) return;
        if (columns.empty()) return note_effects(raw, result);
        TableBuilder table(statement.max_bytes);
        result.rows_affected = read_rows(statement, {raw, columns}, context, table);
        result.renamed_columns = table.renamed_columns();
        result.table = table.finish();
    };
    read_one(prepared.columns);
    for (;;) {
        mysql_stmt_free_result(raw);
        const int outcome = mysql_stmt_next_result(raw);
        if (outcome < 0) return result;
        if (outcome > 0) {
            must_reset_ = true;
            throw mysql_query_error(failure_of(raw, handle()), context);
        }
        read_one(mysql_columns({handle()->fields, handle()->field_count}));
    }
}

std::int64_t MysqlConnection::read_rows(const Statement& statement, MysqlRows rows,
                                        const MysqlFailureContext& context, RowSink& sink) {
    rows.add_columns(sink);
    std::size_t row_count = 0;
    bool is_stopped = false;
    try {
        while (rows.fetch()) {
            if (++row_count <= statement.max_rows) {
                rows.append_row(sink);
                continue;
            }
            sink.set_truncated();
            // What a statement has written stays only if it is let finish.
            if (row_count - statement.max_rows > kPatience && !is_stopped && !context.may_write) {
                is_stopped = true;
                cancel();
            }
        }
    } catch (Error& error) {
        cancel();
        while (rows.fetch()) continue;
        if (context.may_write) {
            const bool is_done = !rows.has_failed();
            error.detail().outcome =
                stopped_outcome(context.in_transaction, session_.is_gone(), is_done);
        }
        throw;
    }
    if (rows.has_failed() && !is_stopped) {
        throw mysql_query_error(failure_of(rows.statement(), handle()), context);
    }
    return static_cast<std::int64_t>(row_count);
}

Result MysqlConnection::execute_unprepared(const Statement& statement) {
    const MysqlFailureContext context = failure_context(statement);
    const std::string& text = *statement.text;
    if (mysql_real_query(handle(), text.data(), text.size()) != 0) {
        throw mysql_query_error(failure_of(handle()), context);
    }
    Result result;
    result.rows_affected = static_cast<std::int64_t>(mysql_affected_rows(handle()));
    struct Closer {
        void operator()(MYSQL_RES* rows) const { mysql_free_result(rows); }
    };
    const std::unique_ptr<MYSQL_RES, Closer> rows(mysql_use_result(handle()));
    if (!rows) return result;
    TableBuilder table(statement.max_bytes);
    const auto columns =
        mysql_columns({mysql_fetch_fields(rows.get()), mysql_num_fields(rows.get())});
    for (const MysqlColumn& column : columns) table.add_column(column.name);
    std::size_t row_count = 0;
    while (const MYSQL_ROW row = mysql_fetch_row(rows.get())) {
        if (row_count++ >= statement.max_rows) {
            table.set_truncated();
            continue;
        }
        const unsigned long* lengths = mysql_fetch_lengths(rows.get());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (row[i] == nullptr) {
                table.append_null();
            } else {
                append_mysql_text(columns[i].reader, {row[i], lengths[i]}, table);
            }
        }
        table.end_row();
    }
    if (mysql_errno(handle()) != 0) throw mysql_query_error(failure_of(handle()), context);
    result.rows_affected = static_cast<std::int64_t>(row_count);
    result.renamed_columns = table.renamed_columns();
    result.table = table.finish();
    return result;
}

std::vector<Result> MysqlConnection::execute_sets(const Statement& statement,
                                                  std::span<const std::vector<Value>> sets) {
    // One execution per set: the protocol's bulk form answers with a single count for all of them.
    note(statement);
    std::vector<Result> results;
    results.reserve(sets.size());
    for (const std::vector<Value>& set : sets) {
        try {
            results.push_back(execute_one(statement, set));
        } catch (Error& error) {
            error.detail().failed_index = results.size();
            const bool is_atomic = in_transaction();  // before the set, too: an error tells nothing
            if (!is_atomic) examine_part(statement, error.detail());
            for (std::size_t i = 0; !is_atomic && i < results.size(); ++i) {
                error.detail().applied_indexes.push_back(i);
            }
            if (!is_atomic && error.detail().outcome == Outcome::Done) {
                error.detail().applied_indexes.push_back(results.size());
            }
            throw;
        }
    }
    return results;
}

/// A table without transactions keeps what a statement has done before it failed.
void MysqlConnection::examine_part(const Statement& statement, ErrorDetail& detail) {
    const std::string_view sqlstate = detail.sqlstate;  // 21 and 42: the statement itself is wrong
    const bool has_run =
        !sqlstate.empty() && !sqlstate.starts_with("21") && !sqlstate.starts_with("42");
    if (detail.outcome != Outcome::NotDone || !has_run || session_.is_gone()) return;
    if (!mysql_may_keep_part(session_, *statement.text)) return;
    detail.outcome = Outcome::Unknown;
    if (detail.hint.empty()) {
        detail.hint = "tables of MyISAM, Aria and MEMORY keep what was written; use InnoDB";
    }
}

void MysqlConnection::begin(const UnitOfWork& unit) {
    const MysqlFailureContext context{
        .endpoint = server_->endpoint->description, .may_write = true, .in_transaction = true};
    // The level holds for the next transaction: should that not start, nobody else may get it.
    const bool must_reset = std::exchange(must_reset_, true);
    if (!unit.isolation.empty()) {
        session_.run(fmt::format("SET TRANSACTION ISOLATION LEVEL {}", unit.isolation), context);
    }
    session_.run(unit.read_only ? "START TRANSACTION READ ONLY" : "START TRANSACTION", context);
    must_reset_ = must_reset;
}

void MysqlConnection::commit() {
    session_.run("COMMIT", {.endpoint = server_->endpoint->description, .may_write = true});
}

void MysqlConnection::rollback() {
    session_.run(
        "ROLLBACK",
        {.endpoint = server_->endpoint->description, .may_write = true, .in_transaction = true});
}

void MysqlConnection::examine_failure(ErrorDetail& detail) noexcept {
    if (!in_transaction()) return;
    const MysqlFailureContext context{.endpoint = server_->endpoint->description};
    try {
        session_.run("DO 0", context);  // an error does not tell the state of the transaction
        if (!in_transaction()) {
            // A deadlock undoes all of it; what else can end it commits first.
            if (detail.sqlstate != "40001") detail.outcome = Outcome::Unknown;
            return;
        }
        session_.run("ROLLBACK", context);
        if (mysql_warning_count(handle()) == 0) return;
        const std::string kept = session_.warnings(ER_WARNING_NOT_COMPLETE_ROLLBACK);
        if (kept.empty()) return;
        detail.outcome = Outcome::Unknown;
        detail.hint = fmt::format(
            "{}: tables of MyISAM, Aria and MEMORY keep what was written; use InnoDB", kept);
    } catch (const std::exception&) {
        // The pool closes a session that cannot roll back, and the server then does.
    }
}

SessionState MysqlConnection::state() {
    if (session_.is_gone()) return SessionState::Broken;
    return in_transaction() ? SessionState::InTransaction : SessionState::Idle;
}

bool MysqlConnection::ping() {
    return mysql_ping(handle()) == 0;
}

bool MysqlConnection::clean() {
    if (must_reset_) return reset();
    const bool has_untold = std::exchange(has_untold_, false);
    if (learn()) return true;
    if (has_untold) return reset();
    try {  // all else the server would have told of
        session_.run("DO RELEASE_ALL_LOCKS()", {.endpoint = server_->endpoint->description});
        return true;
    } catch (const Error&) {
        return reset();  // MySQL before 5.7 and MariaDB before 10.5 have no such function
    }
}

bool MysqlConnection::learn() {
    bool are_plain = !trail_.has_foreign();
    for (const auto& text : trail_.start_anew()) are_plain = learn(*text) && are_plain;
    return are_plain;
}

/// Whether a statement is plain, if need be by asking the catalogue.
bool MysqlConnection::learn(const std::string& text) {
    PlainStatements& known = trail_.known();
    if (const auto said = known.find(text, std::chrono::steady_clock::now())) return said->is_plain;
    const std::uint64_t epoch = known.epoch();
    const auto is_plain = mysql_is_plain(session_, text);
    if (is_plain) known.learn(text, *is_plain, epoch);
    return is_plain.value_or(false);
}

bool MysqlConnection::reset() {
    static_cast<void>(learn());
    // The answer to the reset still tells of the transaction that it ended.
    if (in_transaction() && mysql_rollback(handle()) != 0) return false;
    statements_.clear();  // the server drops them
    if (mysql_reset_connection(handle()) != 0) return false;
    must_reset_ = has_untold_ = false;
    track_session();
    // What a reset leaves as it is, or gives the server's own default.
    const std::string& database = server_->endpoint->database;
    if (database.empty() && handle()->db != nullptr) return false;  // nothing undoes a USE
    return (database.empty() || mysql_select_db(handle(), database.c_str()) == 0) &&
           mysql_set_character_set(handle(), "utf8mb4") == 0;
}

void MysqlConnection::cancel() noexcept {
    const auto limit = Deadline::after(kCancelLimit);
    try {
        // Shared with a call that is left behind.
        const auto is_over = std::make_shared<std::atomic<bool>>(false);
        const auto kill = [endpoint = server_->endpoint, id = session_id(), limit, is_over] {
            *is_over = kill_query(*endpoint, id, limit);
        };
        if (!kills_.run(server_->control, kill, limit) || !*is_over) abort();
    } catch (const std::exception&) {
        // No thread or memory for it: nothing is on its way.
    }
}

void MysqlConnection::abort() noexcept {
    session_.interrupt();
    kills_.abandon();
}

std::string MysqlConnection::session_id() const {
    return fmt::format_int(mysql_thread_id(handle())).str();
}

}  // namespace kdeps::db
