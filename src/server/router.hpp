#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kdeps/base/value.hpp"
#include "kdeps/workflow/path_pattern.hpp"
#include "kdeps/workflow/settings.hpp"

namespace kdeps::server {

/// What the router says about one request.
struct RouteMatch {
    const workflow::Route* route = nullptr;  ///< Null: `allow` says whether 404 or 405.
    Object parameters;                       ///< `:name` segments, decoded.
    std::vector<std::string> allow;          ///< Methods of every route of this path; empty: 404.
};

/// Finds the route of a path: an exact path first, then the pattern that is most literal from the
/// left (`literal`, then `:name`, then `*`; a `*` at the end takes any number of segments).
///
/// Threads: immutable after construction.
class Router {
 public:
    /// `routes` must outlive the router.
    explicit Router(const std::vector<workflow::Route>& routes);

    /// Matches `path` as sent, still percent-encoded. HEAD goes to a route for GET.
    ///
    /// Errors: Error(BadRequest) when the path is not valid percent-encoded UTF-8.
    [[nodiscard]] RouteMatch match(std::string_view method, std::string_view path) const;

 private:
    struct Entry {
        const workflow::Route* route;
        workflow::PathPattern pattern;
    };

    std::vector<Entry> entries_;  ///< Most specific first.
    /// Paths without patterns; their first entry's methods are tried without looking further.
    std::unordered_map<std::string_view, std::vector<const workflow::Route*>> exact_;
};

}  // namespace kdeps::server
