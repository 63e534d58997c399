#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

#include "dsn_parts.hpp"

namespace kdeps::sql {
namespace {

/// libpq's own names, apart from those that are fields of Dsn. Source: PostgreSQL manual 34.1.2.
const std::vector<std::string>& postgres_options() {
    static const std::vector<std::string> names = {
        "application_name",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "fallback_application_name",
        "gssencmode",
        "gsslib",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "options",
        "passfile",
        "replication",
        "requirepeer",
        "service",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcompression",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
    };
    return names;
}

const std::vector<std::string>& mysql_options() {
    static const std::vector<std::string> names = {"charset", "connect_timeout", "socket", "tls",
                                                   "tls_ca"};
    return names;
}

/// Settings of the Go driver that change nothing here: they have no counterpart or are how we work.
constexpr std::array<std::string_view, 9> kGoOptionsWithoutEffect = {
    "parseTime",           "loc",
    "collation",           "interpolateParams",
    "clientFoundRows",     "multiStatements",
    "checkConnLiveness",   "columnsWithAlias",
    "allowNativePasswords"};

const std::vector<std::string>& sqlite_options() {
    static const std::vector<std::string> names = {"cache", "foreign_keys", "mode"};
    return names;
}

bool take(Dsn& dsn, const char* name, std::string& into) {
    const auto entry = dsn.options.find(name);
    if (entry == dsn.options.end()) return false;
    into = std::move(entry->second);
    dsn.options.erase(entry);
    return true;
}

void require_known(const Dsn& dsn, std::span<const std::string> known) {
    for (const auto& [name, value] : dsn.options) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            invalid_dsn(
                "unknown option '" + name + "' for " + std::string(dialect_name(dsn.dialect)),
                did_you_mean(name, known));
        }
    }
}

void require_one_of(const Dsn& dsn, const std::string& name, std::span<const std::string> allowed) {
    const auto entry = dsn.options.find(name);
    if (entry == dsn.options.end()) return;
    if (std::find(allowed.begin(), allowed.end(), entry->second) == allowed.end()) {
        invalid_dsn("'" + entry->second + "' is no value of option '" + name + "'",
                    did_you_mean(entry->second, allowed));
    }
}

void require_seconds(const Dsn& dsn) {
    const auto entry = dsn.options.find("connect_timeout");
    if (entry == dsn.options.end()) return;
    const auto seconds = parse_int64(entry->second);
    if (!seconds || *seconds < 1 || *seconds > 86'400) {
        invalid_dsn("option 'connect_timeout' must be a whole number of seconds, at least 1");
    }
}

void settle_postgres(Dsn& dsn) {
    std::string text;
    take(dsn, "user", dsn.user);
    take(dsn, "password", dsn.password);
    take(dsn, "dbname", dsn.database);
    take(dsn, "host", dsn.host);
    take(dsn, "socket", dsn.host);  // libpq takes the folder of the socket as host
    if (take(dsn, "port", text) && !text.empty()) dsn.port = parse_port(text);
    require_known(dsn, postgres_options());
    static const std::vector<std::string> modes = {"disable", "allow",     "prefer",
                                                   "require", "verify-ca", "verify-full"};
    require_one_of(dsn, "sslmode", modes);
}

/// The Go driver's words for the same thing.
void translate_go_tls(Dsn& dsn) {
    const auto tls = dsn.options.find("tls");
    if (tls == dsn.options.end()) return;
    if (tls->second == "true") tls->second = "verify";
    if (tls->second == "skip-verify") tls->second = "require";
    if (tls->second == "preferred") tls->second = "prefer";
}

void settle_mysql(Dsn& dsn) {
    std::string unused;
    for (const std::string_view name : kGoOptionsWithoutEffect) {
        take(dsn, std::string(name).c_str(), unused);
    }
    translate_go_tls(dsn);
    require_known(dsn, mysql_options());
    static const std::vector<std::string> modes = {"prefer", "require", "verify"};
    require_one_of(dsn, "tls", modes);
    static const std::vector<std::string> charsets = {"utf8mb4", "utf8"};
    require_one_of(dsn, "charset", charsets);
    dsn.options.erase("charset");  // which every session has anyway
}

void settle_sqlite(Dsn& dsn) {
    require_known(dsn, sqlite_options());
    static const std::vector<std::string> modes = {"ro", "rw", "rwc", "memory"};
    require_one_of(dsn, "mode", modes);
    static const std::vector<std::string> switches = {"on", "off"};
    require_one_of(dsn, "foreign_keys", switches);
}

/// Names of the SQL Server drivers' URLs differ in case; the ones we need are fields.
void settle_sqlserver(Dsn& dsn) {
    for (const char* name : {"database", "Database"}) take(dsn, name, dsn.database);
    take(dsn, "user id", dsn.user);
    take(dsn, "password", dsn.password);
}

}  // namespace

bool is_postgres_keyword(std::string_view name) {
    for (const std::string_view field : {"host", "port", "user", "password", "dbname"}) {
        if (name == field) return true;
    }
    const auto& options = postgres_options();
    return std::find(options.begin(), options.end(), name) != options.end();
}

void settle_options(Dsn& dsn) {
    switch (dsn.dialect) {
        case Dialect::Postgres:
            settle_postgres(dsn);
            break;
        case Dialect::MySql:
            settle_mysql(dsn);
            break;
        case Dialect::Sqlite:
            settle_sqlite(dsn);
            break;
        case Dialect::SqlServer:
            settle_sqlserver(dsn);
            break;
    }
    require_seconds(dsn);
}

}  // namespace kdeps::sql
