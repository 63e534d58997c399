#pragma once

#include "kdeps/base/error.hpp"

struct sqlite3;

namespace kdeps::db {

/// The error a failed call has left on `database`: SQLite's own message, and the SQLSTATE that
/// PostgreSQL uses for the same mistake, so that workflows can tell them apart on every database.
///
/// Source: https://sqlite.org/rescode.html
[[nodiscard]] Error sqlite_error(sqlite3* database, Outcome outcome = Outcome::NotApplicable);

/// The error of a call that was cancelled before SQLite noticed.
[[nodiscard]] Error sqlite_interrupted(Outcome outcome);

}  // namespace kdeps::db
