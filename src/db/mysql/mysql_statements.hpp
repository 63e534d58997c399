#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include <mysql.h>

namespace kdeps::db {

struct MysqlStatementCloser {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using MysqlStatement = std::unique_ptr<MYSQL_STMT, MysqlStatementCloser>;

/// The prepared statements of one session, least recently used last.
class MysqlStatements {
 public:
    explicit MysqlStatements(MYSQL* handle) : handle_(handle) {}

    /// The prepared statement for a text; null if preparing failed: see `failed()`.
    [[nodiscard]] MYSQL_STMT* prepare(const std::string& text);
    /// The statement that the last prepare() could not prepare; its error is the reason.
    [[nodiscard]] MYSQL_STMT* failed() const { return failed_.get(); }
    void forget(const std::string& text);
    void clear();

    static constexpr std::size_t kCapacity = 128;

 private:
    struct Entry {
        std::string text;
        MysqlStatement statement;
    };
    using Entries = std::list<Entry>;

    MYSQL* handle_;
    Entries entries_;
    std::unordered_map<std::string_view, Entries::iterator> by_text_;
    MysqlStatement failed_;
};

}  // namespace kdeps::db
