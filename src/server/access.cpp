#include "access.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

#include "listener.hpp"

namespace kdeps::server {
namespace {

bool equals_in_constant_time(std::string_view given, std::string_view secret) {
    volatile unsigned difference = given.size() == secret.size() ? 0u : 1u;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char expected = secret[i % secret.size()];
        difference = difference | static_cast<unsigned>(given[i] ^ expected);
    }
    return difference == 0;
}

/// `[::1]:80` is `[::1]`, `a:80` is `a`.
std::string_view without_port(std::string_view host) {
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon == std::string_view::npos) return host;
    if (bracket != std::string_view::npos && colon < bracket) return host;
    return host.substr(0, colon);
}

}  // namespace

bool is_authorised(const RequestHead& head, std::string_view token) {
    constexpr std::string_view kScheme = "bearer ";
    bool matches = false;
    for (const HeaderField& field : head.fields) {
        if (equals_ignoring_case(field.name, "x-api-key")) {
            matches |= equals_in_constant_time(field.value, token);
        } else if (equals_ignoring_case(field.name, "authorization") &&
                   equals_ignoring_case(field.value.substr(0, kScheme.size()), kScheme)) {
            matches |= equals_in_constant_time(trim(field.value.substr(kScheme.size())), token);
        }
    }
    return matches;
}

HostPolicy::HostPolicy(const workflow::ApiServerSettings& api) {
    const bool is_local = is_local_host(api.host);
    checks_ = is_local || !api.allowed_hosts.empty();
    for (const std::string& name : api.allowed_hosts) names_.push_back(to_lower(name));
    for (const char* const name : {"localhost", "127.0.0.1", "[::1]"}) names_.emplace_back(name);
    const bool needs_brackets = api.host.find(':') != std::string::npos && api.host.front() != '[';
    names_.push_back(to_lower(needs_brackets ? "[" + api.host + "]" : api.host));
}

bool HostPolicy::allows(const RequestHead& head) const {
    if (!checks_) return true;
    // Only HTTP/1.0 may leave the field out, and no browser speaks it.
    if (head.host.empty()) return head.minor_version == 0 && !head.find("host");
    const auto is_host = [&](std::string_view host) {
        return std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
            return equals_ignoring_case(host, name);
        });
    };
    return is_host(head.host) || is_host(without_port(head.host));
}

}  // namespace kdeps::server
