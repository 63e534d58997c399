#include "mysql/mysql_errors.hpp"

#include <array>

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

namespace kdeps::db {

namespace {

/// Numbers that are in one of the two servers' headers only.
constexpr unsigned int kClientInteractionTimeout = 4031;  // MySQL 8: wait_timeout

bool is_session_over(const MysqlFailure& failure) {
    switch (failure.number) {
        case CR_SERVER_GONE_ERROR:
        case CR_SERVER_LOST:
        case CR_SERVER_LOST_EXTENDED:
        case CR_MALFORMED_PACKET:  // nothing that follows in the stream can be trusted
        case CR_COMMANDS_OUT_OF_SYNC:
        case ER_CONNECTION_KILLED:
        case ER_SERVER_SHUTDOWN:
        case ER_NORMAL_SHUTDOWN:
        case ER_NEW_ABORTING_CONNECTION:
        case kClientInteractionTimeout:
            return true;
        default:
            return failure.sqlstate.starts_with("08");
    }
}

Outcome outcome_of(bool is_lost, const MysqlFailureContext& context) {
    if (!context.may_write) return Outcome::NotApplicable;
    return is_lost && !context.in_transaction ? Outcome::Unknown : Outcome::NotDone;
}

}  // namespace

Error mysql_query_error(const MysqlFailure& failure, const MysqlFailureContext& context) {
    const bool is_lost = is_session_over(failure);
    const std::string message =
        is_lost ? fmt::format("connection to {} was lost: {}", context.endpoint, failure.message)
                : failure.message;
    return Error(is_lost ? ErrorCode::ConnectionLost : ErrorCode::QueryFailed, message,
                 {.sqlstate = failure.sqlstate,
                  .context = fmt::format("error number: {}", failure.number),
                  .outcome = outcome_of(is_lost, context)});
}

Error mysql_connect_error(std::string_view endpoint, const MysqlFailure& failure) {
    struct Known {
        unsigned int number;
        const char* hint;
    };
    static constexpr std::array kKnown = {
        Known{CR_CONN_HOST_ERROR, "is the server running, and are host and port or socket right?"},
        Known{CR_CONNECTION_ERROR, "is the server running, and are host and port or socket right?"},
        Known{CR_UNKNOWN_HOST, "check the host name of the connection"},
        Known{CR_SSL_CONNECTION_ERROR, "check the tls options of the connection"},
        Known{ER_ACCESS_DENIED_ERROR, "check user and password of the connection"},
        Known{ER_DBACCESS_DENIED_ERROR, "check database and rights of the connection's user"},
        Known{ER_BAD_DB_ERROR, "check the database of the connection"},
        Known{ER_CON_COUNT_ERROR, "lower maxConnections, or raise max_connections of the server"},
    };
    ErrorDetail detail{.sqlstate = failure.sqlstate};
    for (const Known& known : kKnown) {
        if (known.number == failure.number) detail.hint = known.hint;
    }
    return Error(ErrorCode::ConnectionFailed,
                 fmt::format("cannot connect to {}: {}", endpoint, failure.message),
                 std::move(detail));
}

bool mysql_is_stale_statement(unsigned int number) {
    return number == ER_UNKNOWN_STMT_HANDLER || number == ER_NEED_REPREPARE;
}

}  // namespace kdeps::db
