#include "router.hpp"

#include <algorithm>

#include "kdeps/base/error.hpp"

namespace kdeps::server {
namespace {

bool has_method(const workflow::Route& route, std::string_view method) {
    const auto& methods = route.methods;
    return std::find(methods.begin(), methods.end(), method) != methods.end();
}

void add_methods(std::vector<std::string>& allow, const workflow::Route& route) {
    const auto add = [&](const std::string& method) {
        if (std::find(allow.begin(), allow.end(), method) == allow.end()) allow.push_back(method);
    };
    for (const std::string& method : route.methods) {
        add(method);
        if (method == "GET") add("HEAD");
    }
    add("OPTIONS");
}

}  // namespace

Router::Router(const std::vector<workflow::Route>& routes) {
    for (const workflow::Route& route : routes) {
        entries_.push_back({&route, workflow::PathPattern(route.path)});
        if (entries_.back().pattern.is_exact()) exact_[route.path].push_back(&route);
    }
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.pattern.is_before(b.pattern); });
}

RouteMatch Router::match(std::string_view method, std::string_view path) const {
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    if (const auto found = exact_.find(path); found != exact_.end()) {
        for (const workflow::Route* const route : found->second) {
            if (has_method(*route, wanted)) return {.route = route, .parameters = {}, .allow = {}};
        }
    }
    RouteMatch result;
    if (!path.starts_with('/')) return result;
    const auto segments = workflow::path_segments(path);
    if (!segments) {
        throw Error(ErrorCode::BadRequest, "the path is not valid percent-encoded UTF-8");
    }
    for (const Entry& entry : entries_) {
        if (!entry.pattern.fits(*segments)) continue;
        if (has_method(*entry.route, wanted)) {
            return {.route = entry.route,
                    .parameters = entry.pattern.parameters(*segments),
                    .allow = {}};
        }
        add_methods(result.allow, *entry.route);
    }
    return result;
}

}  // namespace kdeps::server
