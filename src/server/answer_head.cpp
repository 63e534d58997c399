#include "answer_head.hpp"

#include <algorithm>
#include <ctime>

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

std::string head_fields(const Answer& answer, const Framing& framing) {
    std::string out;
    out.reserve(512);
    out += date_text();
    const auto add = [&out](std::string_view name, std::string_view value) {
        out.append("\r\n").append(name).append(": ").append(value);
    };
    for (const auto& [name, value] : answer.headers) add(name, value);
    if (framing.content_length) {
        add("Content-Length", fmt::format_int(*framing.content_length).str());
    }
    if (framing.is_chunked) add("Transfer-Encoding", "chunked");
    if (framing.closes) {
        add("Connection", "close");
    } else if (framing.minor_version == 0) {
        add("Connection", "keep-alive");
    }
    return out;
}

}  // namespace kdeps::server
