#pragma once

#include <string>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/settings.hpp"

namespace kdeps::workflow {

/// Paths that no request can have, and routes that take each other's requests.
void check_routes(const std::vector<Route>& routes, Diagnostics& diagnostics);

/// Reports names that are no HTTP method which the server serves; a text or a list of them.
void check_methods(const Node& methods, Diagnostics& diagnostics);

/// The routes of the server as one resource sees them.
struct ServedRoutes {
    const std::string& action_id;
    std::vector<const Route*> own;     ///< Whose targets need the resource, or are it.
    std::vector<const Route*> others;  ///< For which it does not run.
};

/// Warns of entries of `validations.methods` that no route of the resource serves: they never let a
/// request in.
void warn_of_unserved_methods(const Node& filter, const ServedRoutes& routes,
                              Diagnostics& diagnostics);

/// Reports entries of `validations.routes` that no path of a route of the resource fits: it would
/// be skipped for every request.
void check_route_filter(const Node& filter, const ServedRoutes& routes, Diagnostics& diagnostics);

}  // namespace kdeps::workflow
