#include "sqlite_connection.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "init_script.hpp"
#include "sqlite_error.hpp"
#include "sqlite_values.hpp"

namespace kdeps::db {

namespace {

using namespace std::chrono_literals;

std::atomic<std::uint64_t> last_number = 0;

/// Returns a statement to its start, whatever happened, so that it holds no lock and no parameter.
class Rewind {
 public:
    explicit Rewind(sqlite3_stmt* statement) : statement_(statement) {}
    ~Rewind() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    Rewind(const Rewind&) = delete;
    Rewind& operator=(const Rewind&) = delete;

 private:
    sqlite3_stmt* statement_;
};

Error cannot_open(const std::string& path, const std::string& why) {
    return Error(ErrorCode::ConnectionFailed, fmt::format("cannot open '{}': {}", path, why));
}

/// SQLite itself knows read-only files and connections only.
Error read_only_transaction() {
    return Error(ErrorCode::QueryFailed, "cannot write in a read-only transaction",
                 {.sqlstate = "25006", .outcome = Outcome::NotDone});
}

int open_flags(FileMode mode) {
    switch (mode) {
        case FileMode::ReadOnly:
            return SQLite::OPEN_READONLY;
        case FileMode::ReadWrite:
            return SQLite::OPEN_READWRITE;
        default:
            return SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
    }
}

std::unique_ptr<SQLite::Database> open_database(const std::string& path, FileMode mode) {
    const auto folder = std::filesystem::path(path).parent_path();
    std::error_code ignored;
    if (path != ":memory:" && !std::filesystem::is_directory(folder, ignored)) {
        throw cannot_open(path, fmt::format("folder '{}' does not exist", folder.string()));
    }
    if (mode != FileMode::Create && path != ":memory:" && !std::filesystem::exists(path, ignored)) {
        throw cannot_open(path, "the file does not exist; mode=rwc or no mode creates it");
    }
    try {
        // One thread at a time uses a session, and sqlite3_interrupt() takes no lock: SQLite's own
        // would cost a third of the time of a read.
        return std::make_unique<SQLite::Database>(path, open_flags(mode) | SQLite::OPEN_NOMUTEX);
    } catch (const SQLite::Exception& error) {
        throw cannot_open(path, error.what());
    }
}

}  // namespace

void SqliteConnection::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

SqliteConnection::SqliteConnection(const std::string& path, FileMode mode, Deadline deadline)
    : path_(path),
      in_memory_(path == ":memory:"),
      number_(++last_number),
      open_deadline_(deadline) {
    std::error_code ignored;
    const bool is_new = !in_memory_ && !std::filesystem::exists(path, ignored);
    database_ = open_database(path, mode);
    handle_ = database_->getHandle();
    sqlite3_busy_handler(handle_, &SqliteConnection::wait_while_busy, this);
    sqlite3_extended_result_codes(handle_, 1);
    try {
        // The journal mode is a property of the file: only files we create get it from us.
        if (is_new) exec("PRAGMA journal_mode = WAL");
        exec("PRAGMA schema_version");  // reads the file: another kind of file fails here
    } catch (const Error& error) {
        throw cannot_open(path, error.what());
    }
    if (!in_memory_) gate_ = WriterGate::of_file(path);
}

SqliteConnection::~SqliteConnection() = default;

void SqliteConnection::opened(bool checks_foreign_keys) {
    // SQLite's own default is off. Init scripts, often dumps, have run by now: their order is free.
    if (checks_foreign_keys) exec("PRAGMA foreign_keys = ON");
    open_deadline_ = Deadline::never();
}

void SqliteConnection::run_init_script(const std::string& script, const std::string& file) {
    try {
        if (has_schema()) return;
        exec("BEGIN EXCLUSIVE");
        if (!has_schema()) run_script(handle_, script, file);
        exec("COMMIT");
    } catch (const Error& error) {
        if (in_transaction()) exec("ROLLBACK");
        if (error.code() == ErrorCode::ConnectionFailed) throw;
        throw cannot_open(path_, fmt::format("init script {}: {}", file, error.what()));
    }
}

bool SqliteConnection::has_schema() {
    const auto count = compile(
        "SELECT 1 FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' LIMIT 1");
    const int answer = sqlite3_step(count.get());
    if (answer != SQLITE_ROW && answer != SQLITE_DONE) throw sqlite_error(handle_);
    return answer == SQLITE_ROW;
}

// Cancelling and waiting.

/// Called by SQLite when another process, or a checkpoint, holds the lock. Waits without limit:
/// whoever has a deadline cancels.
int SqliteConnection::wait_while_busy(void* self, int attempts) {
    const auto& connection = *static_cast<SqliteConnection*>(self);
    if (connection.cancelled_ || connection.open_deadline_.is_expired()) return 0;
    std::this_thread::sleep_for(attempts < 10 ? 1ms : 5ms);
    return 1;
}

void SqliteConnection::start_call() {
    const std::lock_guard lock(stop_mutex_);
    cancelled_ = false;
    if (!in_transaction()) is_read_only_ = false;
    if (stop_gate_wait_.stop_requested()) stop_gate_wait_ = std::stop_source();
}

void SqliteConnection::cancel() noexcept {
    const std::lock_guard lock(stop_mutex_);
    cancelled_ = true;
    stop_gate_wait_.request_stop();
    sqlite3_interrupt(handle_);
}

/// The right to write, unless the lease has it or a transaction is open. Null if none is needed.
std::shared_ptr<void> SqliteConnection::enter_gate() {
    if (!gate_ || lease_token_ || in_transaction()) return nullptr;
    std::unique_lock lock(stop_mutex_);
    const std::stop_token stop = stop_gate_wait_.get_token();
    lock.unlock();
    try {
        return gate_->enter(Deadline::never(), stop);
    } catch (const Error&) {
        throw sqlite_interrupted(Outcome::NotDone);
    }
}

void SqliteConnection::set_writer_token(std::shared_ptr<void> token) {
    lease_token_ = std::move(token);
}

// Statements.

std::vector<Result> SqliteConnection::execute_sets(const Statement& statement,
                                                   std::span<const std::vector<Value>> sets) {
    start_call();
    limit_lengths(statement.max_bytes);
    const Prepared& prepared = prepare(*statement.text);
    if (prepared.writes && is_read_only_ && in_transaction()) throw read_only_transaction();
    const auto token = prepared.writes ? enter_gate() : nullptr;
    const bool commits_each = !in_transaction();
    std::vector<Result> results;
    results.reserve(sets.size());
    for (std::size_t i = 0; i < sets.size(); ++i) {
        try {
            results.push_back(run_once(prepared, statement, sets[i]));
        } catch (Error& error) {
            error.detail().failed_index = i;
            const std::size_t applied = error.detail().outcome == Outcome::Done ? i + 1 : i;
            for (std::size_t done = 0; commits_each && done < applied; ++done) {
                error.detail().applied_indexes.push_back(done);
            }
            throw;
        }
    }
    return results;
}

/// A function such as replace() sees neither a cancel nor a deadline, however long its value is.
void SqliteConnection::limit_lengths(std::size_t max_bytes) {
    const std::size_t longest = std::clamp<std::size_t>(max_bytes, kAnyLength, 1'000'000'000);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, static_cast<int>(longest));
}

Result SqliteConnection::run_once(const Prepared& prepared, const Statement& statement,
                                  std::span<const Value> parameters) {
    // A single statement is atomic: outside a transaction a failed one has changed nothing.
    const Outcome outcome =
        prepared.writes && !in_transaction() ? Outcome::NotDone : Outcome::NotApplicable;
    const Rewind rewind(prepared.statement.get());
    bind_all(prepared.statement.get(), parameters);
    const auto changes_before = sqlite3_total_changes64(handle_);
    sqlite3_set_last_insert_rowid(handle_, 0);
    if (cancelled_) throw sqlite_interrupted(outcome);
    Result result;
    TableBuilder table(statement.max_bytes);
    if (read_rows(prepared.statement.get(), statement, outcome, table) > 0) {
        result.renamed_columns = table.renamed_columns();
        result.table = table.finish();
    }
    // sqlite3_changes64() keeps the number of an earlier statement when this one changes no rows.
    if (sqlite3_total_changes64(handle_) != changes_before) {
        result.rows_affected = sqlite3_changes64(handle_);
    }
    if (const auto id = sqlite3_last_insert_rowid(handle_); id != 0) result.last_insert_id = id;
    return result;
}

int SqliteConnection::read_rows(sqlite3_stmt* prepared, const Statement& statement, Outcome outcome,
                                RowSink& sink) {
    int answer = sqlite3_step(prepared);
    // Counted after the first step, which compiles the statement anew if the schema has changed.
    const int columns = sqlite3_column_count(prepared);
    for (int i = 0; i < columns; ++i) sink.add_column(sqlite3_column_name(prepared, i));
    std::size_t rows = 0;
    while (answer == SQLITE_ROW) {
        if (rows++ == statement.max_rows) {
            sink.set_truncated();
            break;
        }
        try {
            append_row(prepared, sink);
        } catch (Error& error) {
            // The first step makes all changes; resetting the statement then commits them.
            if (outcome != Outcome::NotApplicable) error.detail().outcome = Outcome::Done;
            throw;
        }
        answer = sqlite3_step(prepared);
    }
    if (answer != SQLITE_ROW && answer != SQLITE_DONE) throw sqlite_error(handle_, outcome);
    return columns;
}

SqliteConnection::Prepared& SqliteConnection::prepare(const std::string& text) {
    if (const auto known = by_text_.find(text); known != by_text_.end()) {
        statements_.splice(statements_.begin(), statements_, known->second);
        return statements_.front();
    }
    auto statement = compile(text);
    const bool writes = sqlite3_stmt_readonly(statement.get()) == 0;
    if (statements_.size() == kCachedStatements) {
        by_text_.erase(statements_.back().text);
        statements_.pop_back();
    }
    statements_.push_front({text, std::move(statement), writes});
    by_text_.emplace(statements_.front().text, statements_.begin());
    return statements_.front();
}

std::unique_ptr<sqlite3_stmt, SqliteConnection::Finalize> SqliteConnection::compile(
    const std::string& text) const {
    const auto compile_from = [&](const char* begin, const char** rest) {
        sqlite3_stmt* raw = nullptr;
        const auto size = static_cast<int>(text.data() + text.size() - begin);
        if (sqlite3_prepare_v3(handle_, begin, size, SQLITE_PREPARE_PERSISTENT, &raw, rest) !=
            SQLITE_OK) {
            throw sqlite_error(handle_, Outcome::NotDone);
        }
        return std::unique_ptr<sqlite3_stmt, Finalize>(raw);
    };
    const char* rest = nullptr;
    auto statement = compile_from(text.data(), &rest);
    const ErrorDetail syntax{.sqlstate = "42601", .outcome = Outcome::NotDone};
    if (!statement) throw Error(ErrorCode::QueryFailed, "the statement is empty", syntax);
    // White space and comments compile to nothing.
    if (rest != text.data() + text.size() && compile_from(rest, &rest)) {
        throw Error(ErrorCode::QueryFailed, "one text holds several statements", syntax);
    }
    return statement;
}

// Transactions and state.

void SqliteConnection::exec(const char* sql, Outcome outcome) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw sqlite_error(handle_, outcome);
    }
}

bool SqliteConnection::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

void SqliteConnection::begin(const UnitOfWork& unit) {
    start_call();
    // A deferred transaction that writes later can fail in a way no waiting cures.
    auto token = unit.read_only ? nullptr : enter_gate();
    exec(unit.read_only ? "BEGIN" : "BEGIN IMMEDIATE", Outcome::NotDone);
    transaction_token_ = std::move(token);
    is_read_only_ = unit.read_only;
}

void SqliteConnection::commit() {
    start_call();
    exec("COMMIT", Outcome::NotDone);
    transaction_token_.reset();
}

void SqliteConnection::rollback() {
    start_call();
    if (in_transaction()) exec("ROLLBACK");
    transaction_token_.reset();
}

SessionState SqliteConnection::state() {
    if (in_transaction()) return SessionState::InTransaction;
    transaction_token_.reset();  // some errors roll back by themselves
    return SessionState::Idle;
}

bool SqliteConnection::ping() {
    return in_memory_ || WriterGate::of_file(path_) == gate_;
}

bool SqliteConnection::reset() {
    return in_memory_;
}

std::string SqliteConnection::session_id() const {
    return std::to_string(number_);
}

}  // namespace kdeps::db
