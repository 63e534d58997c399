#pragma once

#include <string>
#include <string_view>

#include "kdeps/base/error.hpp"

namespace kdeps::db {

/// What the client library or the server said about a failure.
struct MysqlFailure {
    unsigned int number = 0;
    std::string sqlstate;
    std::string message;
};

struct MysqlFailureContext {
    std::string_view endpoint;    ///< `MySQL inventory on localhost:3306`.
    bool may_write = false;       ///< Whether a lost connection leaves its effect unknown.
    bool in_transaction = false;  ///< Then nothing is done before COMMIT.
};

/// QueryFailed, or ConnectionLost when the session is gone.
[[nodiscard]] Error mysql_query_error(const MysqlFailure& failure,
                                      const MysqlFailureContext& context);
/// ConnectionFailed in the server's words, with a hint for the common causes.
[[nodiscard]] Error mysql_connect_error(std::string_view endpoint, const MysqlFailure& failure);

/// Whether an error of mysql_query_error() tells of another transaction that was in the way: a
/// deadlock, a lock that was waited for in vain, or a row that has changed since it was read.
[[nodiscard]] bool mysql_is_conflict(const ErrorDetail& detail);

/// The server no longer has the statement, or wants it prepared anew; it ran nothing.
[[nodiscard]] bool mysql_is_stale_statement(unsigned int number);

}  // namespace kdeps::db
