#pragma once

#include "kdeps/db/connection.hpp"
#include "kdeps/testing/suite.hpp"

namespace kdeps::testing {

/// Puts one fixture into a database, statement by statement.
///
/// Errors: those of the database, with the place of the statement or row.
void apply(const Fixture& fixture, db::Connection& connection, const sql::Dialect& dialect);

}  // namespace kdeps::testing
