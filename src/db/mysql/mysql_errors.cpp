#include "mysql/mysql_errors.hpp"

#include <array>

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

#include "kdeps/base/text.hpp"

namespace kdeps::db {

namespace {

constexpr std::string_view kNumber = "error number: ";

/// Numbers that are in one of the two servers' headers only.
constexpr unsigned int kClientInteractionTimeout = 4031;  // MySQL 8: wait_timeout
constexpr unsigned int kCheckViolatedMysql = 3819;
constexpr unsigned int kCheckViolatedMariadb = 4025;

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

/// Many mistakes share the SQLSTATEs 23000 and HY000; their numbers tell them apart.
Refusal refusal_by(const MysqlFailure& failure) {
    switch (failure.number) {
        case ER_BAD_NULL_ERROR:
        case ER_WARN_NULL_TO_NOTNULL:
            return Refusal::Missing;
        case ER_DUP_ENTRY:
        case ER_DUP_ENTRY_WITH_KEY_NAME:
        case ER_DUP_KEY:
        case ER_FOREIGN_DUPLICATE_KEY_WITH_CHILD_INFO:
        case ER_FOREIGN_DUPLICATE_KEY_WITHOUT_CHILD_INFO:
            return Refusal::Duplicate;
        case ER_NO_REFERENCED_ROW:
        case ER_NO_REFERENCED_ROW_2:
        case ER_ROW_IS_REFERENCED:
        case ER_ROW_IS_REFERENCED_2:
            return Refusal::Reference;
        case kCheckViolatedMysql:
        case kCheckViolatedMariadb:
        case ER_VIEW_CHECK_FAILED:
            return Refusal::Check;
        case ER_WARN_DATA_OUT_OF_RANGE:
        case WARN_DATA_TRUNCATED:
        case ER_TRUNCATED_WRONG_VALUE:
        case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
        case ER_ILLEGAL_VALUE_FOR_TYPE:
        case ER_DATA_TOO_LONG:
        case ER_WRONG_VALUE_FOR_TYPE:
        case ER_DATA_OUT_OF_RANGE:
        case ER_DATETIME_FUNCTION_OVERFLOW:
            return Refusal::Value;
        default:
            return refusal_of(failure.sqlstate);
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
                  .context = fmt::format("{}{}", kNumber, failure.number),
                  .outcome = outcome_of(is_lost, context),
                  .refusal = is_lost ? Refusal::None : refusal_by(failure)});
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

bool mysql_is_conflict(const ErrorDetail& detail) {
    if (detail.sqlstate == "40001") return true;  // ER_LOCK_DEADLOCK among them
    const std::string_view context = detail.context;
    if (!context.starts_with(kNumber)) return false;
    const std::string_view rest = context.substr(kNumber.size());
    const auto number = parse_int64(rest.substr(0, rest.find('\n')));
    // Neither has a SQLSTATE of its own. The last one is MariaDB's innodb_snapshot_isolation.
    return number == ER_LOCK_WAIT_TIMEOUT || number == ER_CHECKREAD;
}

bool mysql_is_stale_statement(unsigned int number) {
    return number == ER_UNKNOWN_STMT_HANDLER || number == ER_NEED_REPREPARE;
}

}  // namespace kdeps::db
