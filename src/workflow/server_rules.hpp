#pragma once

#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/settings.hpp"

namespace kdeps::workflow {

/// Paths that no request can have, and routes that take each other's requests.
void check_routes(const std::vector<Route>& routes, Diagnostics& diagnostics);

/// Reports names that are no HTTP method which the server serves; a text or a list of them.
void check_methods(const Node& methods, Diagnostics& diagnostics);

/// Warns of entries of `validations.methods` that no route serves: they never let a request in.
void warn_of_unserved_methods(const Node& filter, const std::vector<Route>& routes,
                              Diagnostics& diagnostics);

/// Reports entries of `validations.routes` that no path of a route fits: their resource would be
/// skipped for every request.
void check_route_filter(const Node& filter, const std::vector<Route>& routes,
                        Diagnostics& diagnostics);

}  // namespace kdeps::workflow
