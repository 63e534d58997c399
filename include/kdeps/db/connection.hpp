#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/error.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/base/table.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/sql/dsn.hpp"
#include "kdeps/sql/statement_class.hpp"

namespace kdeps::db {

/// A statement with native placeholders, and the bounds of its result.
struct Statement {
    std::shared_ptr<const std::string> text;
    sql::StatementClass statement_class;
    std::size_t max_rows = SIZE_MAX;    ///< Further rows are cut off; the table says so.
    std::size_t max_bytes = 64u << 20;  ///< More is Error(ResultTooLarge).
};

struct Result {
    std::shared_ptr<const Table> table;          ///< Null when the statement has no rows to give.
    std::int64_t rows_affected = 0;              ///< Matched rows, on every database.
    std::optional<std::int64_t> last_insert_id;  ///< Where the protocol tells it (not PostgreSQL).
    /// Column names that were taken and so became `id_2`; for a warning.
    std::vector<std::string> renamed_columns;
};

/// A statement and what it is run with: once per parameter set, of which a batch has several.
struct Command {
    Statement statement;
    std::span<const std::vector<Value>> sets;  ///< Borrowed.
};

/// What frames the commands of one call.
struct UnitOfWork {
    bool begin = false;      ///< They are a transaction that starts here.
    bool goes_on = false;    ///< They belong to the transaction that an earlier call began.
    bool read_only = false;  ///< With `begin`: writes are refused.
    bool commit = false;     ///< The transaction ends with them.
    /// With `begin`: one of Dialect::isolation_levels, or empty for the session's own.
    std::string_view isolation = {};
    /// Without `begin`: a transaction that the commands open is theirs to end; writes in one that
    /// is left open are an error.
    bool must_end = false;
    /// Called before a further command is sent, where they are sent one by one. May throw.
    std::function<void()> before_next = {};
    /// Called with what each command gave, in their order, as soon as that is known, and before
    /// COMMIT is sent. May throw: that counts as a failure of the command.
    std::function<void(std::size_t command, std::span<const Result>)> on_results = {};
    /// Called when nothing but the answer to COMMIT is left to wait for.
    std::function<void()> before_commit = {};

    /// Whether all of it is undone when a command fails.
    [[nodiscard]] bool is_atomic() const { return begin || goes_on; }
};

/// What the server itself says about a session between two statements.
enum class SessionState { Idle, InTransaction, FailedTransaction, Broken };

/// One physical session with a database, owned by a pool.
///
/// Threads: one caller at a time; `cancel()` and `abort()` may come from any thread while a call
///          runs, and are not called after it has returned.
class Connection {
 public:
    virtual ~Connection() = default;

    static constexpr std::chrono::seconds kCancelLimit{2};

    /// Runs statements as one unit of work, in as few round trips as the protocol allows.
    ///
    /// Shape:   a vector per command with one Result per set. A table has one column per result
    ///          column, in select order; a statement without a result has none and sets
    ///          `rows_affected`.
    /// Values:  as in docs/reference/sql-types.md.
    /// Errors:  QueryFailed (sqlstate set, session still usable); ConnectionLost; ResultTooLarge;
    ///          after cancel(): QueryFailed with the database's own sqlstate. `failed_index` counts
    ///          the sets of all commands and is missing when BEGIN or COMMIT failed.
    ///          In a transaction COMMIT is never reached after a failure, and the caller rolls
    ///          back. Otherwise sets commit one by one, none is sent after a failing command (or
    ///          window of a batch), a write's error carries its outcome, and `applied_indexes`
    ///          lists the sets that were run before or beside it, without those of a transaction
    ///          that the commands themselves opened and that is undone now.
    ///          COMMIT fails with outcome NotDone (also when it was answered with ROLLBACK), or
    ///          Unknown when the answer never came.
    virtual std::vector<std::vector<Result>> run(std::span<const Command> commands,
                                                 const UnitOfWork& unit);
    /// run() for one statement.
    [[nodiscard]] Result execute(const Statement& statement, const std::vector<Value>& parameters);

    virtual void rollback() = 0;

    /// No round trip: what the protocol said last, and whether the socket was closed by the server.
    [[nodiscard]] virtual SessionState state() = 0;
    /// As state() says, but without looking at the socket.
    [[nodiscard]] virtual bool in_transaction() const = 0;
    /// No round trip: whether the session may differ from a new one in a way that the words of its
    /// statements do not tell (a trigger that changed a setting, say). Until clean() or reset().
    [[nodiscard]] virtual bool session_changed() { return false; }
    /// Undoes what session_changed() is about, in the cheapest way that is certain. Result as that
    /// of reset().
    [[nodiscard]] virtual bool clean() { return reset(); }
    /// One round trip. False if the session is dead.
    [[nodiscard]] virtual bool ping() = 0;
    /// Makes the session as good as new (settings, temp tables, locks, LISTEN); keeps it usable.
    /// False if that failed: the pool closes it.
    [[nodiscard]] virtual bool reset() = 0;

    /// The token of Driver::admit_writer() that the session's user holds from now on, or null. A
    /// SQLite session without one waits for its own before each statement that writes.
    virtual void set_writer_token(std::shared_ptr<void>) {}

    /// Asks the server to stop what runs now. Blocks until the request was delivered or failed, at
    /// most kCancelLimit: a request that may still arrive then has cost the session, see abort(),
    /// so that it never meets a later statement.
    virtual void cancel() noexcept = 0;
    /// Makes a running call fail at once by shutting the socket down; the session is then Broken.
    /// Also makes a cancel() under way return. Does not block.
    virtual void abort() noexcept = 0;
    /// After abort(): whether the server has let go of the session. True where nobody can tell.
    [[nodiscard]] virtual bool has_ended() const { return true; }
    /// The server's own number of this session, for messages.
    [[nodiscard]] virtual std::string session_id() const = 0;

 protected:
    // The steps of run(), one after the other. The sets' indexes in errors count those of the call.
    [[nodiscard]] virtual std::vector<Result> execute_sets(
        const Statement& statement, std::span<const std::vector<Value>> sets) = 0;
    virtual void begin(const UnitOfWork& unit) = 0;
    virtual void commit() = 0;
    /// A transaction of the call has failed with an error of this detail, and will be rolled back.
    /// Where that takes asking, does so now and corrects what the error says of its effect.
    virtual void examine_failure(ErrorDetail&) noexcept {}
};

/// Whether a lease is wanted for reading only; only SQLite makes a difference.
enum class Access { Read, Write };

/// Opens connections to one endpoint. Immutable; safe to share.
class Driver {
 public:
    virtual ~Driver() = default;
    /// Errors: ConnectionFailed with the server's own words and no password.
    [[nodiscard]] virtual std::unique_ptr<Connection> connect(Deadline deadline) const = 0;
    [[nodiscard]] virtual const sql::Dialect& dialect() const = 0;
    /// `PostgreSQL analytics on localhost:5432`; no password.
    [[nodiscard]] virtual std::string describe() const = 0;
    /// Whether a transaction failed because another one was in its way, so that all of it may
    /// succeed if it is run anew.
    [[nodiscard]] virtual bool is_conflict(const ErrorDetail& detail) const {
        return detail.sqlstate == "40001";
    }
    /// At most this many sessions make sense (1 for SQLite :memory:), whatever the settings say.
    [[nodiscard]] virtual std::size_t max_sessions() const { return SIZE_MAX; }
    /// False for sessions that hold the data themselves (:memory:): they are never retired.
    [[nodiscard]] virtual bool may_retire() const { return true; }
    /// A token that a writer must hold before it takes a lease; null when writers need none.
    /// SQLite: one writer per file (device and inode, across names), FIFO.
    ///
    /// Errors: ResourceTimeout at the deadline, Cancelled once stop is requested.
    [[nodiscard]] virtual std::shared_ptr<void> admit_writer(Deadline, std::stop_token) const {
        return nullptr;
    }
};

/// What those who write statements must know of a kind of database.
struct DriverTraits {
    /// A text never equals a number: what a client typed is bound as the number that it spells.
    bool compares_by_type = false;
    /// A database may begin without tables of its own: `init` fills it.
    bool runs_init_script = false;
};
[[nodiscard]] DriverTraits driver_traits(const sql::Dialect& dialect);

/// The driver for a connection string. One line per database (src/db/drivers.cpp).
///
/// Errors: NotSupported for SQL Server.
[[nodiscard]] std::shared_ptr<const Driver> make_driver(const sql::Dsn& dsn,
                                                        const std::string& init_script_path);

}  // namespace kdeps::db
