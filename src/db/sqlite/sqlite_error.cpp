#include "sqlite_error.hpp"

#include <string_view>

#include <sqlite3.h>

namespace kdeps::db {

namespace {

/// SQLITE_ERROR is one code for many mistakes; only the message tells them apart.
std::string_view sqlstate_of_message(std::string_view message) {
    struct Pattern {
        std::string_view part, sqlstate;
    };
    static constexpr Pattern kPatterns[] = {
        {"no such table", "42P01"},    {"no such view", "42P01"},       {"no such column", "42703"},
        {"no such function", "42883"}, {"already exists", "42P07"},     {"syntax error", "42601"},
        {"incomplete input", "42601"}, {"unrecognized token", "42601"},
    };
    for (const Pattern& pattern : kPatterns) {
        if (message.find(pattern.part) != std::string_view::npos) return pattern.sqlstate;
    }
    return "42000";
}

std::string_view sqlstate_of(int extended_code, std::string_view message) {
    switch (extended_code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            return "23505";
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return "23503";
        case SQLITE_CONSTRAINT_NOTNULL:
            return "23502";
        case SQLITE_CONSTRAINT_CHECK:
            return "23514";
        default:
            break;
    }
    switch (extended_code & 0xFF) {
        case SQLITE_CONSTRAINT:
            return "23000";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "55P03";
        case SQLITE_READONLY:
            return "25006";
        case SQLITE_FULL:
            return "53100";
        case SQLITE_NOMEM:
            return "53200";
        case SQLITE_INTERRUPT:
            return "57014";
        case SQLITE_MISMATCH:
            return "42804";
        case SQLITE_TOOBIG:
            return "54000";
        case SQLITE_AUTH:
            return "42501";
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
            return "58030";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return "XX001";
        case SQLITE_ERROR:
            return sqlstate_of_message(message);
        default:
            return "XX000";
    }
}

Refusal refusal_by(int extended_code, std::string_view sqlstate) {
    switch (extended_code) {
        case SQLITE_CONSTRAINT_DATATYPE:  // of a STRICT table
        case SQLITE_MISMATCH:             // a text as a row id
        case SQLITE_TOOBIG:
            return Refusal::Value;
        default:
            return refusal_of(sqlstate);
    }
}

}  // namespace

Error sqlite_error(sqlite3* database, Outcome outcome) {
    const std::string message = sqlite3_errmsg(database);
    ErrorDetail detail;
    const int code = sqlite3_extended_errcode(database);
    detail.sqlstate = sqlstate_of(code, message);
    detail.outcome = outcome;
    if ((sqlite3_errcode(database) & 0xFF) == SQLITE_TOOBIG) {
        detail.hint =
            "no value or row may be longer than 64 MiB, or maxResultBytes if that is more";
    }
    detail.refusal = refusal_by(code, detail.sqlstate);
    return Error(ErrorCode::QueryFailed, message, std::move(detail));
}

Error sqlite_interrupted(Outcome outcome) {
    ErrorDetail detail;
    detail.sqlstate = "57014";
    detail.outcome = outcome;
    return Error(ErrorCode::QueryFailed, "interrupted", std::move(detail));
}

}  // namespace kdeps::db
