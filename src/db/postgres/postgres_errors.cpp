#include "postgres/postgres_errors.hpp"

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

namespace kdeps::db {

namespace {

std::string_view field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text != nullptr ? text : "";
}

/// libpq ends its messages with a line break and writes several lines for several addresses.
std::string one_line(std::string_view text) {
    std::string line;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view part = trim(text.substr(0, end));
        if (!part.empty() && line.find(part) == std::string::npos) {
            if (!line.empty()) line += "; ";
            line += part;
        }
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return line;
}

bool is_session_over(const PGresult* result, PGconn* connection) {
    if (PQstatus(connection) == CONNECTION_BAD) return true;
    const std::string_view severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity == "FATAL" || severity == "PANIC") return true;
    const std::string_view state = pg_sqlstate(result);
    return state.starts_with("08") || state == "57P01" || state == "57P02" || state == "57P03";
}

std::string context_of(const PGresult* result) {
    struct Part {
        int code;
        const char* label;
    };
    static constexpr std::array kParts = {
        Part{PG_DIAG_MESSAGE_DETAIL, "detail"},       Part{PG_DIAG_MESSAGE_HINT, "hint"},
        Part{PG_DIAG_STATEMENT_POSITION, "position"}, Part{PG_DIAG_CONTEXT, "context"},
        Part{PG_DIAG_CONSTRAINT_NAME, "constraint"},
    };
    std::string text;
    for (const Part& part : kParts) {
        const std::string_view value = field(result, part.code);
        if (value.empty()) continue;
        if (!text.empty()) text += '\n';
        text += fmt::format("{}: {}", part.label, value);
    }
    return text;
}

Outcome lost_outcome(const PgFailureContext& failure) {
    if (!failure.may_write) return Outcome::NotApplicable;
    return failure.in_transaction ? Outcome::NotDone : Outcome::Unknown;
}

Error lost_error(std::string_view words, std::string_view sqlstate,
                 const PgFailureContext& failure) {
    return Error(ErrorCode::ConnectionLost,
                 fmt::format("connection to {} was lost: {}", failure.endpoint, words),
                 {.sqlstate = std::string(sqlstate), .outcome = lost_outcome(failure)});
}

}  // namespace

std::string_view pg_sqlstate(const PGresult* result) {
    return field(result, PG_DIAG_SQLSTATE);
}

std::string pg_message(const PGresult* result, PGconn* connection) {
    const std::string_view primary = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!primary.empty()) return one_line(primary);
    const std::string own = one_line(PQresultErrorMessage(result));
    return own.empty() ? one_line(PQerrorMessage(connection)) : own;
}

bool pg_is_stale_statement(const PGresult* result) {
    const std::string_view state = pg_sqlstate(result);
    if (state == "26000") return true;
    const char* routine = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    return state == "0A000" && routine != nullptr &&
           std::strcmp(routine, "RevalidateCachedQuery") == 0;
}

bool pg_may_be_outdated(std::string_view sqlstate) {
    return sqlstate.starts_with("22") || sqlstate.starts_with("42");
}

Error pg_error(const PGresult* result, PGconn* connection, const PgFailureContext& failure) {
    const std::string message = pg_message(result, connection);
    const std::string_view state = pg_sqlstate(result);
    if (is_session_over(result, connection)) return lost_error(message, state, failure);
    return Error(ErrorCode::QueryFailed, message,
                 {.sqlstate = std::string(state),
                  .context = context_of(result),
                  .outcome = failure.may_write ? Outcome::NotDone : Outcome::NotApplicable,
                  .refusal = refusal_of(state)});
}

Error pg_lost(PGconn* connection, const PgFailureContext& failure) {
    const std::string words = one_line(PQerrorMessage(connection));
    return lost_error(words.empty() ? "the connection is closed" : words, "", failure);
}

Error pg_connect_error(std::string_view endpoint, std::string_view message) {
    struct Known {
        const char* words;
        const char* hint;
    };
    // libpq gives no SQLSTATE for a failed connect; these words are those of an English server.
    static constexpr std::array kKnown = {
        Known{"Connection refused", "is the server running, and is the port right?"},
        Known{"password authentication failed", "check user and password of the connection"},
        Known{"no password supplied", "the server wants a password: add one to the connection"},
        Known{"could not translate host name", "check the host name of the connection"},
        Known{"too many clients", "lower maxConnections, or raise max_connections of the server"},
        Known{"remaining connection slots",
              "lower maxConnections, or raise max_connections of the server"},
        Known{"does not support SSL", "the server has no TLS: set sslmode=prefer or disable"},
        Known{"no pg_hba.conf entry", "the server's pg_hba.conf does not admit this client"},
        Known{"root certificate file", "check sslrootcert of the connection"},
        Known{"certificate verify failed",
              "name the server's CA with sslrootcert, or set sslmode=require to trust any"},
        Known{"server certificate for", "connect to a name that the server's certificate has"},
        Known{"starting up", "the server is starting: try again in a moment"},
        Known{"does not exist", "check database and user of the connection"},
    };
    ErrorDetail detail;
    for (const Known& known : kKnown) {
        if (message.find(known.words) == std::string_view::npos) continue;
        detail.hint = known.hint;
        break;
    }
    return Error(ErrorCode::ConnectionFailed,
                 fmt::format("cannot connect to {}: {}", endpoint, one_line(message)),
                 std::move(detail));
}

}  // namespace kdeps::db
