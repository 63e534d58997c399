#pragma once

#include <memory>

#include "kdeps/db/connection.hpp"

namespace kdeps::db {

/// Errors: InvalidDsn for an unknown option or option value.
[[nodiscard]] std::shared_ptr<const Driver> make_mysql_driver(const sql::Dsn& dsn);

}  // namespace kdeps::db
