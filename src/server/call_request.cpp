#include <algorithm>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/server/call.hpp"

namespace kdeps::server {
namespace {

bool has_header(const std::vector<std::string>& headers, std::string_view name) {
    return std::ranges::any_of(headers, [name](const std::string& header) {
        return equals_ignoring_case(trim(header.substr(0, header.find(':'))), name);
    });
}

/// A path as people write it: what no request line can hold is percent-encoded.
std::string encoded_target(const std::string& text) {
    std::string target;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > ' ' && byte < 0x7F) {
            target += c;
        } else {
            target += fmt::format("%{:02X}", byte);
        }
    }
    return target;
}

}  // namespace

std::string request_text(const CallRequest& request) {
    std::string text =
        fmt::format("{} {} HTTP/1.1\r\n", request.method, encoded_target(request.target));
    const auto add_default = [&](std::string_view name, std::string_view value) {
        if (!has_header(request.headers, name)) text += fmt::format("{}: {}\r\n", name, value);
    };
    add_default("Host", "localhost");
    for (const std::string& header : request.headers) text += header + "\r\n";
    add_default("Connection", "close");
    if (!request.body) return text + "\r\n";
    add_default("Content-Type", "application/json");
    if (!has_header(request.headers, "Transfer-Encoding")) {
        add_default("Content-Length", std::to_string(request.body->size()));
    }
    return text + "\r\n" + *request.body;
}

}  // namespace kdeps::server
