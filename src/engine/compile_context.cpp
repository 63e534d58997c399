#include "kdeps/engine/compile_context.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace kdeps::engine {

namespace {

/// Names an expression may use without calling anything, besides actionIds.
constexpr const char* kFixedNames[] = {"request", "input", "error", "outputs", "workflow"};

expr::ForcedKind forced_kind(const workflow::Node& node) {
    if (node.tag == "expr") return expr::ForcedKind::Expression;
    if (node.tag == "text") return expr::ForcedKind::Literal;
    return expr::ForcedKind::None;
}

}  // namespace

CompileContext::CompileContext(const workflow::Workflow& workflow, const graph::Graph& graph,
                               Diagnostics& diagnostics, bool strict)
    : workflow_(workflow), graph_(graph), diagnostics_(diagnostics), strict_(strict) {
    for (const auto& resource : workflow.resources) known_names_.push_back(resource.action_id);
    known_names_.insert(known_names_.end(), std::begin(kFixedNames), std::end(kFixedNames));
}

void CompileContext::enter(std::size_t resource) {
    resource_ = resource;
    ancestors_ = graph_.ancestors(resource);
}

const workflow::Resource& CompileContext::resource() const {
    return workflow_.resources[resource_];
}

template <class Compile>
expr::Text CompileContext::guarded(const Compile& compile) {
    try {
        return checked(compile());
    } catch (const Error& error) {
        diagnostics_.add(Severity::Error, error);
        return {};
    }
}

expr::Text CompileContext::text(const workflow::Node& node) {
    const expr::ForcedKind forced = forced_kind(node);
    explanations_.push_back({node.span, node.text, classify(node.text, forced, known_names_)});
    warn_of_misspelt_call(explanations_.back());
    return guarded(
        [&] { return expr::Text::compile(node.text, node.origin, forced, known_names_); });
}

expr::Text CompileContext::template_text(const workflow::Node& node) {
    return template_text(node.text, node.origin);
}

expr::Text CompileContext::template_text(std::string_view text, const TextOrigin& origin) {
    return guarded([&] { return expr::Text::compile_template(text, origin); });
}

expr::Text CompileContext::condition(const workflow::Node& node) {
    return guarded([&] { return expr::Text::compile_expression(node.text, node.origin); });
}

std::optional<expr::Expression> CompileContext::expression(std::string_view text,
                                                           const TextOrigin& origin) {
    try {
        expr::Expression parsed = expr::Expression::parse(text, origin);
        check(parsed);
        return parsed;
    } catch (const Error& error) {
        diagnostics_.add(Severity::Error, error);
        return std::nullopt;
    }
}

ValueTree CompileContext::tree(const workflow::Node& node) {
    using Kind = workflow::Node::Kind;
    switch (node.kind) {
        case Kind::String:
            return ValueTree(text(node));
        case Kind::List: {
            ValueTree::List items;
            for (const workflow::Node& item : node.items) items.push_back(tree(item));
            return ValueTree(std::move(items));
        }
        case Kind::Map: {
            ValueTree::Map members;
            for (const auto& [key, value] : node.members) {
                members.emplace_back(key.text, tree(value));
            }
            return ValueTree(std::move(members));
        }
        default:
            return ValueTree(constant(node));
    }
}

Value CompileContext::constant(const workflow::Node& node) {
    if (auto value = workflow::scalar_value(node)) return *std::move(value);
    diagnostics_.error(ErrorCode::InvalidValue, "the number is too large", node.span,
                       "200,000 digits are the most, 64 bits after 0x or 0o; a quoted number is "
                       "a text");
    return {};
}

expr::Text CompileContext::checked(expr::Text text) {
    for (const expr::Expression& expression : text.expressions()) check(expression);
    return text;
}

void CompileContext::check(const expr::Expression& expression) {
    for (const expr::LiteralCall& call : expression.literal_calls()) {
        const bool names_resource = call.function == "output" || call.function == "get";
        if (!names_resource || call.arguments.empty()) continue;
        if (call.arguments[0].kind() != Kind::String) continue;
        const bool only_output = call.arguments.size() == 1 || call.arguments[1] == Value("output");
        if (only_output) check_reference(call.arguments[0].as_string(), call.span);
    }
}

void CompileContext::warn_of_misspelt_call(const Explanation& explanation) {
    const auto& [span, text, verdict] = explanation;
    if (verdict.hint.empty()) return;
    Error error(ErrorCode::ExpressionSyntax,
                fmt::format("this stays text and is not called: {}", verdict.reason),
                {.where = span, .hint = verdict.hint + " (or tag it !text)"});
    diagnostics_.add(strict_ ? Severity::Error : Severity::Warning, std::move(error));
}

void CompileContext::check_reference(const std::string& action_id, const SourceSpan& span) {
    const auto node = graph_.find(action_id);
    if (!node || *node == resource_) return;
    if (std::binary_search(ancestors_.begin(), ancestors_.end(), *node)) return;
    Error error(
        ErrorCode::MissingRequirement,
        fmt::format("resource '{}' reads '{}' but does not require it, so the value is nil",
                    resource().action_id, action_id),
        {.where = span,
         .hint = fmt::format("add `requires: [{}]` to '{}'", action_id, resource().action_id)});
    diagnostics_.add(strict_ ? Severity::Error : Severity::Warning, std::move(error));
}

}  // namespace kdeps::engine
