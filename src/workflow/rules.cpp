#include "rules.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/graph/graph.hpp"
#include "kdeps/workflow/requirement_graph.hpp"

#include "server_rules.hpp"
#include "target_rules.hpp"

namespace kdeps::workflow {
namespace {

/// Beyond this, repairing the cycles that are shown changes the rest anyway.
constexpr int kMaxCycles = 10;

class RuleChecker {
 public:
    RuleChecker(const Workflow& workflow, bool is_complete, Diagnostics& diagnostics)
        : workflow_(workflow), is_complete_(is_complete), diagnostics_(diagnostics) {}

    void check() {
        check_unique();
        if (is_complete_) {
            check_requirements();
            check_targets(workflow_, diagnostics_);
        }
        check_filters();
        check_cycles();
    }

 private:
    using Arrow = std::pair<std::string, std::string>;

    void check_unique() {
        for (const Resource& resource : workflow_.resources) {
            const auto [first, is_new] = by_id_.emplace(resource.action_id, &resource);
            if (is_new) {
                names_.push_back(resource.action_id);
                continue;
            }
            const SourceSpan& place = first->second->span;
            diagnostics_.error(
                ErrorCode::DuplicateResource,
                fmt::format("duplicate actionId '{}', first at {}:{}:{}", resource.action_id,
                            place.file, place.line, place.column),
                resource.span, "give one of them another actionId");
        }
    }

    void check_requirements() {
        for (const Resource& resource : workflow_.resources) {
            for (const Requirement& needed : resource.depends_on) {
                if (by_id_.contains(needed.action_id)) continue;
                diagnostics_.error(ErrorCode::UnknownResource,
                                   fmt::format("unknown resource '{}'", needed.action_id),
                                   needed.span, did_you_mean(needed.action_id, names_));
            }
        }
    }

    /// What lets no request in, in `validations`.
    void check_filters() {
        const graph::Graph arrows = requirement_graph(workflow_);
        for (const Resource& resource : workflow_.resources) {
            if (resource.validations == nullptr) continue;
            const std::size_t errors_before = diagnostics_.error_count();
            check_filters_of(resource, arrows);
            const bool is_served = workflow_.settings.api_server_mode;
            if (is_served && diagnostics_.error_count() == errors_before) {
                check_answers(workflow_, resource, diagnostics_);
            }
        }
    }

    void check_filters_of(const Resource& resource, const graph::Graph& arrows) {
        const Node* const methods = resource.validations->find("methods");
        const Node* const paths = resource.validations->find("routes");
        if (methods != nullptr) check_methods(*methods, diagnostics_);
        if (!workflow_.settings.api_server_mode || (methods == nullptr && paths == nullptr)) return;
        const ServedRoutes routes = routes_of(resource, arrows);
        if (methods != nullptr) warn_of_unserved_methods(*methods, routes, diagnostics_);
        if (paths != nullptr) check_route_filter(*paths, routes, diagnostics_);
    }

    [[nodiscard]] ServedRoutes routes_of(const Resource& resource,
                                         const graph::Graph& arrows) const {
        const auto id = arrows.find(resource.action_id);
        ServedRoutes served{.action_id = resource.action_id, .own = {}, .others = {}};
        for (const Route& route : workflow_.settings.api_server.routes) {
            const auto target = arrows.find(written_target(workflow_, route));
            // A target that is not known may be meant to need anything.
            const bool is_own = !target || target == id ||
                                std::ranges::binary_search(arrows.ancestors(*target), *id);
            (is_own ? served.own : served.others).push_back(&route);
        }
        if (served.own.empty()) served.own.swap(served.others);  // it never runs, as is told
        return served;
    }

    /// Reports a cycle at the requirement that closes it, then looks on without that arrow.
    void check_cycles() {
        std::set<Arrow> closing;
        for (int i = 0; i < kMaxCycles; ++i) {
            const graph::Graph arrows = graph_without(closing);
            const std::vector<graph::NodeId> path = arrows.find_cycle();
            if (path.size() < 2) return;
            const Arrow last{arrows.name(path[path.size() - 2]), arrows.name(path.back())};
            diagnostics_.error(ErrorCode::DependencyCycle,
                               fmt::format("dependency cycle: {}", graph::path_text(arrows, path)),
                               place_of(last), "remove one of these requirements");
            closing.insert(last);
        }
    }

    [[nodiscard]] graph::Graph graph_without(const std::set<Arrow>& left_out) const {
        graph::Graph arrows;
        std::unordered_map<std::string_view, graph::NodeId> ids;
        for (const std::string& name : names_) ids.emplace(name, arrows.add_node(name));
        for (const std::string& name : names_) {
            for (const Requirement& needed : by_id_.at(name)->depends_on) {
                const auto other = ids.find(needed.action_id);
                if (other == ids.end() || left_out.contains({name, needed.action_id})) continue;
                arrows.add_dependency(ids.at(name), other->second);
            }
        }
        return arrows;
    }

    [[nodiscard]] SourceSpan place_of(const Arrow& arrow) const {
        const Resource& resource = *by_id_.at(arrow.first);
        for (const Requirement& needed : resource.depends_on) {
            if (needed.action_id == arrow.second) return needed.span;
        }
        return resource.span;
    }

    const Workflow& workflow_;
    const bool is_complete_;
    Diagnostics& diagnostics_;
    std::unordered_map<std::string, const Resource*> by_id_;
    std::vector<std::string> names_;  ///< In order of the resources, each once.
};

}  // namespace

void check_rules(const Workflow& workflow, bool is_complete, Diagnostics& diagnostics) {
    RuleChecker(workflow, is_complete, diagnostics).check();
}

}  // namespace kdeps::workflow
