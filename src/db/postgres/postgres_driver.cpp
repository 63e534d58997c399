#include "postgres/postgres_driver.hpp"

#include <chrono>
#include <cstdlib>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "kdeps/base/text.hpp"

#include "postgres/postgres_connection.hpp"

namespace kdeps::db {

namespace {

std::string quoted(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

/// Settings that fix the text form of values. They are part of the start-up packet: no round trip,
/// and RESET ALL comes back to them. The time zone stays the user's.
std::string session_options(const sql::Dsn& dsn) {
    std::string options =
        "-c DateStyle=ISO -c IntervalStyle=postgres -c bytea_output=hex -c extra_float_digits=1";
    // Ours would otherwise hide the variable that libpq takes where the DSN says nothing.
    const char* from_environment = std::getenv("PGOPTIONS");
    if (const auto own = dsn.options.find("options"); own != dsn.options.end()) {
        options += ' ' + own->second;
    } else if (from_environment != nullptr) {
        options += ' ' + std::string(from_environment);
    }
    return options;
}

std::string conninfo_of(const sql::Dsn& dsn) {
    std::string conninfo;
    const auto add = [&conninfo](std::string_view key, std::string_view value) {
        if (!value.empty()) conninfo += fmt::format("{}={} ", key, quoted(value));
    };
    add("host", dsn.host);
    if (dsn.port != 0) add("port", fmt::format_int(dsn.port).str());
    add("user", dsn.user);
    add("password", dsn.password);
    add("dbname", dsn.database);
    add("fallback_application_name", "kdeps");
    // A peer that vanished is noticed within about 15 s busy and a minute idle.
    add("tcp_user_timeout", "15000");
    add("keepalives_idle", "30");
    add("keepalives_interval", "10");
    add("keepalives_count", "3");
    for (const auto& [key, value] : dsn.options) {  // libpq takes the last of equal keys
        if (key != "options") add(key, value);
    }
    add("client_encoding", "UTF8");
    add("options", session_options(dsn));
    return conninfo;
}

void check_options(const std::string& conninfo) {
    char* message = nullptr;
    PQconninfoOption* parsed = PQconninfoParse(conninfo.c_str(), &message);
    if (parsed != nullptr) {
        PQconninfoFree(parsed);
        return;
    }
    const std::string reason(trim(message != nullptr ? message : "out of memory"));
    PQfreemem(message);
    throw Error(ErrorCode::InvalidDsn, fmt::format("PostgreSQL connection string: {}", reason));
}

std::string endpoint_of(const sql::Dsn& dsn) {
    const std::string database = dsn.database.empty() ? "" : " " + dsn.database;
    if (dsn.host.starts_with('/')) return fmt::format("PostgreSQL{} on {}", database, dsn.host);
    return fmt::format("PostgreSQL{} on {}:{}", database, dsn.host.empty() ? "localhost" : dsn.host,
                       dsn.port == 0 ? sql::kPostgres.default_port : dsn.port);
}

class PostgresDriver final : public Driver {
 public:
    explicit PostgresDriver(const sql::Dsn& dsn)
        : conninfo_(conninfo_of(dsn)), endpoint_(endpoint_of(dsn)) {
        check_options(conninfo_);
        // libpq heeds its connect_timeout only in the blocking form of connecting.
        const auto timeout = dsn.options.find("connect_timeout");
        if (timeout != dsn.options.end()) {
            connect_timeout_ = std::chrono::seconds(parse_int64(timeout->second).value_or(0));
        }
    }

    [[nodiscard]] std::unique_ptr<Connection> connect(Deadline deadline) const override {
        if (connect_timeout_.count() > 0)
            deadline = deadline.earlier(Deadline::after(connect_timeout_));
        return std::make_unique<PostgresConnection>(conninfo_, endpoint_, plain_, deadline);
    }
    [[nodiscard]] const sql::Dialect& dialect() const override { return sql::kPostgres; }
    [[nodiscard]] std::string describe() const override { return endpoint_; }
    [[nodiscard]] bool is_conflict(const ErrorDetail& detail) const override {
        return detail.sqlstate == "40001" || detail.sqlstate == "40P01";  // or a deadlock
    }

 private:
    std::string conninfo_;
    std::string endpoint_;
    std::shared_ptr<PlainStatements> plain_ = std::make_shared<PlainStatements>(sql::kPostgres);
    std::chrono::seconds connect_timeout_{0};
};

}  // namespace

std::shared_ptr<const Driver> make_postgres_driver(const sql::Dsn& dsn) {
    return std::make_shared<PostgresDriver>(dsn);
}

}  // namespace kdeps::db
