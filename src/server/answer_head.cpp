#include "answer_head.hpp"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

namespace kdeps::server {
namespace {

auto position_of(const Answer& answer, std::string_view name) {
    return std::find_if(answer.headers.begin(), answer.headers.end(), [&](const auto& header) {
        return equals_ignoring_case(header.first, name);
    });
}

/// RFC 9110 6.6.1; formatted once per second and thread.
const std::string& date_text() {
    thread_local std::time_t formatted = 0;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != formatted) {
        std::tm utc{};
        gmtime_r(&now, &utc);
        char buffer[32];
        text.assign(buffer,
                    std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &utc));
        formatted = now;
    }
    return text;
}

/// RFC 9110 section 15, of the statuses that an answer may have. Clients ignore it; people like it.
std::string_view reason_phrase(int status) {
    static const std::map<int, std::string_view> phrases{
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {203, "Non-Authoritative Information"},
        {204, "No Content"},
        {205, "Reset Content"},
        {206, "Partial Content"},
        {300, "Multiple Choices"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {424, "Failed Dependency"},
        {425, "Too Early"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    const auto found = phrases.find(status);
    return found == phrases.end() ? "" : found->second;
}

void append_fields(const Answer& answer, const Framing& framing, std::string& out) {
    out += date_text();
    const auto add = [&out](std::string_view name, std::string_view value) {
        out.append("\r\n").append(name).append(": ").append(value);
    };
    for (const auto& [name, value] : answer.headers) add(name, value);
    if (framing.content_length) {
        const fmt::format_int length(*framing.content_length);
        add("Content-Length", {length.data(), length.size()});
    }
    if (framing.is_chunked) add("Transfer-Encoding", "chunked");
    if (framing.closes) {
        add("Connection", "close");
    } else if (framing.minor_version == 0) {
        add("Connection", "keep-alive");
    }
}

}  // namespace

const std::string* find_header(const Answer& answer, std::string_view name) {
    const auto found = position_of(answer, name);
    return found == answer.headers.end() ? nullptr : &found->second;
}

void set_header(Answer& answer, std::string name, std::string value) {
    const auto found = position_of(answer, name);
    if (found == answer.headers.end()) {
        answer.headers.emplace_back(std::move(name), std::move(value));
    } else {
        answer.headers[static_cast<std::size_t>(found - answer.headers.begin())].second =
            std::move(value);
    }
}

void add_vary(Answer& answer, std::string_view name) {
    const std::string* const present = find_header(answer, "Vary");
    if (present == nullptr || present->empty()) {
        set_header(answer, "Vary", std::string(name));
    } else if (!has_token(*present, name) && !has_token(*present, "*")) {
        set_header(answer, "Vary", fmt::format("{}, {}", *present, name));
    }
}

void append_head(const Answer& answer, const Framing& framing, std::string& out) {
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nDate: ", answer.status,
                   reason_phrase(answer.status));
    append_fields(answer, framing, out);
    out += "\r\n\r\n";
}

std::string head_fields(const Answer& answer, const Framing& framing) {
    std::string out;
    append_fields(answer, framing, out);
    return out;
}

}  // namespace kdeps::server
