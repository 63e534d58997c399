#pragma once

#include <memory>
#include <string>

#include "kdeps/db/connection.hpp"
#include "kdeps/sql/dsn.hpp"

namespace kdeps::db {

/// Opens SQLite files. `init_script_path` may be empty; else the script is run when a database
/// without any table is opened.
[[nodiscard]] std::shared_ptr<const Driver> make_sqlite_driver(const sql::Dsn& dsn,
                                                               const std::string& init_script_path);

}  // namespace kdeps::db
