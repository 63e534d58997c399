#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kdeps/db/connection.hpp"

#include "writer_gate.hpp"

struct sqlite3;
struct sqlite3_stmt;
namespace SQLite {
class Database;
}

namespace kdeps::db {

/// `mode` of a connection string.
enum class FileMode {
    ReadOnly,
    ReadWrite,  ///< The file must be there.
    Create,
};

/// One open SQLite file, or a database in memory.
///
/// Opened through SQLiteCpp; statements use the C API on its handle, since the wrapper has no
/// sqlite3_stmt_readonly, no interrupt, and ignores what follows the first statement of a text.
class SqliteConnection final : public Connection {
 public:
    static constexpr std::size_t kCachedStatements = 64;
    /// A value may always be this long, and longer where the result of a statement may be.
    static constexpr std::size_t kAnyLength = std::size_t{64} << 20U;

    /// Opens `path` or ":memory:". A file that is missing is created in WAL mode with Create.
    ///
    /// Errors: ConnectionFailed.
    SqliteConnection(const std::string& path, FileMode mode, Deadline deadline);
    ~SqliteConnection() override;

    /// Runs `script` in one transaction if the schema is empty, under SQLite's exclusive lock: two
    /// processes that start at once run it once.
    ///
    /// Errors: ConnectionFailed naming `file` and the line.
    void run_init_script(const std::string& script, const std::string& file);
    /// From now on a busy database is waited for until cancel().
    void opened(bool checks_foreign_keys);

    void rollback() override;
    SessionState state() override;
    [[nodiscard]] bool in_transaction() const override;
    /// There is no server to ask: the file must still be the one that was opened.
    bool ping() override;
    /// False for a file, which is opened anew within 60 us. A database in memory is never reset:
    /// that would lose its data.
    bool reset() override;
    void set_writer_token(std::shared_ptr<void> token) override;
    void cancel() noexcept override;
    void abort() noexcept override { cancel(); }
    [[nodiscard]] std::string session_id() const override;

    [[nodiscard]] std::size_t cached_statements() const { return by_text_.size(); }

 private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    struct Prepared {
        std::string text;
        std::unique_ptr<sqlite3_stmt, Finalize> statement;
        bool writes = false;
    };

    [[nodiscard]] std::vector<Result> execute_sets(
        const Statement& statement, std::span<const std::vector<Value>> sets) override;
    void begin(const UnitOfWork& unit) override;
    void commit() override;
    static int wait_while_busy(void* self, int attempts);
    void start_call();
    void limit_lengths(std::size_t max_bytes);
    void exec(const char* sql, Outcome outcome = Outcome::NotApplicable);
    [[nodiscard]] bool has_schema();
    [[nodiscard]] Prepared& prepare(const std::string& text);
    [[nodiscard]] std::unique_ptr<sqlite3_stmt, Finalize> compile(const std::string& text) const;
    [[nodiscard]] std::shared_ptr<void> enter_gate();
    [[nodiscard]] Result run_once(const Prepared& prepared, const Statement& statement,
                                  std::span<const Value> parameters);
    /// Returns the number of columns: 0 for a statement without rows.
    [[nodiscard]] int read_rows(sqlite3_stmt* prepared, const Statement& statement, Outcome outcome,
                                RowSink& sink);

    const std::string path_;
    const bool in_memory_;
    const std::uint64_t number_;
    Deadline open_deadline_;  ///< For busy files while opening; never afterwards.
    std::unique_ptr<SQLite::Database> database_;
    sqlite3* handle_ = nullptr;
    std::shared_ptr<WriterGate> gate_;         ///< Null in memory.
    std::shared_ptr<void> lease_token_;        ///< Of the lease that uses this session.
    std::shared_ptr<void> transaction_token_;  ///< Our own, from BEGIN to its end.
    bool is_read_only_ = false;                ///< The open transaction.

    std::list<Prepared> statements_;  ///< Last used first.
    std::unordered_map<std::string_view, std::list<Prepared>::iterator> by_text_;

    std::atomic<bool> cancelled_ = false;
    std::mutex stop_mutex_;
    std::stop_source stop_gate_wait_;
};

}  // namespace kdeps::db
