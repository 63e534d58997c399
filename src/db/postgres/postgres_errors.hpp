#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <libpq-fe.h>

#include "kdeps/base/error.hpp"

namespace kdeps::db {

struct PgResultDeleter {
    void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgResultDeleter>;

/// What the statement was that failed, for the outcome of the error.
struct PgFailureContext {
    std::string_view endpoint;    ///< `PostgreSQL analytics on localhost:5432`.
    bool may_write = false;       ///< Whether a lost connection leaves its effect unknown.
    bool in_transaction = false;  ///< Then nothing is done before COMMIT.
};

[[nodiscard]] std::string_view pg_sqlstate(const PGresult* result);  ///< Empty if there is none.
/// The server's own words on one line, without "ERROR: " and without DETAIL.
[[nodiscard]] std::string pg_message(const PGresult* result, PGconn* connection);

/// The server threw the prepared statement away, or cannot run it since a table changed. It says so
/// before it runs anything.
[[nodiscard]] bool pg_is_stale_statement(const PGresult* result);

/// Whether a statement may fail so because a table has changed since it was prepared: its
/// parameters keep the types they had then.
[[nodiscard]] bool pg_may_be_outdated(std::string_view sqlstate);

/// The Error for a failed result: QueryFailed, or ConnectionLost when the session is gone.
///
/// Values:  `what()` is the primary message; DETAIL, HINT, CONTEXT and the position are `context`.
[[nodiscard]] Error pg_error(const PGresult* result, PGconn* connection,
                             const PgFailureContext& failure);
/// ConnectionLost without a result, when a command could not even be sent.
[[nodiscard]] Error pg_lost(PGconn* connection, const PgFailureContext& failure);
/// ConnectionFailed in the server's words, with a hint for the common causes.
[[nodiscard]] Error pg_connect_error(std::string_view endpoint, std::string_view message);

}  // namespace kdeps::db
