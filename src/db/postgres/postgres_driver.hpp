#pragma once

#include <memory>

#include "kdeps/db/connection.hpp"

namespace kdeps::db {

/// Errors: InvalidDsn for an option that libpq does not know.
[[nodiscard]] std::shared_ptr<const Driver> make_postgres_driver(const sql::Dsn& dsn);

}  // namespace kdeps::db
