#include "input_compiler.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/engine/program.hpp"

namespace kdeps::engine {
namespace {

using workflow::InputDeclaration;
using workflow::InputPlace;
using workflow::Node;

bool is_resource(const workflow::Workflow& workflow, std::string_view name) {
    return std::ranges::any_of(workflow.resources,
                               [&](const auto& resource) { return resource.action_id == name; });
}

/// The names that a condition reads, each once.
void read_names(const expr::Expression& expression, InputCondition& condition) {
    for (const expr::LiteralCall& call : expression.literal_calls()) {
        const bool has_name =
            !call.arguments.empty() && call.arguments.front().kind() == Kind::String;
        if (has_name) condition.names.push_back(call.arguments.front().as_string());
        condition.reads_all |= call.function == "request.data";
    }
    for (const std::string& name : expression.free_names()) {
        condition.names.push_back(name);
        condition.reads_all |= name == "input" || name == "request";
    }
}

/// A condition is looked at before any resource has run.
void report_outputs(const InputCondition& condition, const Node& node, CompileContext& context) {
    for (const std::string& name : condition.names) {
        if (!is_resource(context.workflow(), name)) continue;
        context.diagnostics().error(
            ErrorCode::InvalidValue,
            fmt::format("a rule of inputs reads '{}', which has not run by then", name), node.span,
            "compare outputs in `check` of a resource that requires it");
    }
}

void compile_condition(const Node& entry, CompileContext& context, DeclaredInputs& declared) {
    const Node* condition = entry.is_map() ? entry.find("expr") : &entry;
    if (condition == nullptr || !condition->is_scalar() || condition->is_null())
        return;  // reported
    InputCondition compiled{.condition = context.condition(*condition)};
    for (const expr::Expression& expression : compiled.condition.expressions()) {
        read_names(expression, compiled);
    }
    report_outputs(compiled, *condition, context);
    const Node* message = entry.is_map() ? entry.find("message") : nullptr;
    if (message != nullptr && message->is_scalar() && !message->is_null()) {
        compiled.message = context.template_text(*message);
    }
    declared.conditions.push_back(std::move(compiled));
}

/// `required` counts as a declaration where there are others, so that all mistakes come at once.
void add_required(const Node& validations, CompileContext& context,
                  workflow::Declarations& declarations) {
    const Node* required = validations.find("required");
    if (required == nullptr || !declarations.has_checks()) return;
    const auto add = [&](const Node& name) {
        if (!name.is_scalar() || name.is_null() || name.text.ends_with("[]")) return;
        if (is_resource(context.workflow(), name.text)) return;  // its output is meant
        declarations.inputs.push_back(
            {name.text, InputPlace::Anywhere, {.is_required = true}, name.span});
    };
    if (required->is_scalar()) add(*required);
    for (const Node& name : required->items) add(name);
}

/// The name of a resource means its output, so that the input is only reached by a hint.
void warn_of_hidden(const workflow::Declarations& declarations, CompileContext& context) {
    for (const InputDeclaration& input : declarations.inputs) {
        if (input.place == InputPlace::Header || !is_resource(context.workflow(), input.name)) {
            continue;
        }
        context.diagnostics().warning(
            ErrorCode::InvalidValue,
            fmt::format("the input '{}' is called like a resource, so get('{}') is an output",
                        input.name, input.name),
            input.span, fmt::format("rename one of them, or read get('{}', 'param')", input.name));
    }
}

bool is_same_input(const InputDeclaration& a, const InputDeclaration& b) {
    const bool is_header = a.place == InputPlace::Header;
    if (is_header != (b.place == InputPlace::Header)) return false;
    return is_header ? equals_ignoring_case(a.name, b.name) : a.name == b.name;
}

void report_pair(const InputDeclaration& first, const InputDeclaration& second,
                 Diagnostics& diagnostics) {
    if (!is_same_input(first, second)) return;
    const auto found = inputs::contradiction(first.rule, second.rule);
    if (!found) return;
    diagnostics.error(
        ErrorCode::InvalidValue,
        fmt::format("'{}' is declared in two ways that contradict each other: {}; the other is at "
                    "{}:{}:{}",
                    second.name, *found, first.span.file, first.span.line, first.span.column),
        second.span, "declare it once, or alike");
}

}  // namespace

DeclaredInputs compile_inputs(const Node& validations, CompileContext& context) {
    DeclaredInputs declared{workflow::read_declarations(validations, context.diagnostics()), {}};
    warn_of_hidden(declared.declarations, context);
    add_required(validations, context, declared.declarations);
    const Node* conditions = validations.find("expr");
    if (conditions == nullptr) return declared;
    if (conditions->is_scalar()) compile_condition(*conditions, context, declared);
    for (const Node& entry : conditions->items) compile_condition(entry, context, declared);
    return declared;
}

void report_contradictions(const std::vector<CompiledResource>& resources,
                           const std::vector<graph::NodeId>& needed, Diagnostics& diagnostics) {
    for (std::size_t i = 0; i < needed.size(); ++i) {
        const auto& first = resources[needed[i]].declared.declarations.inputs;
        for (std::size_t a = 0; a < first.size(); ++a) {
            for (std::size_t b = a + 1; b < first.size(); ++b) {
                report_pair(first[a], first[b], diagnostics);
            }
        }
        for (std::size_t j = i + 1; j < needed.size() && !first.empty(); ++j) {
            if (!resources[needed[i]].guard.may_meet(resources[needed[j]].guard)) continue;
            for (const InputDeclaration& other :
                 resources[needed[j]].declared.declarations.inputs) {
                for (const InputDeclaration& own : first) report_pair(own, other, diagnostics);
            }
        }
    }
}

}  // namespace kdeps::engine
