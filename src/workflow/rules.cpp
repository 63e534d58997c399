#include "rules.hpp"

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
            check_target();
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

    void check_target() {
        if (workflow_.target.empty() || by_id_.contains(workflow_.target)) return;
        diagnostics_.error(
            ErrorCode::UnknownTarget, fmt::format("unknown target '{}'", workflow_.target),
            workflow_.target_span,
            names_.empty() ? "there are no resources: put them into resources/*.yaml beside the "
                             "workflow"
                           : did_you_mean(workflow_.target, names_));
    }

    /// What lets no request in, in `validations`.
    void check_filters() {
        const bool has_routes = workflow_.settings.api_server_mode;
        const std::vector<Route>& routes = workflow_.settings.api_server.routes;
        for (const Resource& resource : workflow_.resources) {
            if (resource.validations == nullptr) continue;
            if (const Node* methods = resource.validations->find("methods")) {
                check_methods(*methods, diagnostics_);
                if (has_routes) warn_of_unserved_methods(*methods, routes, diagnostics_);
            }
            const Node* filter = resource.validations->find("routes");
            if (filter != nullptr && has_routes) check_route_filter(*filter, routes, diagnostics_);
        }
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

/// One warning for all: while a workflow is being written there may be several.
void report_unreached(const Workflow& workflow, const std::string& target,
                      const std::vector<graph::NodeId>& unreached, Diagnostics& diagnostics) {
    constexpr std::size_t kMaxShown = 10;
    std::string names;
    for (std::size_t i = 0; i < unreached.size() && i <= kMaxShown; ++i) {
        if (i > 0) names += ", ";
        names += i == kMaxShown ? "..."
                                : fmt::format("'{}'", workflow.resources[unreached[i]].action_id);
    }
    const Resource& first = workflow.resources[unreached.front()];
    const bool is_one = unreached.size() == 1;
    diagnostics.warning(
        ErrorCode::MissingRequirement,
        fmt::format("resource{} {} never run{}: the target '{}' does not require {}",
                    is_one ? "" : "s", names, is_one ? "s" : "", target, is_one ? "it" : "them"),
        first.span,
        fmt::format("add {} to the 'requires' of a resource that needs it, or run with --target {}",
                    is_one ? "it" : "each", first.action_id));
}

/// Of an answer that is not the run's answer: what only an answer has.
void report_unsent(const Node& response, const std::string& action_id, const std::string& target,
                   Diagnostics& diagnostics) {
    for (const Node* map : {&response, response.find("meta")}) {
        if (map == nullptr) continue;
        for (const char* key : {"statusCode", "headers"}) {
            const Node* value = map->find(key);
            if (value == nullptr || value->is_null()) continue;
            diagnostics.warning(
                ErrorCode::InvalidValue,
                fmt::format("'{}' in the {} of '{}' is never sent: the target '{}' answers", key,
                            kAnswerKey, action_id, target),
                value->span,
                fmt::format("set it in an {} of '{}'; get('{}') is {{success, data}}", kAnswerKey,
                            target, action_id));
        }
    }
}

/// With `action: continue` what answers in onError is an output too; else it is the answer.
bool continues_after_error(const Resource& resource) {
    const Node* action = resource.on_error->find("action");
    return action != nullptr && action->text == "continue";
}

}  // namespace

void check_rules(const Workflow& workflow, bool is_complete, Diagnostics& diagnostics) {
    RuleChecker(workflow, is_complete, diagnostics).check();
}

void warn_beside_target(const Workflow& workflow, const std::string& target,
                        Diagnostics& diagnostics) {
    if (diagnostics.error_count() > 0) return;
    const graph::Graph arrows = requirement_graph(workflow);
    const auto root = arrows.find(target);
    if (!root) return;  // an unknown --target is reported when it is to run
    // Of those that no other resource needs either: one `requires` mends what hangs on them too.
    std::vector<graph::NodeId> unreached = arrows.unreachable_from(*root);
    std::erase_if(unreached, [&](graph::NodeId id) { return !arrows.dependents(id).empty(); });
    if (!unreached.empty()) report_unreached(workflow, target, unreached, diagnostics);
    for (const graph::NodeId id : arrows.ancestors(*root)) {
        const Resource& resource = workflow.resources[id];
        if (resource.api_response) {
            report_unsent(resource.api_response->fields.node(), resource.action_id, target,
                          diagnostics);
        }
        if (resource.error_response && continues_after_error(resource)) {
            report_unsent(resource.error_response->fields.node(), resource.action_id, target,
                          diagnostics);
        }
    }
}

}  // namespace kdeps::workflow
