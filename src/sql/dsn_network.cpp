#include <algorithm>
#include <cctype>
#include <optional>

#include "kdeps/base/text.hpp"

#include "dsn_parts.hpp"

namespace kdeps::sql {
namespace {

constexpr const char* kEncodeHint =
    "percent-encode special characters in the user name and password: @ is %40, : is %3A, / is "
    "%2F, ? is %3F, # is %23, % is %25";

void set_user_info(Dsn& dsn, std::string_view info) {
    const std::size_t colon = info.find(':');
    dsn.user = percent_decoded(info.substr(0, colon), "user name");
    if (colon != std::string_view::npos) {
        dsn.password = percent_decoded(info.substr(colon + 1), "password");
    }
}

void set_host_and_port(Dsn& dsn, std::string_view text) {
    if (text.find(',') != std::string_view::npos) {
        invalid_dsn("the connection string names several hosts",
                    "name one host, or a proxy in front of the servers");
    }
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos)
            invalid_dsn("the '[' of an IPv6 address is not closed");
        dsn.host = text.substr(1, close - 1);
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && rest[0] != ':') invalid_dsn("only ':port' may follow an IPv6 address");
        port = rest.empty() ? rest : rest.substr(1);
    } else {
        const std::size_t colon = text.find(':');
        if (colon != std::string_view::npos &&
            text.find(':', colon + 1) != std::string_view::npos) {
            invalid_dsn("the host has more than one ':'",
                        "write an IPv6 address in brackets: [::1]:5432");
        }
        dsn.host = percent_decoded(text.substr(0, colon), "host");
        if (colon != std::string_view::npos) port = text.substr(colon + 1);
    }
    if (!port.empty()) dsn.port = parse_port(port);
}

/// Reads `value` or `'va\'lue'` at `pos`, moving it.
std::string read_keyword_value(std::string_view text, std::size_t& pos) {
    std::string value;
    const bool quoted = pos < text.size() && text[pos] == '\'';
    if (quoted) ++pos;
    while (pos < text.size()) {
        const char c = text[pos];
        if (quoted ? c == '\'' : std::isspace(static_cast<unsigned char>(c)) != 0) break;
        if (c == '\\' && pos + 1 < text.size()) ++pos;
        value += text[pos++];
    }
    if (quoted) {
        if (pos == text.size())
            invalid_dsn("a quoted value in the connection string is not closed");
        ++pos;
    }
    return value;
}

std::size_t skip_space(std::string_view text, std::size_t pos) {
    return std::min(text.find_first_not_of(" \t\r\n", pos), text.size());
}

/// `tcp(host:port)`, `unix(/path)`, `tcp`, or nothing.
void set_go_address(Dsn& dsn, std::string_view address) {
    const std::size_t open = address.find('(');
    const std::string_view network = address.substr(0, open);
    std::string_view inner;
    if (open != std::string_view::npos) {
        if (address.back() != ')') invalid_dsn("the '(' of the address is not closed");
        inner = address.substr(open + 1, address.size() - open - 2);
    }
    if (network == "unix") {
        dsn.options["socket"] = std::string(inner);
    } else if (network == "tcp" || network == "tcp6" || network.empty()) {
        set_host_and_port(dsn, inner);
    } else {
        invalid_dsn("the address of the connection string is neither tcp(...) nor unix(...)");
    }
}

}  // namespace

std::string percent_decoded(std::string_view text, std::string_view what) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        const int byte = high >= 0 && low >= 0 ? high * 16 + low : 0;
        if (byte == 0) {
            invalid_dsn(
                "the " + std::string(what) + " contains a '%' without two hexadecimal digits",
                "write %25 for a percent sign");
        }
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

int parse_port(std::string_view text) {
    const auto port = parse_int64(text);
    if (!port || *port < 1 || *port > 65535 || text[0] == '+') {
        invalid_dsn("the port must be a number from 1 to 65535",
                    "if the password contains ':', '/' or '?', percent-encode it");
    }
    return static_cast<int>(*port);
}

std::map<std::string, std::string> parse_query(std::string_view text) {
    std::map<std::string, std::string> options;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        if (part.empty()) continue;
        const std::size_t equals = part.find('=');
        std::string name = percent_decoded(part.substr(0, equals), "name of an option");
        if (equals == std::string_view::npos) invalid_dsn("option '" + name + "' has no value");
        std::string value = percent_decoded(part.substr(equals + 1), "option '" + name + "'");
        if (!options.emplace(name, std::move(value)).second) {
            invalid_dsn("option '" + name + "' is given twice");
        }
    }
    return options;
}

Dsn parse_network_url(const Dialect& dialect, std::string_view rest) {
    Dsn dsn{.dialect = &dialect};
    const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    // With more than one '@', or one behind the host, the password was cut in two: going on would
    // show a part of it as the name of a host, a database or an option.
    if (authority.find('@') != authority.rfind('@') ||
        rest.find('@', authority_end) != std::string_view::npos) {
        invalid_dsn("the user name or password contains an unescaped '@', '/' or '?'", kEncodeHint);
    }
    const std::size_t at = authority.rfind('@');
    if (at != std::string_view::npos) set_user_info(dsn, authority.substr(0, at));
    set_host_and_port(dsn, at == std::string_view::npos ? authority : authority.substr(at + 1));
    const std::size_t question = std::min(rest.find('?', authority_end), rest.size());
    if (question > authority_end) {
        dsn.database = percent_decoded(rest.substr(authority_end + 1, question - authority_end - 1),
                                       "database name");
    }
    if (question < rest.size()) dsn.options = parse_query(rest.substr(question + 1));
    settle_options(dsn);
    return dsn;
}

Dsn parse_keyword_form(const Dialect& dialect, std::string_view text) {
    Dsn dsn{.dialect = &dialect};
    for (std::size_t pos = skip_space(text, 0); pos < text.size(); pos = skip_space(text, pos)) {
        const std::size_t name_end = text.find_first_of("= \t\r\n", pos);
        const std::size_t equals = skip_space(text, std::min(name_end, text.size()));
        if (equals == text.size() || text[equals] != '=') {
            invalid_dsn("a part of the connection string is no 'keyword=value'",
                        "put a value that contains spaces into single quotes");
        }
        std::string name = to_lower(text.substr(pos, name_end - pos));
        pos = skip_space(text, equals + 1);
        const bool is_quoted = pos < text.size() && text[pos] == '\'';
        std::string value = read_keyword_value(text, pos);
        // `Host=h;Password=p` of other drivers would be a host, which messages show.
        if (!is_quoted && !name.ends_with("password") && value.find(';') != std::string::npos) {
            invalid_dsn("a value of the connection string contains ';'",
                        "separate the parts by spaces, or put the value into single quotes");
        }
        if (!dsn.options.emplace(name, std::move(value)).second) {
            invalid_dsn("option '" + name + "' is given twice");
        }
    }
    settle_options(dsn);
    return dsn;
}

Dsn parse_go_form(const Dialect& dialect, std::string_view text) {
    // As the Go driver reads it: the last '/' before the options, then the last '@' before that.
    Dsn dsn{.dialect = &dialect};
    const std::size_t address_end = text.rfind(")/");
    const std::size_t slash =
        address_end != std::string_view::npos ? address_end + 1 : text.rfind('/');
    const std::string_view left = text.substr(0, slash);
    const std::string_view right =
        slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
    const std::size_t at = left.rfind('@');
    if (at != std::string_view::npos) {
        const std::string_view info = left.substr(0, at);
        const std::size_t colon = info.find(':');
        dsn.user = info.substr(0, colon);
        if (colon != std::string_view::npos) dsn.password = info.substr(colon + 1);
    }
    set_go_address(dsn, at == std::string_view::npos ? left : left.substr(at + 1));
    const std::size_t question = right.find('?');
    dsn.database = percent_decoded(right.substr(0, question), "database name");
    if (question != std::string_view::npos) {
        for (auto& [name, value] : parse_query(right.substr(question + 1))) {
            dsn.options.insert_or_assign(name, value);
        }
    }
    settle_options(dsn);
    return dsn;
}

}  // namespace kdeps::sql
