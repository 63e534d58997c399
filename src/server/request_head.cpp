#include "request_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "kdeps/base/http_text.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps::server {
namespace {

using CharSet = std::array<bool, 256>;

constexpr CharSet char_set(std::string_view extra, bool alphanumeric) {
    CharSet set{};
    for (const char c : extra) set[static_cast<unsigned char>(c)] = true;
    if (!alphanumeric) return set;
    for (unsigned char c = '0'; c <= '9'; ++c) set[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) set[c] = set[c - 32u] = true;
    return set;
}

constexpr CharSet range_set(unsigned char first, unsigned char last) {
    CharSet set{};
    for (unsigned c = first; c <= last; ++c) set[c] = true;
    return set;
}

constexpr CharSet field_value_set() {
    CharSet set = range_set(0x20, 0xFF);
    set[0x7F] = false;
    set['\t'] = true;
    return set;
}

constexpr CharSet target_set() {
    CharSet set = range_set(0x21, 0x7E);
    set['#'] = false;
    return set;
}

constexpr CharSet kFieldValue = field_value_set();
constexpr CharSet kTarget = target_set();
constexpr CharSet kHost = char_set("-._~%:[]", true);

bool consists_of(std::string_view text, const CharSet& set) {
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

Refusal bad_request(std::string message) {
    return {.status = 400, .code = "BAD_REQUEST", .message = std::move(message)};
}

/// Cuts the line up to CRLF off `rest`. REQUIRES: there is one.
std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

/// `name` is lower case. Cheaper than a general comparison: the length decides nearly always.
bool is_named(const HeaderField& field, std::string_view name) {
    return field.name.size() == name.size() && equals_ignoring_case(field.name, name);
}

}  // namespace

bool is_field_value(std::string_view text) {
    return consists_of(text, kFieldValue);
}

bool has_token(std::string_view value, std::string_view token) {
    while (!value.empty()) {
        const std::size_t comma = value.find(',');
        if (equals_ignoring_case(trim(value.substr(0, comma)), token)) return true;
        if (comma == std::string_view::npos) break;
        value.remove_prefix(comma + 1);
    }
    return false;
}

HeadScanner::Status HeadScanner::scan(std::string_view buffer) {
    for (;;) {
        const std::size_t newline = buffer.find('\n', seen_);
        const std::size_t line_end = std::min(newline, buffer.size());
        if (lines_ == 0 && line_end > limits_.request_line_bytes) {
            return refuse(414, "URI_TOO_LONG",
                          fmt::format("the request line is longer than {} bytes",
                                      limits_.request_line_bytes));
        }
        if (lines_ > 0 && line_end - request_line_end_ > limits_.header_bytes) {
            return refuse(
                431, "HEADERS_TOO_LARGE",
                fmt::format("the header fields take more than {} bytes", limits_.header_bytes));
        }
        seen_ = line_end;
        if (newline == std::string_view::npos) return Status::NeedMore;
        if (newline == 0 || buffer[newline - 1] != '\r') {
            return refuse(400, "BAD_REQUEST", "a line ends without a carriage return");
        }
        const bool is_empty = newline == line_begin_ + 1;
        line_begin_ = seen_ = newline + 1;
        if (lines_ == 0) request_line_end_ = line_begin_;
        if (is_empty) return Status::Complete;
        if (++lines_ > limits_.header_fields + 1) {
            return refuse(431, "HEADERS_TOO_LARGE",
                          fmt::format("more than {} header fields", limits_.header_fields));
        }
    }
}

HeadScanner::Status HeadScanner::refuse(int status, std::string_view code, std::string message) {
    refusal_ = Refusal{.status = status, .code = code, .message = std::move(message)};
    return Status::Refused;
}

void HeadScanner::reset() {
    line_begin_ = seen_ = lines_ = request_line_end_ = 0;
    refusal_.reset();
}

std::optional<std::string_view> RequestHead::find(std::string_view name) const {
    for (const HeaderField& field : fields) {
        if (is_named(field, name)) return field.value;
    }
    return std::nullopt;
}

void RequestHead::clear() {
    method = path = query = host = {};
    fields.clear();
    minor_version = 1;
    keep_alive = expects_continue = expects_unknown = is_chunked = has_absolute_target_ = false;
    content_length.reset();
}

std::optional<Refusal> RequestHead::parse(std::string_view head) {
    clear();
    text_.assign(head);
    std::string_view rest = text_;
    if (auto refusal = parse_request_line(take_line(rest))) return refusal;
    for (auto line = take_line(rest); !line.empty(); line = take_line(rest)) {
        if (auto refusal = parse_field(line)) return refusal;
    }
    if (auto refusal = check_host()) return refusal;
    if (auto refusal = check_framing()) return refusal;
    read_connection();
    return std::nullopt;
}

std::optional<Refusal> RequestHead::parse_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return bad_request("the request line is not 'METHOD target HTTP/1.1'");
    }
    const std::string_view version = line.substr(last + 1);
    const std::string_view word = line.substr(0, first);
    if (!is_token(word) || word.size() > 32) return bad_request("the method is not a token");
    method = word;
    if (auto refusal = parse_target(line.substr(first + 1, last - first - 1))) return refusal;
    if (version == "HTTP/1.1") {
        minor_version = 1;
    } else if (version == "HTTP/1.0") {
        minor_version = 0;
    } else if (version.starts_with("HTTP/") && version.size() <= 8) {
        return Refusal{505, "HTTP_VERSION_NOT_SUPPORTED", "only HTTP/1.0 and HTTP/1.1 are spoken"};
    } else {
        return bad_request("the request line is not 'METHOD target HTTP/1.1'");
    }
    return std::nullopt;
}

std::optional<Refusal> RequestHead::parse_target(std::string_view target) {
    if (!consists_of(target, kTarget)) {
        return bad_request("the request target holds a character that must be percent-encoded");
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
        target.remove_prefix(scheme.size());
        const std::size_t end = std::min(target.find_first_of("/?"), target.size());
        host = target.substr(0, end);
        has_absolute_target_ = true;
        if (host.empty() || !consists_of(host, kHost)) {
            return bad_request("the request target names no valid host");
        }
        target.remove_prefix(end);
        break;
    }
    const std::size_t mark = target.find('?');
    path = target.substr(0, mark);
    if (mark != std::string_view::npos) query = target.substr(mark + 1);
    if (path.empty() && has_absolute_target_) path = "/";
    const bool is_star = path == "*" && method == "OPTIONS" && mark == std::string_view::npos;
    if (!path.starts_with('/') && !is_star) {
        return bad_request("the request target does not begin with '/'");
    }
    return std::nullopt;
}

std::optional<Refusal> RequestHead::parse_field(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') {
        return bad_request("a header field is continued on a second line");
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return bad_request("a header line has no colon");
    const HeaderField field{line.substr(0, colon), trim(line.substr(colon + 1))};
    if (!is_token(field.name)) return bad_request("a header field's name is not a token");
    if (!is_field_value(line.substr(colon + 1))) {
        return bad_request(fmt::format("header '{}' holds a control character", field.name));
    }
    fields.push_back(field);
    return std::nullopt;
}

std::optional<Refusal> RequestHead::check_host() {
    std::size_t count = 0;
    for (const HeaderField& field : fields) {
        if (!is_named(field, "host")) continue;
        if (++count > 1) return bad_request("there is more than one Host header");
        if (!consists_of(field.value, kHost)) return bad_request("the Host header is not valid");
        // RFC 9112 3.2.2: the host of an absolute target replaces the field.
        if (!has_absolute_target_) host = field.value;
    }
    if (count == 0 && minor_version == 1) return bad_request("the Host header is missing");
    return std::nullopt;
}

std::optional<Refusal> RequestHead::check_framing() {
    bool has_encoding = false;
    for (const HeaderField& field : fields) {
        if (is_named(field, "content-length")) {
            if (content_length) return bad_request("there is more than one Content-Length header");
            std::uint64_t length = 0;
            const char* const end = field.value.data() + field.value.size();
            const auto [stop, error] = std::from_chars(field.value.data(), end, length);
            if (field.value.empty() || error != std::errc() || stop != end) {
                return bad_request("Content-Length is not a number");
            }
            content_length = length;
        } else if (is_named(field, "transfer-encoding")) {
            if (has_encoding) return bad_request("there is more than one Transfer-Encoding header");
            has_encoding = true;
            is_chunked = equals_ignoring_case(field.value, "chunked");
        }
    }
    if (!has_encoding) return std::nullopt;
    if (content_length)
        return bad_request("Content-Length and Transfer-Encoding exclude each other");
    if (minor_version == 0) return bad_request("HTTP/1.0 knows no Transfer-Encoding");
    if (!is_chunked) return Refusal{501, "NOT_IMPLEMENTED", "Transfer-Encoding is not 'chunked'"};
    return std::nullopt;
}

/// Every field counts, wherever it stands: clients send them in any order.
void RequestHead::read_connection() {
    bool asks_to_close = false;
    bool asks_to_keep = false;
    for (const HeaderField& field : fields) {
        if (is_named(field, "connection")) {
            asks_to_close |= has_token(field.value, "close");
            asks_to_keep |= has_token(field.value, "keep-alive");
        } else if (is_named(field, "expect")) {
            const bool is_known = equals_ignoring_case(field.value, "100-continue");
            (is_known ? expects_continue : expects_unknown) = true;
        }
    }
    keep_alive = !asks_to_close && (minor_version == 1 || asks_to_keep);
}

}  // namespace kdeps::server
