#pragma once

#include <mysql.h>

namespace sql {
class Connection;
}

namespace kdeps::db {

/// The libmariadb handle inside an open connection of mysql-connector-c++ 1.1.
///
/// The connector hides it, and with it all that we run statements with: prepared statements in the
/// binary protocol without its conversions, the server's status, the socket, session reset.
///
/// Errors: ConnectionFailed if this is not a connector whose layout we know, or if the handle found
///         is not the connection's: its thread id must be the server's CONNECTION_ID().
[[nodiscard]] MYSQL* native_handle(::sql::Connection& connection);

}  // namespace kdeps::db
