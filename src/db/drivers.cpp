#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/db/connection.hpp"

#include "mysql/mysql_driver.hpp"
#include "postgres/postgres_driver.hpp"
#include "sqlite/sqlite_driver.hpp"

namespace kdeps::db {

namespace {

/// One line per database.
struct Entry {
    const sql::Dialect& dialect;
    std::shared_ptr<const Driver> (*make)(const sql::Dsn&, const std::string& init_script_path);
    DriverTraits traits = {};
};
constexpr Entry kEntries[] = {
    {sql::kSqlite, make_sqlite_driver, {.compares_by_type = true, .runs_init_script = true}},
    {sql::kPostgres, [](const auto& dsn, const auto&) { return make_postgres_driver(dsn); }},
    {sql::kMySql, [](const auto& dsn, const auto&) { return make_mysql_driver(dsn); }},
};

const Entry* find_entry(const sql::Dialect& dialect) {
    const auto* entry = std::ranges::find_if(
        kEntries, [&](const Entry& known) { return &known.dialect == &dialect; });
    return entry == std::end(kEntries) ? nullptr : entry;
}

}  // namespace

DriverTraits driver_traits(const sql::Dialect& dialect) {
    const Entry* const entry = find_entry(dialect);
    return entry == nullptr ? DriverTraits{} : entry->traits;
}

std::shared_ptr<const Driver> make_driver(const sql::Dsn& dsn,
                                          const std::string& init_script_path) {
    if (const Entry* entry = find_entry(*dsn.dialect)) return entry->make(dsn, init_script_path);
    throw Error(ErrorCode::NotSupported, fmt::format("{} is not supported", dsn.dialect->name));
}

}  // namespace kdeps::db
