#include "target_rules.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/base/text.hpp"
#include "kdeps/workflow/path_pattern.hpp"
#include "kdeps/workflow/requirement_graph.hpp"

namespace kdeps::workflow {
namespace {

const Resource* find_resource(const Workflow& workflow, const std::string& action_id) {
    const auto found = std::ranges::find(workflow.resources, action_id, &Resource::action_id);
    return found == workflow.resources.end() ? nullptr : &*found;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

std::string hint_for_unknown(const Workflow& workflow, const std::string& target) {
    std::vector<std::string> names;
    for (const Resource& resource : workflow.resources) add_once(names, resource.action_id);
    return names.empty() ? "there are no resources: put them into resources/*.yaml beside the "
                           "workflow"
                         : did_you_mean(target, names);
}

void report_unknown(const Workflow& workflow, const std::string& target, const SourceSpan& where,
                    Diagnostics& diagnostics) {
    if (target.empty() || find_resource(workflow, target) != nullptr) return;
    diagnostics.error(ErrorCode::UnknownTarget, fmt::format("unknown target '{}'", target), where,
                      hint_for_unknown(workflow, target));
}

/// The texts of `validations.<key>`: a list, or one text.
std::vector<const Node*> filter_entries(const Resource& resource, std::string_view key) {
    const Node* const filter =
        resource.validations == nullptr ? nullptr : resource.validations->find(key);
    std::vector<const Node*> entries;
    if (filter == nullptr || filter->is_null()) return entries;
    if (filter->is_scalar()) return {filter};
    for (const Node& entry : filter->items) entries.push_back(&entry);
    return entries;
}

/// Which requests the `validations` of a target let in.
class Admission {
 public:
    explicit Admission(const Resource& target) : target_(target) {
        for (const Node* entry : filter_entries(target, "methods")) {
            methods_.push_back(to_upper(entry->text));
        }
        for (const Node* entry : filter_entries(target, "routes")) paths_.emplace_back(entry->text);
        is_closed_ = std::ranges::any_of(filter_entries(target, "skip"),
                                         [](const Node* entry) { return entry->text == "true"; });
    }

    /// Why no request of the route is let in, after "target 'x' "; empty when some are.
    [[nodiscard]] std::string refusal(const Route& route) const {
        if (is_closed_) return "never answers: its validations.skip is true";
        const auto never = [&](std::string_view key) {
            return fmt::format("never answers route '{}': its validations.{} exclude it",
                               route.path, key);
        };
        if (!admits_path(route)) return never("routes");
        return shut_out(route).size() == route.methods.size() ? never("methods") : "";
    }
    /// The methods of the route that are not let in.
    [[nodiscard]] std::vector<std::string> shut_out(const Route& route) const {
        std::vector<std::string> out;
        if (methods_.empty()) return out;
        for (const std::string& method : route.methods) {
            if (std::ranges::find(methods_, method) == methods_.end()) add_once(out, method);
        }
        return out;
    }
    /// What to do about it: the place of the validations.
    [[nodiscard]] std::string hint() const {
        const SourceSpan& place = target_.validations->span;
        return fmt::format("change the validations of '{}' at {}:{}:{}, or name another target",
                           target_.action_id, place.file, place.line, place.column);
    }

 private:
    [[nodiscard]] bool admits_path(const Route& route) const {
        const PathPattern own(route.path);
        return paths_.empty() || std::ranges::any_of(paths_, [&](const PathPattern& path) {
                   return path.overlaps(own);
               });
    }

    const Resource& target_;
    std::vector<std::string> methods_;
    std::vector<PathPattern> paths_;
    bool is_closed_ = false;
};

/// One warning for all: while a workflow is being written there may be several.
void report_unreached(const Workflow& workflow, const std::vector<graph::NodeId>& unreached,
                      Diagnostics& diagnostics) {
    constexpr std::size_t kMaxShown = 10;
    std::string names;
    for (std::size_t i = 0; i < unreached.size() && i <= kMaxShown; ++i) {
        if (i > 0) names += ", ";
        names += i == kMaxShown ? "..."
                                : fmt::format("'{}'", workflow.resources[unreached[i]].action_id);
    }
    const Resource& first = workflow.resources[unreached.front()];
    const bool is_one = unreached.size() == 1;
    const bool has_one_target = workflow.targets.size() == 1;
    const std::string reason =
        has_one_target ? fmt::format("the target '{}' does not require", workflow.targets.front())
                       : "no target requires";
    diagnostics.warning(
        ErrorCode::MissingRequirement,
        fmt::format("resource{} {} never run{}: {} {}", is_one ? "" : "s", names, is_one ? "s" : "",
                    reason, is_one ? "it" : "them"),
        first.span,
        fmt::format("add {} to the 'requires' of a resource that needs it, or {}",
                    is_one ? "it" : "each",
                    has_one_target ? fmt::format("run with --target {}", first.action_id)
                                   : "make it the 'target' of a route"));
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

void report_unsent_of(const Resource& resource, const std::string& target,
                      Diagnostics& diagnostics) {
    if (resource.api_response) {
        report_unsent(resource.api_response->fields.node(), resource.action_id, target,
                      diagnostics);
    }
    if (resource.error_response && continues_after_error(resource)) {
        report_unsent(resource.error_response->fields.node(), resource.action_id, target,
                      diagnostics);
    }
}

}  // namespace

void resolve_targets(Workflow& workflow, const Fields& metadata,
                     const std::optional<std::string>& chosen, Diagnostics& diagnostics) {
    const std::string target = chosen.value_or(workflow.target);
    std::vector<Route>& routes = workflow.settings.api_server.routes;
    const bool has_own = std::ranges::any_of(
        routes, [](const Route& route) { return route.target_span.has_value(); });
    if (target.empty() && !(workflow.settings.api_server_mode && has_own)) {
        const Node* const empty = metadata.find("targetActionId");
        diagnostics.error(ErrorCode::MissingField, "missing 'targetActionId' in metadata",
                          empty != nullptr ? empty->span : metadata.node().span,
                          "targetActionId: the actionId of the resource whose output is the "
                          "answer");
        return;
    }
    for (Route& route : routes) {
        if (route.target_span) continue;
        route.target = target;
        if (!target.empty()) continue;
        diagnostics.error(ErrorCode::MissingField,
                          fmt::format("route '{}' has no target", route.path), route.span,
                          "add 'target: <actionId>' to it, or 'targetActionId' to metadata for all "
                          "routes without one");
    }
}

std::vector<std::string> known_targets(const Workflow& workflow,
                                       const std::optional<std::string>& chosen) {
    std::vector<std::string> targets;
    const auto add = [&](const std::string& target) {
        if (find_resource(workflow, target) != nullptr) add_once(targets, target);
    };
    add(chosen.value_or(workflow.target));
    for (const Route& route : workflow.settings.api_server.routes) add(route.target);
    return targets;
}

const std::string& written_target(const Workflow& workflow, const Route& route) {
    return route.target_span ? route.target : workflow.target;
}

void check_targets(const Workflow& workflow, Diagnostics& diagnostics) {
    report_unknown(workflow, workflow.target, workflow.target_span, diagnostics);
    for (const Route& route : workflow.settings.api_server.routes) {
        if (!route.target_span) continue;
        report_unknown(workflow, route.target, *route.target_span, diagnostics);
    }
}

void check_answers(const Workflow& workflow, const Resource& target, Diagnostics& diagnostics) {
    const Admission admission(target);
    std::string refused_default;  // while every route that has the default target is refused
    bool is_default_refused = false;
    bool is_default_admitted = false;
    for (const Route& route : workflow.settings.api_server.routes) {
        if (written_target(workflow, route) != target.action_id) continue;
        const std::string refusal = admission.refusal(route);
        if (!route.target_span) {
            (refusal.empty() ? is_default_admitted : is_default_refused) = true;
            refused_default = refusal;
        } else if (!refusal.empty()) {
            diagnostics.error(ErrorCode::InvalidValue,
                              fmt::format("target '{}' {}", target.action_id, refusal),
                              *route.target_span, admission.hint());
        } else if (const auto methods = admission.shut_out(route); !methods.empty()) {
            diagnostics.warning(
                ErrorCode::InvalidValue,
                fmt::format("target '{}' never answers {} {}: its validations.methods exclude "
                            "it",
                            target.action_id, fmt::join(methods, ", "), route.path),
                *route.target_span, admission.hint());
        }
    }
    if (!is_default_refused || is_default_admitted) return;
    diagnostics.error(ErrorCode::InvalidValue,
                      fmt::format("target '{}' {}", target.action_id, refused_default),
                      workflow.target_span, admission.hint());
}

void warn_beside_targets(const Workflow& workflow, Diagnostics& diagnostics) {
    if (diagnostics.error_count() > 0 || workflow.targets.empty()) return;
    const graph::Graph arrows = requirement_graph(workflow);
    std::vector<const std::string*> needed_by(workflow.resources.size(), nullptr);
    for (const std::string& target : workflow.targets) {
        for (const graph::NodeId id : arrows.ancestors(*arrows.find(target))) {
            if (needed_by[id] == nullptr) needed_by[id] = &target;
        }
    }
    std::vector<graph::NodeId> unreached;
    for (graph::NodeId id = 0; id < workflow.resources.size(); ++id) {
        const Resource& resource = workflow.resources[id];
        if (std::ranges::find(workflow.targets, resource.action_id) != workflow.targets.end()) {
            continue;
        }
        if (needed_by[id] != nullptr) {
            report_unsent_of(resource, *needed_by[id], diagnostics);
        } else if (arrows.dependents(id).empty()) {
            // One `requires` mends what hangs on this one too.
            unreached.push_back(id);
        }
    }
    if (!unreached.empty()) report_unreached(workflow, unreached, diagnostics);
}

}  // namespace kdeps::workflow
