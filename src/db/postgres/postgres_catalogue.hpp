#pragma once

#include <optional>

#include <libpq-fe.h>

#include "postgres/postgres_statements.hpp"

namespace kdeps::db {

/// Whether a statement leaves its session as it was, as far as the catalogue tells: nothing that it
/// names or touches runs code that is not built in, by a view, a rule, a trigger, a default, a
/// policy, a constraint, an index, an operator or a cast. Then it writes nothing unseen either.
/// Functions in C are believed when they say that they are stable or immutable.
///
/// REQUIRES: no transaction is open. Nullopt when that cannot be found out now.
[[nodiscard]] std::optional<bool> pg_is_plain(PGconn* connection, const PgPrepared& statement);

}  // namespace kdeps::db
