#include "kdeps/expr/expression.hpp"

#include <algorithm>
#include <utility>

#include "ast.hpp"
#include "evaluator.hpp"
#include "functions.hpp"
#include "parser.hpp"

namespace kdeps::expr {

struct Expression::Parsed {
    std::string text;
    TextOrigin origin;
    FunctionTable functions;  ///< The tree points into it.
    Tree tree;

    [[nodiscard]] Source source() const { return {text, origin}; }
};

namespace {

std::vector<std::optional<Value>> constants_of(const Node& call) {
    std::vector<std::optional<Value>> constants;
    for (const Node* child : call.children) constants.push_back(constant_value(*child));
    return constants;
}

bool is_operator_or_access(const Node& node) {
    switch (node.kind) {
        case NodeKind::Unary:
        case NodeKind::Binary:
        case NodeKind::Compare:
        case NodeKind::Conditional:
        case NodeKind::Member:
        case NodeKind::Index:
        case NodeKind::Slice:
            return true;
        default:
            return false;
    }
}

/// Finds the resources that are named as they are written, so that no evaluation has to.
void bind_names(Tree& tree, const FunctionTable& functions) {
    for (Node& node : tree.nodes) {
        if (node.kind == NodeKind::Name) node.resource = functions.resource(node.name);
        if (node.kind != NodeKind::Call || node.children.empty()) continue;
        const Node& first = *node.children.front();
        node.is_bound = first.kind == NodeKind::Literal && first.value.kind() == Kind::String;
        if (node.is_bound) node.resource = functions.resource(first.value.as_string());
    }
}

/// Nodes of one kind in source order; the arena has them in the order they were completed.
std::vector<const Node*> in_source_order(const Tree& tree, NodeKind kind) {
    std::vector<const Node*> found;
    for (const Node& node : tree.nodes) {
        if (node.kind == kind) found.push_back(&node);
    }
    std::ranges::stable_sort(found, {}, [](const Node* node) { return node->mark.offset; });
    return found;
}

}  // namespace

Expression Expression::parse(std::string_view text, const TextOrigin& origin,
                             const FunctionTable& functions) {
    auto parsed = std::make_shared<Parsed>(Parsed{std::string(text), origin, functions, {}});
    parsed->tree = expr::parse(parsed->source(), functions);
    bind_names(parsed->tree, functions);
    return Expression(std::move(parsed));
}

Value Expression::evaluate(Scope& scope, const Budget& budget) const {
    const Source source = parsed_->source();
    return Evaluator(source, parsed_->tree, parsed_->functions, scope, budget).run();
}

const std::string& Expression::text() const {
    return parsed_->text;
}

SourceSpan Expression::span() const {
    return parsed_->source().span(parsed_->tree.root->extent);
}

bool Expression::is_constant() const {
    return constant_value(*parsed_->tree.root).has_value();
}

std::vector<LiteralCall> Expression::literal_calls() const {
    std::vector<LiteralCall> calls;
    for (const Node* node : in_source_order(parsed_->tree, NodeKind::Call)) {
        LiteralCall call{.function = std::string(node->function->name),
                         .arguments = {},
                         .span = parsed_->source().span(node->extent),
                         .reads_facet = node->function->shape == Shape::Facet};
        for (std::optional<Value>& argument : constants_of(*node)) {
            if (argument) call.arguments.push_back(*std::move(argument));
        }
        if (call.arguments.size() == node->children.size()) calls.push_back(std::move(call));
    }
    return calls;
}

std::vector<std::string> Expression::free_names() const {
    std::vector<std::string> names;
    for (const Node* node : in_source_order(parsed_->tree, NodeKind::Name)) {
        if (std::ranges::find(names, node->name) == names.end()) names.push_back(node->name);
    }
    return names;
}

bool Expression::calls_known_function() const {
    return std::ranges::any_of(parsed_->tree.nodes,
                               [](const Node& node) { return node.kind == NodeKind::Call; });
}

bool Expression::has_operator_or_access() const {
    return std::ranges::any_of(parsed_->tree.nodes, is_operator_or_access);
}

std::optional<Expression::TopCall> Expression::top_call() const {
    const Node& root = *parsed_->tree.root;
    if (root.kind != NodeKind::Call) return std::nullopt;
    return TopCall{std::string(root.function->name), constants_of(root)};
}

}  // namespace kdeps::expr
