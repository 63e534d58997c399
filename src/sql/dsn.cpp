#include "kdeps/sql/dsn.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <span>

#include "kdeps/base/text.hpp"

#include "dsn_parts.hpp"

namespace kdeps::sql {
namespace {

bool contains(std::span<const std::string_view> words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

/// The first row that fits; null when none does.
template <class Predicate>
const Dialect* dialect_where(Predicate fits) {
    const auto row =
        std::ranges::find_if(dialects(), [&](const auto* d) { return std::invoke(fits, *d); });
    return row == dialects().end() ? nullptr : *row;
}

/// `postgresql+asyncpg` names a Python driver too: only what stands before the plus counts.
const Dialect* dialect_of(std::string_view scheme) {
    const std::string lower = to_lower(scheme.substr(0, scheme.find('+')));
    return dialect_where([&](const Dialect& dialect) {
        return contains(dialect.schemes, lower) || contains(dialect.other_schemes, lower);
    });
}

std::string supported_schemes() {
    std::string out = "supported:";
    for (const Dialect* const dialect : dialects()) {
        for (const std::string_view scheme : dialect->schemes) {
            out += (out.back() == ':' ? " " : ", ") + std::string(scheme) + "://";
        }
    }
    return out;
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
                    {.hint = supported_schemes()});
    }
    if (lower == "jdbc") {
        throw Error(ErrorCode::NotSupported, "connection strings of JDBC are not supported",
                    {.hint = "leave out 'jdbc:' and put the login before the host: "
                             "postgres://user:password@host/db"});
    }
    throw Error(ErrorCode::NotSupported,
                "databases with the scheme '" + std::string(scheme) + "' are not supported",
                {.hint = supported_schemes()});
}

Dsn file_dsn(const Dialect& dialect, std::string path, const std::string& base_directory) {
    Dsn dsn{.dialect = &dialect};
    const std::string kind(dialect.name);
    if (path == ":memory:") {
        dsn.database = std::move(path);
        return dsn;
    }
    if (path.empty()) {
        const std::string scheme(dialect.schemes.front());
        invalid_dsn("the connection string names no " + kind + " file",
                    "write " + scheme + "://./data.db or " + scheme + "::memory:");
    }
    if (path.ends_with('/')) {
        invalid_dsn("the " + kind + " path '" + path + "' names a folder, not a file");
    }
    namespace fs = std::filesystem;
    dsn.database = (fs::absolute(base_directory.empty() ? "." : base_directory) / path)
                       .lexically_normal()
                       .string();
    return dsn;
}

/// Behind the scheme: two slashes are the URL's own, a third begins an absolute path.
Dsn parse_file_url(const Dialect& dialect, std::string_view rest,
                   const std::string& base_directory) {
    if (rest.starts_with("//")) rest.remove_prefix(2);
    const std::size_t question = std::min(rest.find('?'), rest.size());
    std::string path = percent_decoded(rest.substr(0, question), "path");
    Dsn options{.dialect = &dialect};
    if (question < rest.size()) options.options = parse_query(rest.substr(question + 1));
    settle_options(options);
    const auto mode = options.options.find("mode");
    if (mode != options.options.end() && mode->second == "memory") {
        path = ":memory:";
        options.options.erase(mode);
    }
    Dsn dsn = file_dsn(dialect, std::move(path), base_directory);
    dsn.options = std::move(options.options);
    return dsn;
}

/// The dialect whose `keyword=value` form this is.
const Dialect* keyword_dialect(std::string_view text) {
    if (text.find('=') == std::string_view::npos) return nullptr;
    const std::string name = to_lower(trim(text.substr(0, text.find('='))));
    return dialect_where([&](const Dialect& dialect) {
        return dialect.keyword_form &&
               std::ranges::find(dialect.options, name, &DsnOption::name) != dialect.options.end();
    });
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
    const Dialect* const dialect = dialect_of(scheme);
    if (dialect == nullptr) not_supported(scheme);
    if (dialect->is_file()) return parse_file_url(*dialect, rest, base_directory);
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

Dsn parse_dsn(std::string_view text, const std::string& base_directory) {
    text = trim(text);
    if (text.empty()) invalid_dsn("the connection string is empty");
    if (text.find('\0') != std::string_view::npos) {
        invalid_dsn("the connection string contains a NUL character");
    }
    if (text == ":memory:") {
        return file_dsn(*dialect_where(&Dialect::is_file), std::string(text), base_directory);
    }
    const std::size_t colon = text.find(':');
    const std::string_view scheme = text.substr(0, colon);
    const bool is_url = is_scheme(scheme) && text.substr(scheme.size()).starts_with("://");
    const Dialect* const named =
        is_url ? dialect_of(scheme) : dialect_where([](const auto& d) { return d.go_form; });
    if (named != nullptr && named->go_form && is_go_form(text)) {
        return parse_go_form(*named, is_url ? text.substr(colon + 3) : text);
    }
    if (colon != std::string_view::npos && is_scheme(scheme)) {
        std::string_view rest = text.substr(colon + 1);
        if (equals_ignoring_case(scheme, "file") && rest.starts_with("//localhost/")) {
            rest.remove_prefix(11);
        }
        if (is_url || dialect_of(scheme) != nullptr || equals_ignoring_case(scheme, "jdbc") ||
            equals_ignoring_case(scheme, "oracle")) {
            return parse_scheme(scheme, rest, base_directory);
        }
    }
    if (const Dialect* dialect = keyword_dialect(text)) return parse_keyword_form(*dialect, text);
    const Dialect* const file = dialect_where([lower = to_lower(text)](const Dialect& dialect) {
        return std::ranges::any_of(dialect.file_suffixes,
                                   [&](auto suffix) { return lower.ends_with(suffix); });
    });
    if (file != nullptr) return file_dsn(*file, std::string(text), base_directory);
    // The text itself stays unsaid: it may hold a password.
    invalid_dsn("the connection string has no form that is known",
                "write postgres://user:password@host:5432/database, mysql://..., "
                "sqlite://./file.db, or the name of a connection under 'sqlConnections'");
}

std::string Dsn::display() const {
    std::string out(dialect->schemes.front());
    if (dialect->is_file()) return out + (database == ":memory:" ? ":" : "://") + database;
    out += "://";
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
