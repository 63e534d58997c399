#include "sqlite_driver.hpp"

#include <utility>

#include "init_script.hpp"
#include "sqlite_connection.hpp"
#include "writer_gate.hpp"

namespace kdeps::db {

namespace {

bool has_option(const sql::Dsn& dsn, const char* name, std::string_view value) {
    const auto found = dsn.options.find(name);
    return found != dsn.options.end() && found->second == value;
}

FileMode file_mode(const sql::Dsn& dsn) {
    if (has_option(dsn, "mode", "ro")) return FileMode::ReadOnly;
    return has_option(dsn, "mode", "rw") ? FileMode::ReadWrite : FileMode::Create;
}

class SqliteDriver final : public Driver {
 public:
    SqliteDriver(const sql::Dsn& dsn, std::string init_script)
        : path_(dsn.database),
          mode_(file_mode(dsn)),
          checks_foreign_keys_(!has_option(dsn, "foreign_keys", "off")),
          init_script_(std::move(init_script)) {}

    std::unique_ptr<Connection> connect(Deadline deadline) const override {
        auto connection = std::make_unique<SqliteConnection>(path_, mode_, deadline);
        if (!init_script_.empty()) {
            connection->run_init_script(read_script(init_script_), init_script_);
        }
        connection->opened(checks_foreign_keys_);
        return connection;
    }

    const sql::Dialect& dialect() const override { return sql::kSqlite; }
    std::string describe() const override { return "SQLite " + path_; }
    bool is_conflict(const ErrorDetail& detail) const override {
        return detail.sqlstate == "55P03";  // SQLITE_BUSY, SQLITE_LOCKED
    }
    std::size_t max_sessions() const override { return in_memory() ? 1 : SIZE_MAX; }
    bool may_retire() const override { return !in_memory(); }

    std::shared_ptr<void> admit_writer(Deadline deadline, std::stop_token stop) const override {
        // Before its first connection a file may not exist; that session then waits by itself.
        const auto gate = in_memory() ? nullptr : WriterGate::of_file(path_);
        return gate ? gate->enter(deadline, stop) : nullptr;
    }

 private:
    [[nodiscard]] bool in_memory() const { return path_ == ":memory:"; }

    const std::string path_;
    const FileMode mode_;
    const bool checks_foreign_keys_;
    const std::string init_script_;
};

}  // namespace

std::shared_ptr<const Driver> make_sqlite_driver(const sql::Dsn& dsn,
                                                 const std::string& init_script_path) {
    return std::make_shared<SqliteDriver>(dsn, init_script_path);
}

}  // namespace kdeps::db
