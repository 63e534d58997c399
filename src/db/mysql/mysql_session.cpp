#include "mysql/mysql_session.hpp"

#include <algorithm>

#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>
#include <fmt/format.h>
#include <ma_pvio.h>
#include <mysql_driver.h>
#include <poll.h>

#include "kdeps/base/text.hpp"

#include "mysql/native_handle.hpp"
#include "socket_copy.hpp"

namespace kdeps::db {

namespace {

/// The client library keeps data per thread: each thread that uses a connection says hello once and
/// good-bye when it ends.
::sql::mysql::MySQL_Driver& driver_of_this_thread() {
    struct ThreadGuard {
        ::sql::mysql::MySQL_Driver* driver;
        explicit ThreadGuard(::sql::mysql::MySQL_Driver* d) : driver(d) { driver->threadInit(); }
        ~ThreadGuard() { driver->threadEnd(); }
    };
    static ::sql::mysql::MySQL_Driver* const driver = ::sql::mysql::get_driver_instance();
    thread_local const ThreadGuard guard(driver);
    return *guard.driver;
}

TlsMode tls_mode(const std::string& text) {
    if (text == "prefer") return TlsMode::Prefer;
    if (text == "require") return TlsMode::Require;
    if (text == "verify") return TlsMode::Verify;
    throw Error(ErrorCode::InvalidDsn,
                fmt::format("MySQL connection string: unknown tls '{}'", text),
                {.hint = "use prefer, require or verify"});
}

std::string option(const sql::Dsn& dsn, const char* name) {
    const auto found = dsn.options.find(name);
    return found == dsn.options.end() ? std::string() : found->second;
}

MysqlFailure failure_of(const ::sql::SQLException& error) {
    return {static_cast<unsigned int>(error.getErrorCode()), std::string(error.getSQLState()),
            error.what()};
}

/// As the client library counts: 0 is for ever.
int seconds_until(Deadline deadline) {
    const auto left = deadline.remaining();
    if (!left) return 0;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*left).count();
    return static_cast<int>(std::clamp<std::int64_t>(seconds, 1, 3600));
}

::sql::ConnectOptionsMap connect_options(const MysqlEndpoint& endpoint, Deadline deadline) {
    ::sql::ConnectOptionsMap options;
    const auto text = [&options](const char* name, const std::string& value) {
        if (!value.empty()) options[name] = ::sql::SQLString(value);
    };
    // `tcp://` makes even localhost mean TCP; without it the library would take the Unix socket.
    const bool is_ipv6 = endpoint.host.find(':') != std::string::npos;
    text("hostName", !endpoint.socket.empty()
                         ? "unix://" + endpoint.socket
                         : fmt::format(fmt::runtime(is_ipv6 ? "tcp://[{}]:{}" : "tcp://{}:{}"),
                                       endpoint.host, endpoint.port));
    text("userName", endpoint.user);
    text("password", endpoint.password);
    text("schema", endpoint.database);
    text("OPT_CHARSET_NAME", "utf8mb4");
    options["CLIENT_FOUND_ROWS"] = true;  // an UPDATE counts the rows it matched, as elsewhere
    options["OPT_LOCAL_INFILE"] = 0;      // or any server could ask for files of this machine
    if (!deadline.is_never()) {
        options["OPT_CONNECT_TIMEOUT"] = seconds_until(deadline);
        // For the statements that open the session, after the login.
        options["OPT_READ_TIMEOUT"] = seconds_until(deadline);
    }
    options["sslEnforce"] = true;  // "if the server can", in truth; see the check after connecting
    text("sslCA", endpoint.tls_ca);
    if (endpoint.tls == TlsMode::Verify) options["sslVerify"] = true;
    return options;
}

}  // namespace

MysqlFailure failure_of(MYSQL* handle) {
    return {mysql_errno(handle), mysql_sqlstate(handle), mysql_error(handle)};
}

MysqlEndpoint::MysqlEndpoint(const sql::Dsn& dsn)
    : host(dsn.host.empty() ? "localhost" : dsn.host),
      port(dsn.port == 0 ? sql::kMySql.default_port : dsn.port),
      socket(option(dsn, "socket")),
      user(dsn.user),
      password(dsn.password),
      database(dsn.database),
      tls_ca(option(dsn, "tls_ca")) {
    if (const std::string tls_text = option(dsn, "tls"); !tls_text.empty())
        tls = tls_mode(tls_text);
    // The library trusts nobody unless told whom.
    if (tls == TlsMode::Verify && tls_ca.empty()) tls_ca = "/etc/ssl/certs/ca-certificates.crt";
    description = fmt::format("MySQL{}{} on {}", database.empty() ? "" : " ", database,
                              socket.empty() ? fmt::format("{}:{}", host, port) : socket);
}

struct MysqlSession::Opened {
    std::unique_ptr<::sql::Connection> connection;
};

MysqlSession::MysqlSession(const MysqlEndpoint& endpoint, Deadline deadline)
    : opened_(std::make_unique<Opened>()) {
    try {
        auto options = connect_options(endpoint, deadline);
        opened_->connection.reset(driver_of_this_thread().connect(options));
        handle_ = native_handle(*opened_->connection);
    } catch (const ::sql::SQLException& error) {
        throw mysql_connect_error(endpoint.description, failure_of(error));
    }
    // The library goes on in plain text when the server has no TLS, whatever it was asked.
    const bool needs_tls = endpoint.tls == TlsMode::Require || endpoint.tls == TlsMode::Verify;
    if (needs_tls && mysql_get_ssl_cipher(handle_) == nullptr) {
        throw Error(
            ErrorCode::ConnectionFailed,
            fmt::format("cannot connect to {}: the server offers no TLS, but the connection "
                        "requires it",
                        endpoint.description),
            {.hint = "give the server a certificate, or set tls=prefer"});
    }
    socket_ = copy_of_socket(static_cast<int>(mysql_get_socket(handle_)), endpoint.description);
    limit_reads(Deadline::never());
}

MysqlSession::~MysqlSession() = default;

void MysqlSession::limit_reads(Deadline deadline) {
    // mysql_options() would say it to the next connect only.
    MARIADB_PVIO* channel = handle_->net.pvio;
    channel->methods->set_timeout(channel, PVIO_READ_TIMEOUT, seconds_until(deadline));
}

void MysqlSession::run(const std::string& text, const MysqlFailureContext& context) {
    driver_of_this_thread();
    try {
        const std::unique_ptr<::sql::Statement> statement(opened_->connection->createStatement());
        statement->execute(::sql::SQLString(text));
    } catch (const ::sql::SQLException& error) {
        throw mysql_query_error(failure_of(error), context);
    }
}

std::string MysqlSession::warnings(unsigned int number) {
    driver_of_this_thread();
    std::string text;
    try {
        const std::unique_ptr<::sql::Statement> statement(opened_->connection->createStatement());
        const std::unique_ptr<::sql::ResultSet> rows(statement->executeQuery("SHOW WARNINGS"));
        while (rows->next()) {
            if (rows->getUInt(2) != number) continue;
            if (!text.empty()) text += '\n';
            text += rows->getString(3).asStdString();
        }
    } catch (const ::sql::SQLException& error) {
        throw mysql_query_error(failure_of(error), {});
    }
    return text;
}

std::vector<std::string> MysqlSession::first_column(const std::string& query) {
    driver_of_this_thread();
    std::vector<std::string> values;
    try {
        const std::unique_ptr<::sql::Statement> statement(opened_->connection->createStatement());
        const std::unique_ptr<::sql::ResultSet> rows(
            statement->executeQuery(::sql::SQLString(query)));
        while (rows->next()) values.push_back(rows->getString(1).asStdString());
    } catch (const ::sql::SQLException& error) {
        throw mysql_query_error(failure_of(error), {});
    }
    return values;
}

bool MysqlSession::is_gone() const {
    // The server says nothing of its own accord but good-bye: any input is an end.
    pollfd entry{socket_.get(), POLLIN | POLLRDHUP, 0};
    return poll(&entry, 1, 0) > 0;
}

void MysqlSession::interrupt() noexcept {
    io::shut_down(socket_);
}

}  // namespace kdeps::db
