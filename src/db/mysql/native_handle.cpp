#include "mysql/native_handle.hpp"

#include <cstring>
#include <memory>

#include <cppconn/resultset.h>
#include <cppconn/statement.h>
#include <fmt/format.h>
#include <mysql_connection.h>
#include <mysql_driver.h>

#include "kdeps/base/error.hpp"

namespace kdeps::db {

namespace {

using ConnectorConnection = ::sql::mysql::MySQL_Connection;
using WrapperPointer = boost::shared_ptr<::sql::mysql::NativeAPI::NativeConnectionWrapper>;

/// The connection's private member `proxy`. An explicit instantiation may name private members
/// (C++20 [temp.spec]/6), so this is well-formed, unlike `#define private public`.
template <WrapperPointer ConnectorConnection::*member>
struct ProxyAccess {
    friend WrapperPointer& proxy_of(ConnectorConnection& connection) { return connection.*member; }
};
WrapperPointer& proxy_of(ConnectorConnection& connection);
template struct ProxyAccess<&ConnectorConnection::proxy>;

/// The class behind the wrapper is not in the connector's headers:
/// `class MySQL_NativeConnectionWrapper : NativeConnectionWrapper { shared_ptr<IMySQLCAPI> api;
/// ::MYSQL* mysql; }`. Its only base has a virtual table and nothing else.
struct WrapperLayout {
    void* virtual_table;
    void* api[2];
    MYSQL* handle;
};

[[noreturn]] void refuse(const std::string& reason) {
    throw Error(ErrorCode::ConnectionFailed,
                fmt::format("this build cannot use the installed mysql-connector-c++: {}", reason),
                {.hint = "install version 1.1.12 of the connector, or build kdeps against yours"});
}

unsigned long connection_id(::sql::Connection& connection) {
    const std::unique_ptr<::sql::Statement> statement(connection.createStatement());
    const std::unique_ptr<::sql::ResultSet> result(
        statement->executeQuery("SELECT CONNECTION_ID()"));
    if (!result->next()) refuse("the server did not tell CONNECTION_ID()");
    return static_cast<unsigned long>(result->getUInt64(1));
}

}  // namespace

MYSQL* native_handle(::sql::Connection& connection) {
    auto* own = dynamic_cast<ConnectorConnection*>(&connection);
    if (own == nullptr) refuse("it gave a connection of another class");
    auto* driver = ::sql::mysql::get_driver_instance();
    if (driver->getMajorVersion() != 1 || driver->getMinorVersion() != 1) {
        refuse(fmt::format("its version is {}.{}, not 1.1", driver->getMajorVersion(),
                           driver->getMinorVersion()));
    }
    WrapperLayout layout{};
    std::memcpy(&layout, static_cast<const void*>(proxy_of(*own).get()), sizeof layout);
    if (layout.handle == nullptr || mysql_thread_id(layout.handle) != connection_id(connection)) {
        refuse("the handle found in it is not the connection's");
    }
    return layout.handle;
}

}  // namespace kdeps::db
