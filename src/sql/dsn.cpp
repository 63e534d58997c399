#include "kdeps/sql/dsn.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>

#include "kdeps/base/text.hpp"

#include "dsn_parts.hpp"

namespace kdeps::sql {
namespace {

constexpr const char* kSupported =
    "supported: postgres://, mysql://, mariadb://, sqlite://, sqlserver://";

struct SchemeName {
    std::string_view name;
    Dialect dialect;
};
constexpr std::array<SchemeName, 8> kSchemes = {{{"postgres", Dialect::Postgres},
                                                 {"postgresql", Dialect::Postgres},
                                                 {"mysql", Dialect::MySql},
                                                 {"mariadb", Dialect::MySql},
                                                 {"sqlite", Dialect::Sqlite},
                                                 {"sqlite3", Dialect::Sqlite},
                                                 {"sqlserver", Dialect::SqlServer},
                                                 {"mssql", Dialect::SqlServer}}};

/// `postgresql+asyncpg` names a Python driver too: only what stands before the plus counts.
std::optional<Dialect> dialect_of(std::string_view scheme) {
    const std::string lower = to_lower(scheme.substr(0, scheme.find('+')));
    for (const SchemeName& known : kSchemes) {
        if (known.name == lower) return known.dialect;
    }
    return std::nullopt;
}

bool is_scheme(std::string_view text) {
    return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' ||
                      c == '.';
           });
}

[[noreturn]] void not_supported(std::string_view scheme) {
    const std::string lower = to_lower(scheme);
    if (lower.starts_with("oracle") || lower == "oci8") {
        throw Error(ErrorCode::NotSupported, "Oracle databases are not supported",
                    {.hint = kSupported});
    }
    if (lower == "jdbc") {
        throw Error(ErrorCode::NotSupported, "connection strings of JDBC are not supported",
                    {.hint = "leave out 'jdbc:' and put the login before the host: "
                             "postgres://user:password@host/db"});
    }
    throw Error(ErrorCode::NotSupported,
                "databases with the scheme '" + std::string(scheme) + "' are not supported",
                {.hint = kSupported});
}

bool has_sqlite_suffix(std::string_view text) {
    const std::string lower = to_lower(text);
    return lower.ends_with(".db") || lower.ends_with(".sqlite") || lower.ends_with(".sqlite3");
}

Dsn sqlite_file(std::string path, const std::string& base_directory) {
    Dsn dsn{.dialect = Dialect::Sqlite};
    if (path == ":memory:") {
        dsn.database = std::move(path);
        return dsn;
    }
    if (path.empty()) {
        invalid_dsn("the connection string names no SQLite file",
                    "write sqlite://./data.db or sqlite::memory:");
    }
    if (path.ends_with('/')) {
        invalid_dsn("the SQLite path '" + path + "' names a folder, not a file");
    }
    namespace fs = std::filesystem;
    dsn.database = (fs::absolute(base_directory.empty() ? "." : base_directory) / path)
                       .lexically_normal()
                       .string();
    return dsn;
}

/// Behind `sqlite:` or `file:`: two slashes are the URL's own, a third begins an absolute path.
Dsn parse_sqlite_url(std::string_view rest, const std::string& base_directory) {
    if (rest.starts_with("//")) rest.remove_prefix(2);
    const std::size_t question = std::min(rest.find('?'), rest.size());
    std::string path = percent_decoded(rest.substr(0, question), "path");
    Dsn options{.dialect = Dialect::Sqlite};
    if (question < rest.size()) options.options = parse_query(rest.substr(question + 1));
    settle_options(options);
    const auto mode = options.options.find("mode");
    if (mode != options.options.end() && mode->second == "memory") {
        path = ":memory:";
        options.options.erase(mode);
    }
    options.options.erase("cache");  // each connection has its own cache
    Dsn dsn = sqlite_file(std::move(path), base_directory);
    dsn.options = std::move(options.options);
    return dsn;
}

bool is_keyword_form(std::string_view text) {
    return is_postgres_keyword(to_lower(trim(text.substr(0, text.find('='))))) &&
           text.find('=') != std::string_view::npos;
}

bool is_go_form(std::string_view text) {
    for (const std::string_view mark : {"tcp(", "tcp6(", "unix("}) {
        const std::size_t at = text.find(mark);
        if (at == 0 || (at != std::string_view::npos && text[at - 1] == '@')) return true;
    }
    return false;
}

/// The rest behind `scheme:` of a text that has one.
Dsn parse_scheme(std::string_view scheme, std::string_view rest,
                 const std::string& base_directory) {
    const auto dialect = dialect_of(scheme);
    if (dialect == Dialect::Sqlite) return parse_sqlite_url(rest, base_directory);
    if (!dialect) not_supported(scheme);
    if (!rest.starts_with("//")) {
        const std::string name = to_lower(scheme);
        invalid_dsn("'" + name + ":' must be followed by '//'",
                    "write " + name + "://user:password@host/database");
    }
    return parse_network_url(*dialect, rest.substr(2));
}

std::string bracketed(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

void invalid_dsn(const std::string& message, std::string hint) {
    throw Error(ErrorCode::InvalidDsn, message, {.hint = std::move(hint)});
}

std::string_view dialect_name(Dialect dialect) {
    switch (dialect) {
        case Dialect::Postgres:
            return "PostgreSQL";
        case Dialect::MySql:
            return "MySQL";
        case Dialect::Sqlite:
            return "SQLite";
        case Dialect::SqlServer:
            return "SQL Server";
    }
    return "";
}

Dsn parse_dsn(std::string_view text, const std::string& base_directory) {
    text = trim(text);
    if (text.empty()) invalid_dsn("the connection string is empty");
    if (text.find('\0') != std::string_view::npos) {
        invalid_dsn("the connection string contains a NUL character");
    }
    if (text == ":memory:") return sqlite_file(std::string(text), base_directory);
    const std::size_t colon = text.find(':');
    const std::string_view scheme = text.substr(0, colon);
    const bool is_url = is_scheme(scheme) && text.substr(scheme.size()).starts_with("://");
    if (is_go_form(text) && (!is_url || dialect_of(scheme) == Dialect::MySql)) {
        return parse_go_form(is_url ? text.substr(colon + 3) : text);
    }
    if (colon != std::string_view::npos && is_scheme(scheme)) {
        const std::string_view rest = text.substr(colon + 1);
        if (equals_ignoring_case(scheme, "file")) {
            return parse_sqlite_url(rest.starts_with("//localhost/") ? rest.substr(11) : rest,
                                    base_directory);
        }
        if (is_url || dialect_of(scheme) || equals_ignoring_case(scheme, "jdbc") ||
            equals_ignoring_case(scheme, "oracle")) {
            return parse_scheme(scheme, rest, base_directory);
        }
    }
    if (is_keyword_form(text)) return parse_keyword_form(text);
    if (has_sqlite_suffix(text)) return sqlite_file(std::string(text), base_directory);
    // The text itself stays unsaid: it may hold a password.
    invalid_dsn("the connection string has no form that is known",
                "write postgres://user:password@host:5432/database, mysql://..., "
                "sqlite://./file.db, or the name of a connection under 'sqlConnections'");
}

std::string Dsn::display() const {
    if (dialect == Dialect::Sqlite) {
        return (database == ":memory:" ? "sqlite:" : "sqlite://") + database;
    }
    std::string out = dialect == Dialect::Postgres ? "postgres://"
                      : dialect == Dialect::MySql  ? "mysql://"
                                                   : "sqlserver://";
    if (!user.empty()) out += user + "@";
    const auto socket = options.find("socket");
    const bool is_path = host.starts_with('/');
    if (!is_path) out += bracketed(host);
    if (port != 0) out += ":" + std::to_string(port);
    if (!database.empty()) out += "/" + database;
    if (is_path) out += "?host=" + host;
    if (socket != options.end()) out += "?socket=" + socket->second;
    return out;
}

}  // namespace kdeps::sql
