#include "kdeps/base/http_text.hpp"

#include <algorithm>
#include <array>
#include <variant>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "kdeps/base/text.hpp"

namespace kdeps {

namespace {

/// By byte: looked up for every header of every request.
constexpr std::array<bool, 256> kIsTokenByte = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

/// A workflow that set these would break the connection.
constexpr std::array<std::string_view, 8> kServerHeaders = {
    "connection", "content-length", "date",    "keep-alive",
    "te",         "trailer",        "upgrade", "transfer-encoding"};

using Address = std::variant<std::monostate, in_addr, in6_addr>;

Address parse_address(std::string host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    in_addr v4{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return v4;
    in6_addr v6{};
    if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return v6;
    return {};
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return kIsTokenByte[static_cast<unsigned char>(c)];
    });
}

bool is_server_header(std::string_view name) {
    return std::any_of(kServerHeaders.begin(), kServerHeaders.end(),
                       [&](std::string_view known) { return equals_ignoring_case(known, name); });
}

bool is_listen_address(const std::string& host) {
    return equals_ignoring_case(host, "localhost") || parse_address(host).index() != 0;
}

bool is_loopback(const std::string& host) {
    if (equals_ignoring_case(host, "localhost")) return true;
    const Address address = parse_address(host);
    if (const auto* v6 = std::get_if<in6_addr>(&address)) return IN6_IS_ADDR_LOOPBACK(v6);
    const auto* v4 = std::get_if<in_addr>(&address);
    return v4 != nullptr && ntohl(v4->s_addr) >> 24 == 127;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) return std::nullopt;
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    if (invalid_utf8(decoded)) return std::nullopt;
    return decoded;
}

}  // namespace kdeps
