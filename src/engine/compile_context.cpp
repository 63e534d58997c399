#include "kdeps/engine/compile_context.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/base/text.hpp"
#include "kdeps/engine/run_context.hpp"

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

/// Leaves nothing of the text: it may be a secret.
void hide(Explanation& explanation) {
    explanation.text = "***";
    expr::Verdict& verdict = explanation.verdict;
    if (verdict.kind == expr::TextKind::Literal) verdict.reason = "what it says is not shown";
    if (!verdict.hint.empty()) verdict.hint = "call a function that exists";
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
    Explanation explanation{node.span, node.text,
                            classify(node.text, forced, known_names_, functions_)};
    if (node.is_secret) hide(explanation);
    warn_of_misspelt_call(explanation);
    expr::Text text = guarded([&] {
        return expr::Text::compile(node.text, node.origin, forced, known_names_, functions_);
    });
    explanation.sources = sources_of(text);
    explain(std::move(explanation));
    return text;
}

expr::Text CompileContext::template_text(const workflow::Node& node) {
    return template_text(node.text, node.origin);
}

expr::Text CompileContext::template_text(std::string_view text, const TextOrigin& origin,
                                         std::string use) {
    expr::Text compiled =
        guarded([&] { return expr::Text::compile_template(text, origin, functions_); });
    if (compiled.kind() == expr::TextKind::Template) {
        explain({origin.span(text, 0, text.size()),
                 std::string(text),
                 {compiled.kind(), "it holds {{ }}"},
                 sources_of(compiled),
                 std::move(use)});
    }
    return compiled;
}

expr::Text CompileContext::condition(const workflow::Node& node) {
    expr::Text text =
        guarded([&] { return expr::Text::compile_expression(node.text, node.origin, functions_); });
    explain({node.span,
             node.text,
             {expr::TextKind::Expression, "it is a condition"},
             sources_of(text)});
    return text;
}

std::optional<expr::Expression> CompileContext::expression(std::string_view text,
                                                           const TextOrigin& origin,
                                                           std::string use) {
    try {
        expr::Expression parsed = expr::Expression::parse(text, origin, functions_);
        references_->check(parsed);
        explain({parsed.span(),
                 std::string(trim(text)),
                 {expr::TextKind::Expression, "it stands in {{ }}"},
                 sources_of(parsed),
                 std::move(use)});
        return parsed;
    } catch (const Error& error) {
        diagnostics_.add(Severity::Error, error);
        return std::nullopt;
    }
}

std::string CompileContext::named_source(const std::string& name) const {
    const auto& resources = workflow_.resources;
    if (std::ranges::find(resources, name, &workflow::Resource::action_id) != resources.end()) {
        return fmt::format("the output of '{}'", name);
    }
    const auto is_fixed = std::ranges::find(kFixedNames, name) != std::end(kFixedNames);
    return is_fixed ? fmt::format("'{}'", name) : fmt::format("'{}' of the request", name);
}

std::string CompileContext::call_source(const expr::LiteralCall& call) const {
    const auto text = [&call](std::size_t index) -> const std::string* {
        if (index >= call.arguments.size()) return nullptr;
        const Value& argument = call.arguments[index];
        return argument.kind() == Kind::String ? &argument.as_string() : nullptr;
    };
    if (call.function == "result" && !call.arguments.empty()) {
        return fmt::format("the result of statement {}", to_text(call.arguments[0]));
    }
    const std::string* const name = text(0);
    if (name == nullptr) return {};
    if (call.reads_facet) return fmt::format("{} of '{}'", call.function, *name);
    if (call.function == "get" || call.function == "input") {
        const std::string* const hint = text(1);
        if (hint != nullptr && is_hint(*hint)) return fmt::format("'{}' of {}", *name, *hint);
        return call.function == "get" ? named_source(*name)
                                      : fmt::format("'{}' of the request", *name);
    }
    if (call.function == "output") return named_source(*name);
    if (call.function == "env") return fmt::format("environment variable '{}'", *name);
    return call.function == "info" ? fmt::format("info '{}'", *name) : std::string();
}

std::string CompileContext::sources_of(const expr::Expression& expression) const {
    std::vector<std::string> sources;
    const auto add = [&sources](std::string source) {
        const bool is_new = std::ranges::find(sources, source) == sources.end();
        if (!source.empty() && is_new) sources.push_back(std::move(source));
    };
    for (const expr::LiteralCall& call : expression.literal_calls()) add(call_source(call));
    for (const std::string& name : expression.free_names()) add(named_source(name));
    return fmt::format("{}", fmt::join(sources, ", "));
}

std::string CompileContext::sources_of(const expr::Text& text) const {
    std::vector<std::string> all;
    for (const expr::Expression& expression : text.expressions()) {
        std::string sources = sources_of(expression);
        if (!sources.empty()) all.push_back(std::move(sources));
    }
    return fmt::format("{}", fmt::join(all, ", "));
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
    const expr::Verdict& verdict = explanation.verdict;
    if (verdict.hint.empty()) return;
    Error error(ErrorCode::ExpressionSyntax,
                fmt::format("this stays text and is not called: {}", verdict.reason),
                {.where = explanation.span, .hint = verdict.hint + " (or tag it !text)"});
    diagnostics_.add(strict_ ? Severity::Error : Severity::Warning, std::move(error));
}

void CompileContext::check_reference(const std::string& name, const SourceSpan& span) {
    references_->check_get(name, span);
}

void CompileContext::allow_results(bool are_allowed) {
    references_->allow_results(are_allowed);
}

void CompileContext::output_exists() {
    references_->output_exists();
}

void CompileContext::finish() {
    references_->report_misspelt();
}

}  // namespace kdeps::engine
