#pragma once

#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/settings.hpp"

namespace kdeps::workflow {

/// Paths that no request can have, and routes that take each other's requests.
void check_routes(const std::vector<Route>& routes, Diagnostics& diagnostics);

/// What the server would refuse to start with: a host that is no address, and one that other
/// machines reach while a route asks for no token. `has_token`: one is asked for, be it right or
/// not.
void check_host(const ApiServerSettings& server, bool has_token, Diagnostics& diagnostics);

/// Reports entries of `validations.routes` that no path of a route fits: their resource would be
/// skipped for every request.
void check_route_filter(const Node& filter, const std::vector<Route>& routes,
                        Diagnostics& diagnostics);

}  // namespace kdeps::workflow
