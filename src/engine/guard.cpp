#include <algorithm>

#include "kdeps/engine/program.hpp"
#include "kdeps/engine/request.hpp"

namespace kdeps::engine {

bool Guard::admits(const Request& request) const {
    if (!request.has_http()) return true;
    if (!methods.empty() && std::ranges::find(methods, request.method) == methods.end()) {
        return false;
    }
    if (routes.empty()) return true;
    const auto segments = workflow::path_segments(request.path);
    return segments &&
           std::ranges::any_of(routes, [&](const auto& route) { return route.fits(*segments); });
}

bool Guard::may_meet(const Guard& other) const {
    const bool share_a_method = methods.empty() || other.methods.empty() ||
                                std::ranges::find_first_of(methods, other.methods) != methods.end();
    const bool share_a_path =
        routes.empty() || other.routes.empty() ||
        std::ranges::any_of(routes, [&](const auto& route) {
            return std::ranges::any_of(
                other.routes, [&](const auto& its_route) { return route.overlaps(its_route); });
        });
    return share_a_method && share_a_path;
}

}  // namespace kdeps::engine
