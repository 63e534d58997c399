#include "kdeps/engine/compile_context.hpp"

#include <utility>

#include <fmt/core.h>

#include "reference_checks.hpp"

namespace kdeps::engine {

namespace {

expr::ForcedKind forced_kind(const workflow::Node& node) {
    if (node.tag == "expr") return expr::ForcedKind::Expression;
    if (node.tag == "text") return expr::ForcedKind::Literal;
    return expr::ForcedKind::None;
}

/// In the order of the graph's nodes.
std::vector<std::string> action_ids(const workflow::Workflow& workflow) {
    std::vector<std::string> all;
    for (const auto& resource : workflow.resources) all.push_back(resource.action_id);
    return all;
}

}  // namespace

CompileContext::CompileContext(const workflow::Workflow& workflow, const graph::Graph& graph,
                               const expr::FunctionTable& functions, Diagnostics& diagnostics,
                               bool strict)
    : workflow_(workflow),
      functions_(functions.with_resources(action_ids(workflow))),
      diagnostics_(diagnostics),
      strict_(strict),
      references_(std::make_unique<ReferenceChecks>(workflow, graph, diagnostics, strict)),
      known_names_(action_ids(workflow)) {
    known_names_.insert(known_names_.end(), std::begin(kFixedNames), std::end(kFixedNames));
}

CompileContext::~CompileContext() = default;

void CompileContext::enter(std::size_t resource) {
    resource_ = resource;
    references_->enter(resource);
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
    explanations_.push_back(
        {node.span, node.text, classify(node.text, forced, known_names_, functions_)});
    warn_of_misspelt_call(explanations_.back());
    return guarded([&] {
        return expr::Text::compile(node.text, node.origin, forced, known_names_, functions_);
    });
}

expr::Text CompileContext::template_text(const workflow::Node& node) {
    return template_text(node.text, node.origin);
}

expr::Text CompileContext::template_text(std::string_view text, const TextOrigin& origin) {
    return guarded([&] { return expr::Text::compile_template(text, origin, functions_); });
}

expr::Text CompileContext::condition(const workflow::Node& node) {
    return guarded(
        [&] { return expr::Text::compile_expression(node.text, node.origin, functions_); });
}

std::optional<expr::Expression> CompileContext::expression(std::string_view text,
                                                           const TextOrigin& origin) {
    try {
        expr::Expression parsed = expr::Expression::parse(text, origin, functions_);
        references_->check(parsed);
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
    for (const expr::Expression& expression : text.expressions()) references_->check(expression);
    return text;
}

void CompileContext::warn_of_misspelt_call(const Explanation& explanation) {
    const auto& [span, text, verdict] = explanation;
    if (verdict.hint.empty()) return;
    Error error(ErrorCode::ExpressionSyntax,
                fmt::format("this stays text and is not called: {}", verdict.reason),
                {.where = span, .hint = verdict.hint + " (or tag it !text)"});
    diagnostics_.add(strict_ ? Severity::Error : Severity::Warning, std::move(error));
}

void CompileContext::check_reference(const std::string& name, const SourceSpan& span) {
    references_->check_get(name, span);
}

void CompileContext::output_exists() {
    references_->output_exists();
}

void CompileContext::finish() {
    references_->report_misspelt();
}

}  // namespace kdeps::engine
