#pragma once

#include <map>
#include <string>
#include <string_view>

#include "kdeps/base/error.hpp"
#include "kdeps/sql/dialect.hpp"

namespace kdeps::sql {

/// A parsed connection string.
struct Dsn {
    const Dialect* dialect = &kSqlite;
    std::string host = {};  ///< Without brackets; empty for the default or a socket.
    int port = 0;           ///< 0 for the dialect's default.
    std::string user = {};
    std::string password = {};                        ///< Never printed.
    std::string database = {};                        ///< SQLite: absolute path, or ":memory:".
    std::map<std::string, std::string> options = {};  ///< Query parameters, e.g. sslmode, socket.

    /// `postgres://user@host:5432/db`: what may be shown to people; never a password.
    [[nodiscard]] std::string display() const;
    bool operator==(const Dsn&) const = default;
};

/// Reads a connection string in any of these forms; docs/reference/connections.md has them all:
/// `postgres://`, `postgresql://`, libpq `key=value`, `mysql://`, `mariadb://`,
/// `user:pass@tcp(host:port)/db`, `sqlite://path`, `sqlite:path`, `file:path`, `:memory:`, `*.db`,
/// `*.sqlite`, `*.sqlite3`, `sqlserver://`, `mssql://`. Relative SQLite paths are resolved against
/// `base_directory`.
///
/// Errors: Error(InvalidDsn) or Error(NotSupported) for another scheme; no message repeats the
///         password.
[[nodiscard]] Dsn parse_dsn(std::string_view text, const std::string& base_directory);

}  // namespace kdeps::sql
