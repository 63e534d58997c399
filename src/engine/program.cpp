#include "kdeps/engine/program.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/core.h>

#include "kdeps/base/http_text.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/workflow/requirement_graph.hpp"

#include "input_compiler.hpp"

namespace kdeps::engine {

namespace {

using workflow::Node;

/// A list's items, or the node itself where one condition stands without a list. What is no text
/// has been reported and is left out.
std::vector<const Node*> one_or_many(const Node* node) {
    std::vector<const Node*> all;
    if (node == nullptr) return all;
    if (node->is_scalar()) return {node};
    for (const Node& item : node->items) {
        if (item.is_scalar()) all.push_back(&item);
    }
    return all;
}

/// What everything of one program is compiled with.
struct Tools {
    const KindRegistry& kinds;
    CompileContext& context;
    bool strict;
};

std::vector<expr::Text> conditions(const Node* node, CompileContext& context) {
    std::vector<expr::Text> all;
    for (const Node* item : one_or_many(node)) all.push_back(context.condition(*item));
    return all;
}

std::vector<std::string> texts(const Node* node) {
    std::vector<std::string> all;
    for (const Node* item : one_or_many(node)) all.push_back(item->text);
    return all;
}

Guard compile_guard(const Node* node, CompileContext& context) {
    Guard guard;
    if (node == nullptr) return guard;
    for (const std::string& method : texts(node->find("methods"))) {
        guard.methods.push_back(to_upper(method));
    }
    for (const std::string& route : texts(node->find("routes"))) guard.routes.emplace_back(route);
    guard.skip = conditions(node->find("skip"), context);
    guard.check = conditions(node->find("check"), context);
    guard.required = texts(node->find("required"));
    if (const Node* error = node->find("error")) {
        if (const Node* code = error->find("code"))
            guard.error_status = std::atoi(code->text.c_str());
        if (const Node* message = error->find("message")) {
            guard.error_message = context.template_text(*message);
        }
    }
    return guard;
}

std::unique_ptr<Step> compile_action(const workflow::Action& action, const Tools& tools) {
    const ResourceKind* kind = tools.kinds.find(action.kind);
    if (kind == nullptr || !action.is_well_shaped) return nullptr;
    return kind->compile(action, tools.context);
}

std::optional<std::chrono::milliseconds> action_timeout(const workflow::Action& action,
                                                        const Tools& tools) {
    const ResourceKind* kind = tools.kinds.find(action.kind);
    if (kind == nullptr || !action.is_well_shaped) return std::nullopt;
    if (const auto own = action.fields.duration("timeout")) return own;
    return kind->default_timeout(tools.context.workflow().settings);
}

/// An entry of `before`, `after` or `expr`: evaluated for what it does, so text is a mistake.
expr::Text compile_effect(const Node& node, const Tools& tools) {
    Diagnostics& diagnostics = tools.context.diagnostics();
    const std::size_t known = diagnostics.all().size();
    expr::Text text = tools.context.text(node);
    if (text.kind() != expr::TextKind::Literal || diagnostics.all().size() > known) return text;
    const expr::Verdict& verdict = tools.context.explanations().back().verdict;
    diagnostics.add(
        tools.strict ? Severity::Error : Severity::Warning,
        Error(ErrorCode::ExpressionSyntax,
              fmt::format("this is text, so it does nothing: {}", verdict.reason),
              {.where = node.span, .hint = "write a call, for example set('name', 1)"}));
    return text;
}

/// Tells about what the chosen action never reads. A misspelt action is reported as it is.
void warn_of_unused(const Node& handler, CompileContext& context) {
    constexpr std::pair<const char*, std::string_view> kReaders[] = {
        {"fallback", "continue"}, {"maxRetries", "retry"}, {"retryDelay", "retry"}};
    const Node* action = handler.find("action");
    const std::string chosen = action == nullptr ? "fail" : action->text;
    if (chosen != "fail" && chosen != "continue" && chosen != "retry") return;
    for (const auto& [key, reader] : kReaders) {
        const Node* value = handler.find(key);
        if (value == nullptr || chosen == reader) continue;
        context.diagnostics().warning(
            ErrorCode::InvalidValue,
            fmt::format("'{}' in onError is only used with 'action: {}'", key, reader), value->span,
            fmt::format("write 'action: {}', or remove '{}'", reader, key));
    }
}

ErrorHandler::Action action_named(const std::string& name) {
    if (name == "continue") return ErrorHandler::Action::Continue;
    return name == "retry" ? ErrorHandler::Action::Retry : ErrorHandler::Action::Fail;
}

/// REQUIRES: the resource has onError.
ErrorHandler compile_handler(const workflow::Resource& resource, const Tools& tools) {
    const Node& node = *resource.on_error;
    CompileContext& context = tools.context;
    ErrorHandler handler;
    if (const Node* action = node.find("action")) handler.action = action_named(action->text);
    handler.when = conditions(node.find("when"), context);
    for (const Node* item : one_or_many(node.find("expr"))) {
        handler.expressions.push_back(compile_effect(*item, tools));
    }
    if (const Node* fallback = node.find("fallback")) {
        handler.fallback = context.tree(*fallback);
    }
    if (const Node* attempts = node.find("maxRetries")) {
        handler.max_attempts = parse_int64(attempts->text).value_or(1);
    }
    if (const Node* delay = node.find("retryDelay")) {
        handler.retry_delay = context.template_text(*delay);
    }
    if (resource.error_response) {
        handler.response = compile_action(*resource.error_response, tools);
    }
    warn_of_unused(node, context);
    return handler;
}

CompiledResource compile_resource(const workflow::Resource& resource, const Tools& tools) {
    CompiledResource compiled;
    compiled.action_id = resource.action_id;
    compiled.span = resource.span;
    compiled.timeout = resource.timeout;
    compiled.guard = compile_guard(resource.validations, tools.context);
    if (resource.validations != nullptr) {
        compiled.declared = compile_inputs(*resource.validations, tools.context);
    }
    for (const Node* node : resource.before) {
        compiled.before.push_back(compile_effect(*node, tools));
    }
    compiled.kind = "expr";
    if (resource.primary) {
        compiled.primary = compile_action(*resource.primary, tools);
        compiled.kind = resource.primary->kind;
        compiled.action_timeout = action_timeout(*resource.primary, tools);
        tools.context.output_exists();
    }
    for (const Node* node : resource.after) compiled.after.push_back(compile_effect(*node, tools));
    if (resource.api_response) {
        compiled.response = compile_action(*resource.api_response, tools);
        if (!resource.primary) compiled.kind = resource.api_response->kind;
    }
    if (resource.on_error != nullptr) {
        compiled.on_error = compile_handler(resource, tools);
    }
    return compiled;
}

}  // namespace

Program::Program(const workflow::Workflow& workflow, const KindRegistry& kinds, bool strict,
                 Diagnostics& diagnostics)
    : graph_(workflow::requirement_graph(workflow)),
      name_(workflow.name),
      version_(workflow.version),
      description_(workflow.description),
      environment_(workflow.environment) {
    CompileContext context(workflow, graph_, kinds.functions(), diagnostics, strict);
    for (std::size_t i = 0; i < workflow.resources.size(); ++i) {
        context.enter(i);
        resources_.push_back(compile_resource(workflow.resources[i], {kinds, context, strict}));
        resources_.back().ancestors = graph_.ancestors(i);
    }
    for (const std::string& target : workflow.targets) {
        const graph::NodeId node = *find(target);
        plans_.emplace(target, make_plan(node));
        report_contradictions(resources_, graph_.closure(node), diagnostics);
    }
    context.finish();
    explanations_ = context.explanations();
}

std::optional<graph::NodeId> Program::find(std::string_view action_id) const {
    return graph_.find(action_id);
}

const RunPlan& Program::plan(std::string_view target) const {
    if (const auto found = plans_.find(target); found != plans_.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& resource : resources_) known.push_back(resource.action_id);
    throw Error(ErrorCode::UnknownTarget, fmt::format("unknown target '{}'", target),
                {.hint = did_you_mean(target, known)});
}

void Program::replace_action(graph::NodeId resource, std::unique_ptr<Step> action) {
    resources_[resource].primary = std::move(action);
}

RunPlan Program::make_plan(graph::NodeId target) const {
    RunPlan plan{.entries = {}, .target = target};
    std::vector<std::size_t> position(resources_.size());
    const std::vector<graph::NodeId> needed = graph_.closure(target);
    const auto inputs = std::make_shared<const RequestInputs>(resources_, needed);
    if (!inputs->empty()) plan.inputs = inputs;
    for (const graph::NodeId id : needed) {
        position[id] = plan.entries.size();
        plan.entries.push_back({id, graph_.dependencies(id).size(), {}});
        for (const graph::NodeId dependency : graph_.dependencies(id)) {
            plan.entries[position[dependency]].dependents.push_back(position[id]);
        }
    }
    return plan;
}

}  // namespace kdeps::engine
