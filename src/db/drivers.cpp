#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/db/connection.hpp"

#include "mysql/mysql_driver.hpp"
#include "postgres/postgres_driver.hpp"
#include "sqlite/sqlite_driver.hpp"

namespace kdeps::db {

DriverTraits driver_traits(sql::Dialect dialect) {
    if (dialect != sql::Dialect::Sqlite) return {};
    return {.compares_by_type = true, .runs_init_script = true};
}

std::shared_ptr<const Driver> make_driver(const sql::Dsn& dsn,
                                          const std::string& init_script_path) {
    switch (dsn.dialect) {
        case sql::Dialect::Sqlite:
            return make_sqlite_driver(dsn, init_script_path);
        case sql::Dialect::Postgres:
            return make_postgres_driver(dsn);
        case sql::Dialect::MySql:
            return make_mysql_driver(dsn);
        case sql::Dialect::SqlServer:
            break;
    }
    throw Error(ErrorCode::NotSupported,
                fmt::format("{} is not supported", sql::dialect_name(dsn.dialect)));
}

}  // namespace kdeps::db
