#include "server_rules.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/base/http_text.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/workflow/path_pattern.hpp"

namespace kdeps::workflow {
namespace {

constexpr std::array<std::string_view, 5> kMethods = {"GET", "POST", "PUT", "DELETE", "PATCH"};

bool is_method(const Node& node) {
    return std::ranges::find(kMethods, to_upper(node.text)) != kMethods.end();
}

/// Calls `visit` with each value of a text or list of texts; others are reported by the schema.
template <class Visit>
void for_each_text(const Node& node, const Visit& visit) {
    const auto visit_text = [&visit](const Node& entry) {
        if (entry.is_scalar() && !entry.is_null()) visit(entry);
    };
    if (!node.is_list()) return visit_text(node);
    for (const Node& entry : node.items) visit_text(entry);
}

struct RuleFlaw {
    std::string message;
    std::string hint;
};

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const std::size_t end = std::min(path.find('/'), path.size());
        segments.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return segments;
}

/// `/a/:id` for `/a/{id}`.
std::string with_colons(const std::string& path) {
    std::string out;
    for (const std::string_view segment : segments_of(path)) {
        const bool is_braced = segment.starts_with('{') && segment.ends_with('}');
        out += is_braced ? fmt::format("/:{}", segment.substr(1, segment.size() - 2))
                         : fmt::format("/{}", segment);
    }
    return out;
}

/// What is wrong with the `:name` segments of a path.
std::optional<RuleFlaw> flaw_of_parameters(const std::string& path) {
    std::set<std::string_view> names;
    for (const std::string_view segment : segments_of(path)) {
        if (!segment.starts_with(':')) continue;
        if (segment.size() == 1) {
            return RuleFlaw{fmt::format("a parameter of route path '{}' has no name", path),
                            "write for example :id"};
        }
        if (!names.insert(segment).second) {
            return RuleFlaw{
                fmt::format("parameter '{}' stands twice in route path '{}'", segment, path),
                "give each its own name"};
        }
    }
    return std::nullopt;
}

std::optional<RuleFlaw> flaw_of_path(const std::string& path) {
    if (path.empty()) return std::nullopt;  // reported by the schema
    if (!path.starts_with('/')) {
        return RuleFlaw{fmt::format("route path '{}' does not begin with '/'", path),
                        fmt::format("write: /{}", path)};
    }
    const std::size_t mark = path.find_first_of("?#");
    if (mark != std::string::npos) {
        return RuleFlaw{
            fmt::format("route path '{}' holds a '{}'", path, path[mark]),
            fmt::format("write: {}; what follows is no part of a path", path.substr(0, mark))};
    }
    if (path.find_first_of("{}") != std::string::npos) {
        return RuleFlaw{fmt::format("route path '{}' holds braces", path),
                        fmt::format("write: {}", with_colons(path))};
    }
    return flaw_of_parameters(path);
}

/// Equal for paths that the same requests fit: the names of parameters do not matter.
std::string pattern_of(const std::string& path) {
    std::string pattern;
    for (const std::string_view segment : segments_of(path)) {
        pattern += '/';
        pattern += segment.starts_with(':') ? ":" : segment;
    }
    return pattern;
}

void report_same(const Route& route, const Route& first, const std::string& method,
                 Diagnostics& diagnostics) {
    const std::string message =
        route.path == first.path ? fmt::format("route '{} {}' is written twice", method, route.path)
                                 : fmt::format("route '{} {}' takes the same requests as '{}'",
                                               method, route.path, first.path);
    diagnostics.error(ErrorCode::InvalidValue, message, route.span,
                      fmt::format("remove one of them; the first is at {}:{}:{}", first.span.file,
                                  first.span.line, first.span.column));
}

std::set<std::string> methods_of(const std::vector<const Route*>& routes) {
    std::set<std::string> methods;
    for (const Route* route : routes) methods.insert(route->methods.begin(), route->methods.end());
    return methods;
}

}  // namespace

void check_routes(const std::vector<Route>& routes, Diagnostics& diagnostics) {
    std::map<std::pair<std::string, std::string>, const Route*> known;  // by pattern and method
    for (const Route& route : routes) {
        if (const auto flaw = flaw_of_path(route.path)) {
            diagnostics.error(ErrorCode::InvalidValue, flaw->message, route.span, flaw->hint);
            continue;
        }
        if (route.path.empty()) continue;
        for (const std::string& method : route.methods) {
            const auto [first, is_new] =
                known.emplace(std::pair(pattern_of(route.path), method), &route);
            if (is_new) continue;
            report_same(route, *first->second, method, diagnostics);
            break;  // one of its methods says enough
        }
    }
}

void check_methods(const Node& methods, Diagnostics& diagnostics) {
    for_each_text(methods, [&diagnostics](const Node& entry) {
        if (is_method(entry)) return;
        diagnostics.error(ErrorCode::InvalidValue,
                          fmt::format("HTTP method '{}' cannot be served", entry.text), entry.span,
                          fmt::format("use one of {}", fmt::join(kMethods, ", ")));
    });
}

void warn_of_unserved_methods(const Node& filter, const ServedRoutes& routes,
                              Diagnostics& diagnostics) {
    const std::set<std::string> served = methods_of(routes.own);
    const std::set<std::string> elsewhere = methods_of(routes.others);
    if (served.empty()) return;
    for_each_text(filter, [&](const Node& entry) {
        const std::string method = to_upper(entry.text);
        if (!is_method(entry) || served.contains(method)) return;
        const bool is_elsewhere = elsewhere.contains(method);
        diagnostics.warning(
            ErrorCode::InvalidValue,
            is_elsewhere ? fmt::format("no route that runs '{}' serves method '{}'",
                                       routes.action_id, entry.text)
                         : fmt::format("no route serves method '{}'", entry.text),
            entry.span,
            fmt::format("{} routes serve {}; add the method to a route",
                        routes.others.empty() ? "the" : "its", fmt::join(served, ", ")));
    });
}

void check_route_filter(const Node& filter, const ServedRoutes& routes, Diagnostics& diagnostics) {
    const auto check = [&](const Node& entry) {
        if (!entry.is_scalar() || entry.text.empty()) return;  // reported by the schema
        if (const auto flaw = flaw_of_path(entry.text)) {
            diagnostics.error(ErrorCode::InvalidValue, flaw->message, entry.span, flaw->hint);
            return;
        }
        const PathPattern pattern(entry.text);
        const auto fits = [&](const Route* route) {
            return pattern.overlaps(PathPattern(route->path));
        };
        if (std::ranges::any_of(routes.own, fits)) return;
        std::vector<std::string> paths;
        for (const Route* route : routes.own) paths.push_back(route->path);
        diagnostics.error(
            ErrorCode::InvalidValue,
            std::ranges::any_of(routes.others, fits)
                ? fmt::format("'{}' fits no route that runs '{}'", entry.text, routes.action_id)
                : fmt::format("'{}' fits no route of the server", entry.text),
            entry.span, did_you_mean(entry.text, paths));
    };
    if (!filter.is_list()) return check(filter);
    for (const Node& entry : filter.items) check(entry);
}

std::optional<Error> exposure_error(const ApiServerSettings& server) {
    if (is_loopback(server.host) || !server.auth_token.empty()) return std::nullopt;
    const auto open = std::ranges::find(server.routes, false, &Route::is_public);
    if (open == server.routes.end()) return std::nullopt;
    return Error(ErrorCode::InvalidValue,
                 fmt::format("host '{}' lets other machines call route '{}' without a token",
                             server.host, open->path),
                 {.where = server.host_span,
                  .hint = "set apiServer.auth.token or KDEPS_API_AUTH_TOKEN, or 'public: true' on "
                          "the route, or listen on 127.0.0.1"});
}

}  // namespace kdeps::workflow
