#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <mysql.h>

#include "mysql/mysql_result.hpp"

namespace kdeps::db {

struct MysqlStatementCloser {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using MysqlStatement = std::unique_ptr<MYSQL_STMT, MysqlStatementCloser>;

/// A statement that the server has prepared, and what it last said of its result.
struct MysqlPrepared {
    /// Runs it with the parameters bound; false: see mysql_stmt_errno(). `columns` are those of
    /// this execution's (first) result, whatever became of the tables since an earlier one.
    [[nodiscard]] bool execute();

    std::string text;
    MysqlStatement statement;
    std::vector<MysqlColumn> columns;  ///< Empty when there are no rows to give.
};

/// The prepared statements of one session, least recently used last.
class MysqlStatements {
 public:
    explicit MysqlStatements(MYSQL* handle) : handle_(handle) {}

    /// The prepared statement for a text; null if preparing failed: see `failed()`.
    [[nodiscard]] MysqlPrepared* prepare(const std::string& text);
    /// The statement that the last prepare() could not prepare; its error is the reason.
    [[nodiscard]] MYSQL_STMT* failed() const { return failed_.get(); }
    void forget(const std::string& text);
    void clear();

    static constexpr std::size_t kCapacity = 128;
    /// Of all texts but the last one. A statement takes some forty times its text, and the length
    /// of a list, which clients choose, makes it another one.
    static constexpr std::size_t kMaxTextBytes = std::size_t{256} << 10U;

 private:
    using Entries = std::list<MysqlPrepared>;

    MYSQL* handle_;
    Entries entries_;
    std::unordered_map<std::string_view, Entries::iterator> by_text_;
    std::size_t text_bytes_ = 0;
    MysqlStatement failed_;
};

}  // namespace kdeps::db
