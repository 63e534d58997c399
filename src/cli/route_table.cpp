#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands.hpp"

namespace kdeps::cli {

namespace {

/// What the target of a route needs, in the order of a possible run.
std::string requirements(const engine::Program& program, const std::string& target) {
    std::vector<std::string> names;
    const engine::RunPlan& plan = program.plan(target);
    for (const engine::RunPlan::Entry& entry : plan.entries) {
        if (entry.resource == plan.target) continue;
        names.push_back(program.resources()[entry.resource].action_id);
    }
    return names.empty() ? "" : fmt::format("  requires {}", fmt::join(names, ", "));
}

}  // namespace

std::string route_table(const app::Project& project) {
    struct Row {
        std::string methods;
        const workflow::Route& route;
    };
    std::vector<Row> rows;
    std::array<std::size_t, 3> widths{};
    for (const workflow::Route& route : project.workflow().settings.api_server.routes) {
        rows.push_back({fmt::format("{}", fmt::join(route.methods, ",")), route});
        widths = {std::max(widths[0], rows.back().methods.size()),
                  std::max(widths[1], route.path.size()), std::max(widths[2], route.target.size())};
    }
    std::string text = "routes:\n";
    for (const auto& [methods, route] : rows) {
        const std::string needs = requirements(project.program(), route.target);
        text += fmt::format("  {:<{}}  {:<{}}  {:<{}}{}\n", methods, widths[0], route.path,
                            widths[1], route.target, needs.empty() ? 0 : widths[2], needs);
    }
    return text;
}

}  // namespace kdeps::cli
