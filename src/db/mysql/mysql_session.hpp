#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mysql.h>

#include "kdeps/base/clock.hpp"
#include "kdeps/db/connection.hpp"
#include "kdeps/io/descriptor.hpp"
#include "kdeps/sql/dsn.hpp"

#include "mysql/mysql_errors.hpp"
#include "socket_copy.hpp"

namespace kdeps::db {

enum class TlsMode {
    Prefer,   ///< Encrypted if the server offers it, without checking its certificate.
    Require,  ///< Encrypted or refused, without checking the certificate.
    Verify,   ///< Encrypted, with a certificate for this host from a trusted authority.
};

/// Where and how to connect; the options are those of docs/reference/connections.md.
///
/// Errors: InvalidDsn for another value of `tls`.
struct MysqlEndpoint {
    explicit MysqlEndpoint(const sql::Dsn& dsn);

    std::string host;  ///< Never empty; used with TCP even when it is `localhost`.
    int port;
    std::string socket;  ///< Instead of host and port when not empty.
    std::string user;
    std::string password;
    std::string database;
    TlsMode tls = TlsMode::Prefer;
    std::string tls_ca;
    std::string description;  ///< `MySQL inventory on localhost:3306`.
};

/// An open connection of mysql-connector-c++ and the libmariadb handle inside it.
///
/// Threads: interrupt() from any thread, all else one at a time.
class MysqlSession {
 public:
    /// Errors: ConnectionFailed, also when the server says nothing for as long as there was until
    ///         the deadline (in whole seconds, at least one), or required TLS was not given.
    MysqlSession(const MysqlEndpoint& endpoint, Deadline deadline);
    ~MysqlSession();
    MysqlSession(const MysqlSession&) = delete;
    MysqlSession& operator=(const MysqlSession&) = delete;

    [[nodiscard]] MYSQL* handle() const { return handle_; }
    /// From now on a call whose answer is longer than this in coming loses the connection (whole
    /// seconds, at least one). At first the answers may take for ever.
    void limit_reads(Deadline deadline);
    /// Runs a statement without parameters whose result nobody wants.
    ///
    /// Errors: as mysql_query_error() with `context`.
    void run(const std::string& text, const MysqlFailureContext& context);
    /// What the server warned of in the last statement under this error number, in its own words.
    [[nodiscard]] std::string warnings(unsigned int number);
    /// The first column of a query that has no parameters; NULL is empty.
    ///
    /// Errors: as mysql_query_error().
    [[nodiscard]] std::vector<std::string> first_column(const std::string& query);
    /// Whether the socket was closed by the server; never blocks.
    [[nodiscard]] bool is_gone() const;
    /// Shuts the socket down, which wakes a call that waits on it.
    void interrupt() noexcept;
    /// Whether the server has closed its end since.
    [[nodiscard]] bool has_ended() const noexcept { return db::has_ended(socket_.get()); }

 private:
    struct Opened;
    std::unique_ptr<Opened> opened_;
    MYSQL* handle_ = nullptr;
    io::Descriptor socket_;  ///< Our own: the library may close its one meanwhile.
};

[[nodiscard]] MysqlFailure failure_of(MYSQL* handle);

}  // namespace kdeps::db
