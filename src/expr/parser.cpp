// A Pratt parser: `expression(n)` reads operators that bind at least as tight as n.

#include "parser.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

#include "foreign.hpp"
#include "functions.hpp"
#include "lexer.hpp"
#include "operators.hpp"

namespace kdeps::expr {
namespace {

struct BinaryOperator {
    std::string_view text;
    Operator op;
    int precedence;
    bool right_associative = false;
    bool is_comparison = false;  ///< Chains: a < b < c.
    bool takes_not = false;      ///< May be written `not in`.
};

// Weakest first. That `??` binds tightest of all is the language's own oddity, kept because
// workflows rely on it. Pipe and `?:` are the weakest and read on their own.
constexpr std::array kBinaryOperators = {
    BinaryOperator{"or", Operator::Or, 10},
    BinaryOperator{"||", Operator::Or, 10},
    BinaryOperator{"and", Operator::And, 15},
    BinaryOperator{"&&", Operator::And, 15},
    BinaryOperator{"==", Operator::Equal, 20},
    BinaryOperator{"!=", Operator::NotEqual, 20},
    BinaryOperator{"<", Operator::Less, 20, false, true},
    BinaryOperator{"<=", Operator::LessEqual, 20, false, true},
    BinaryOperator{">", Operator::Greater, 20, false, true},
    BinaryOperator{">=", Operator::GreaterEqual, 20, false, true},
    BinaryOperator{"in", Operator::In, 20, false, false, true},
    BinaryOperator{"contains", Operator::Contains, 20, false, false, true},
    BinaryOperator{"startsWith", Operator::StartsWith, 20, false, false, true},
    BinaryOperator{"endsWith", Operator::EndsWith, 20, false, false, true},
    BinaryOperator{"..", Operator::Range, 25},
    BinaryOperator{"+", Operator::Add, 30},
    BinaryOperator{"-", Operator::Subtract, 30},
    BinaryOperator{"*", Operator::Multiply, 60},
    BinaryOperator{"/", Operator::Divide, 60},
    BinaryOperator{"%", Operator::Remainder, 60},
    BinaryOperator{"**", Operator::Power, 100, true},
    BinaryOperator{"^", Operator::Power, 100, true},
    BinaryOperator{"??", Operator::Coalesce, 500},
};

struct UnaryOperator {
    std::string_view text;
    Operator op;
    int precedence;
};
constexpr std::array kUnaryOperators = {
    UnaryOperator{"not", Operator::Not, 50},
    UnaryOperator{"!", Operator::Not, 50},
    UnaryOperator{"-", Operator::Negate, 90},
    UnaryOperator{"+", Operator::Plus, 90},
};

template <class Table>
const typename Table::value_type* row_of(const Table& table, const Token& token) {
    if (token.kind != TokenKind::Symbol) return nullptr;
    const auto row = std::ranges::find(table, token.text, &Table::value_type::text);
    return row == table.end() ? nullptr : &*row;
}

/// `item` and `loop` are objects; their members may be written as calls: `item.index()`.
bool has_member_calls(std::string_view name) {
    return name == "item" || name == "loop";
}

class Parser {
 public:
    Parser(const Source& source, const FunctionTable& functions)
        : source_(source), functions_(functions) {
        if (source.text.size() > kMaxSourceBytes) {
            fail({0, 1}, fmt::format("expression is longer than {} bytes", kMaxSourceBytes));
        }
        tokens_ = tokenize(source);
    }

    Tree run() {
        tree_.root = expression(0);
        if (token().kind != TokenKind::End) fail_unexpected();
        return std::move(tree_);
    }

 private:
    [[noreturn]] void fail(const Range& range, const std::string& message,
                           std::string hint = {}) const {
        source_.fail(ErrorCode::ExpressionSyntax, range, message, std::move(hint));
    }
    [[noreturn]] void fail_unexpected() const {
        fail_if_matches();
        const Token& found = token();
        if (found.kind == TokenKind::End) fail(found.range, "unexpected end of the expression");
        fail(found.range, fmt::format("unexpected {}", source_text(found.range)),
             is("=") ? "use '==' to compare" : "");
    }
    void fail_if_matches() const {
        if (!is("matches")) return;
        fail(token().range, "'matches' is not supported",
             "use contains, startsWith, endsWith or in; the database can match patterns");
    }
    std::string source_text(const Range& range) const {
        return fmt::format("'{}'", source_.text.substr(range.offset, range.length));
    }

    const Token& token(std::size_t ahead = 0) const {
        return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
    }
    bool is(std::string_view symbol, std::size_t ahead = 0) const {
        return token(ahead).kind == TokenKind::Symbol && token(ahead).text == symbol;
    }
    const Token& take() {
        const Token& taken = token();
        if (at_ < tokens_.size()) ++at_;
        return taken;
    }
    bool take_if(std::string_view symbol) {
        if (!is(symbol)) return false;
        take();
        return true;
    }
    const Token& expect(std::string_view symbol) {
        if (is(symbol)) return take();
        fail(token().range, fmt::format("expected '{}'", symbol));
    }
    /// What the last token taken ended.
    Range since(const Range& begin) const { return begin.through(tokens_[at_ - 1].range); }

    const Node* add(Node node) { return &tree_.nodes.emplace_back(std::move(node)); }

    // Operators

    const Node* expression(int precedence) {
        if (depth_ == kMaxNesting) {
            fail(token().range,
                 fmt::format("expression is nested more than {} levels deep", kMaxNesting));
        }
        ++depth_;
        const Node* node = precedence == 0 && is("let") ? variable() : operators(precedence);
        --depth_;
        return node;
    }

    const Node* operators(int precedence) {
        const Node* left = operand();
        while (true) {
            if (precedence == 0 && is("|")) {
                left = piped(left);
                continue;
            }
            const bool negated = is("not");
            const BinaryOperator* row = row_of(kBinaryOperators, token(negated ? 1 : 0));
            if (negated && (row == nullptr || !row->takes_not)) break;
            if (row == nullptr || row->precedence < precedence) break;
            left = row->is_comparison ? comparison(left, row->precedence)
                                      : binary(left, *row, negated);
        }
        return precedence == 0 && is("?") ? conditional(left) : left;
    }

    const Node* binary(const Node* left, const BinaryOperator& row, bool negated) {
        Range mark = take().range;
        if (negated) mark = mark.through(take().range);
        const Node* right = expression(row.precedence + (row.right_associative ? 0 : 1));
        const Range extent = left->extent.through(right->extent);
        return add({.kind = NodeKind::Binary,
                    .extent = extent,
                    .mark = mark,
                    .children = {left, right},
                    .op = row.op,
                    .negated = negated});
    }

    const Node* comparison(const Node* left, int precedence) {
        Node node{.kind = NodeKind::Compare,
                  .extent = left->extent,
                  .mark = token().range,
                  .children = {left}};
        for (const BinaryOperator* row = row_of(kBinaryOperators, token());
             row != nullptr && row->is_comparison; row = row_of(kBinaryOperators, token())) {
            take();
            node.comparisons.push_back(row->op);
            node.children.push_back(expression(precedence + 1));
        }
        node.extent = left->extent.through(node.children.back()->extent);
        return add(std::move(node));
    }

    const Node* conditional(const Node* condition) {
        const Range mark = take().range;
        const Node* yes = expression(0);
        expect(":");
        const Node* no = expression(0);
        return add({.kind = NodeKind::Conditional,
                    .extent = condition->extent.through(no->extent),
                    .mark = mark,
                    .children = {condition, yes, no}});
    }

    const Node* variable() {
        const Range begin = take().range;
        const Token& name = take();
        if (name.kind != TokenKind::Name) fail(name.range, "expected a name after 'let'");
        expect("=");
        const Node* value = operators(0);
        expect(";");
        const std::size_t slot = locals_.size();
        locals_.push_back(name.text);
        tree_.slots = std::max(tree_.slots, locals_.size());
        const Node* body = expression(0);
        locals_.pop_back();
        return add({.kind = NodeKind::Let,
                    .extent = begin.through(body->extent),
                    .mark = name.range,
                    .children = {value, body},
                    .slot = slot});
    }

    // Operands

    const Node* operand() {
        if (const UnaryOperator* row = row_of(kUnaryOperators, token())) {
            const Range mark = take().range;
            return unary(mark, row->op, expression(row->precedence));
        }
        return accesses(primary());
    }

    /// A sign in front of a number makes a literal, so that -1 is a constant.
    const Node* unary(const Range& mark, Operator op, const Node* inner) {
        const Range extent = mark.through(inner->extent);
        if (op == Operator::Negate && inner->kind == NodeKind::Literal &&
            inner->value.is_number()) {
            return add({.kind = NodeKind::Literal,
                        .extent = extent,
                        .mark = extent,
                        .value = apply_unary(op, inner->value)});
        }
        return add({.kind = NodeKind::Unary,
                    .extent = extent,
                    .mark = mark,
                    .children = {inner},
                    .op = op});
    }

    const Node* primary() {
        const Token& first = token();
        switch (first.kind) {
            case TokenKind::Number:
                return literal(take().value);
            case TokenKind::String:
                return literal(Value(take().text));
            case TokenKind::Name:
                return name();
            case TokenKind::Pointer:
                return pointer();
            default:
                break;
        }
        if (is("(")) return parenthesized();
        if (is("[")) return list();
        if (is("{")) return object();
        if (is(".")) return element_member();
        if (is("(", 1)) {
            if (std::string hint = hint_for_function(first.text); !hint.empty()) {
                fail(first.range, fmt::format("unknown function '{}'", first.text), hint);
            }
        }
        fail_if_matches();
        fail(first.range, "expected an operand");
    }

    /// REQUIRES: its token has just been taken.
    const Node* literal(Value value) {
        const Range& range = tokens_[at_ - 1].range;
        return add(
            {.kind = NodeKind::Literal, .extent = range, .mark = range, .value = std::move(value)});
    }

    const Node* name() {
        const Token& first = take();
        if (first.text == "true") return literal(true);
        if (first.text == "false") return literal(false);
        if (first.text == "nil" || first.text == "null" || first.text == "None") {
            return literal(nullptr);
        }
        if (is("(")) return call(first.range, first.text, nullptr);
        if (is(".") && token(1).kind == TokenKind::Name && is("(", 2)) {
            const std::string method = first.text + "." + token(1).text;
            if (functions_.find(method) != nullptr) {
                at_ += 2;
                return call(since(first.range), method, nullptr);
            }
            if (!functions_.in_space(first.text).empty()) {
                fail_unknown_function(first.range.through(token(1).range), method);
            }
        }
        const auto local = std::ranges::find(locals_.rbegin(), locals_.rend(), first.text);
        if (local == locals_.rend()) {
            return add({.kind = NodeKind::Name,
                        .extent = first.range,
                        .mark = first.range,
                        .name = first.text});
        }
        return add({.kind = NodeKind::Local,
                    .extent = first.range,
                    .mark = first.range,
                    .slot = static_cast<std::size_t>(locals_.rend() - local) - 1});
    }

    const Node* pointer() {
        const Token& first = take();
        require_predicate(first.range, first.text);
        const bool is_index = first.text == "#index";
        return add({.kind = is_index ? NodeKind::ElementIndex : NodeKind::Element,
                    .extent = first.range,
                    .mark = first.range});
    }

    void require_predicate(const Range& range, std::string_view text) const {
        if (predicates_ > 0) return;
        fail(range, fmt::format("'{}' is only known inside a predicate", text),
             "for example filter(list, .price > 10) or map(list, # * 2)");
    }

    /// `.name` inside a predicate is `#.name`; the dot is left for accesses().
    const Node* element_member() {
        const Range dot = token().range;
        require_predicate(dot, ".");
        return add({.kind = NodeKind::Element, .extent = {dot.offset, 0}, .mark = dot});
    }

    const Node* parenthesized() {
        take();
        const Node* inner = expression(0);
        expect(")");
        return inner;
    }

    const Node* list() {
        const Range begin = take().range;
        std::vector<const Node*> elements;
        while (!is("]")) {
            elements.push_back(expression(0));
            if (!take_if(",")) break;
        }
        expect("]");
        return add({.kind = NodeKind::List,
                    .extent = since(begin),
                    .mark = begin,
                    .children = std::move(elements)});
    }

    const Node* object() {
        const Range begin = take().range;
        std::vector<const Node*> members;
        while (!is("}")) {
            members.push_back(object_key());
            expect(":");
            members.push_back(expression(0));
            if (!take_if(",")) break;
        }
        expect("}");
        return add({.kind = NodeKind::Map,
                    .extent = since(begin),
                    .mark = begin,
                    .children = std::move(members)});
    }

    const Node* object_key() {
        if (is("(")) return parenthesized();
        const Token& key = take();
        if (key.kind == TokenKind::String || is_word(key)) return literal(Value(key.text));
        fail(key.range, "expected a key", "a key is a name, a string, or (an expression)");
    }

    /// Names, and operators that are words: `a.in` and `{not: 1}` are fine.
    static bool is_word(const Token& token) {
        return token.kind == TokenKind::Name ||
               (token.kind == TokenKind::Symbol && token.text.front() >= 'a' &&
                token.text.front() <= 'z');
    }

    // Access: .name ?.name [key] [from:to]

    const Node* accesses(const Node* node) {
        while (true) {
            if (is(".") || is("?.")) {
                const bool optional = take().text == "?.";
                node = optional && is("[") ? bracket(node, true) : member(node, optional);
            } else if (is("[")) {
                node = bracket(node, false);
            } else {
                return node;
            }
        }
    }

    const Node* member(const Node* object, bool optional) {
        const Token& name = take();
        if (!is_word(name)) fail(name.range, "expected a name after '.'");
        const Range extent = since(object->extent);
        if (is("(")) {
            const bool reads_member =
                object->kind == NodeKind::Name && has_member_calls(object->name) && is(")", 1);
            if (!reads_member) {
                fail(name.range, fmt::format("unknown method '{}'", name.text),
                     hint_for_method(name.text, functions_));
            }
            at_ += 2;
        }
        return add({.kind = NodeKind::Member,
                    .extent = extent,
                    .mark = name.range,
                    .children = {object},
                    .name = name.text,
                    .optional = optional});
    }

    const Node* bracket(const Node* object, bool optional) {
        take();
        Range mark = token().range;
        const Node* from = is(":") ? nullptr : expression(0);
        if (from != nullptr) mark = from->extent;
        if (!take_if(":")) {
            expect("]");
            return add({.kind = NodeKind::Index,
                        .extent = since(object->extent),
                        .mark = mark,
                        .children = {object, from},
                        .optional = optional});
        }
        const Node* to = is("]") ? nullptr : expression(0);
        mark = since(mark);
        expect("]");
        return add({.kind = NodeKind::Slice,
                    .extent = since(object->extent),
                    .mark = mark,
                    .children = {object, from, to},
                    .optional = optional});
    }

    // Calls

    [[noreturn]] void fail_unknown_function(const Range& range, const std::string& name) const {
        std::string hint = hint_for_function(name);
        if (hint.empty()) {
            // A list of all functions would be no help, so only a near miss is named.
            const auto near = closest(name, functions_.names());
            hint =
                near ? fmt::format("did you mean '{}'?", *near) : hint_for_space(name, functions_);
        }
        if (hint.empty()) hint = hint_for_similar_function(name, functions_);
        fail(range, fmt::format("unknown function '{}'", name), std::move(hint));
    }

    /// `x | f(a)` is f(x, a); without parentheses f(x).
    const Node* piped(const Node* left) {
        take();
        const Token& name = take();
        if (name.kind != TokenKind::Name) fail(name.range, "expected a function after '|'");
        return call(name.range, name.text, left);
    }

    const Node* call(const Range& mark, const std::string& name, const Node* piped_in) {
        const Function* function = functions_.find(name);
        if (function == nullptr) fail_unknown_function(mark, name);
        Node node{.kind = NodeKind::Call, .extent = mark, .mark = mark, .function = function};
        if (piped_in != nullptr) node.children.push_back(piped_in);
        if (piped_in == nullptr || is("(")) {
            expect("(");
            while (!is(")")) {
                const bool per_element =
                    function->shape == Shape::PerElement && node.children.size() == 1;
                node.children.push_back(per_element ? predicate() : expression(0));
                if (!take_if(",")) break;
            }
            expect(")");
        }
        node.extent = since(piped_in != nullptr ? piped_in->extent : mark);
        check_arguments(node);
        return add(std::move(node));
    }

    /// Braces around a predicate may be left out; `{name: ...}` is an object, not a predicate.
    const Node* predicate() {
        const bool braces =
            is("{") && !is("}", 1) &&
            !((is_word(token(1)) || token(1).kind == TokenKind::String) && is(":", 2));
        if (braces) take();
        ++predicates_;
        const Node* body = expression(0);
        --predicates_;
        if (braces) expect("}");
        return body;
    }

    void check_arguments(const Node& node) const {
        const Function& function = *node.function;
        const std::size_t given = node.children.size();
        if (given < function.min_arguments || given > function.max_arguments) {
            fail(node.mark,
                 fmt::format("wrong number of arguments for {}(): {}", function.name, given),
                 fmt::format("it is called {}{}", function.name, function.parameters));
        }
        if (function.shape == Shape::Choice) check_choices(node);
        if (function.shape == Shape::Statement) check_statement(node);
    }

    /// Which statements have to end first must be known before they are run.
    void check_statement(const Node& node) const {
        const Node& argument = *node.children[0];
        const std::optional<Value> constant = constant_value(argument);
        const bool fits =
            constant && (constant->kind() == Kind::Int || constant->kind() == Kind::String);
        if (fits) return;
        fail(argument.extent,
             fmt::format("{}() needs the number or name of a statement, written out",
                         node.function->name),
             fmt::format("for example {}(0) or {}('order')", node.function->name,
                         node.function->name));
    }

    void check_choices(const Node& node) const {
        const Node& choices = *node.children[1];
        const std::optional<Value> list = constant_value(choices);
        const bool fits = list && list->kind() == Kind::List && list->size() > 0 &&
                          std::ranges::all_of(list->as_list(), [](const Value& choice) {
                              return choice.kind() == Kind::String;
                          });
        if (fits) return;
        fail(choices.extent,
             fmt::format("argument 2 of {}() must be a list of strings, written out",
                         node.function->name),
             fmt::format("for example {}(get('order'), ['name', 'price'])", node.function->name));
    }

    const Source& source_;
    const FunctionTable& functions_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    Tree tree_;
    std::size_t depth_ = 0;
    std::vector<std::string> locals_;
    int predicates_ = 0;
};

}  // namespace

Tree parse(const Source& source, const FunctionTable& functions) {
    return Parser(source, functions).run();
}

std::string_view operator_text(Operator op) {
    for (const BinaryOperator& row : kBinaryOperators) {
        if (row.op == op) return row.text;
    }
    for (const UnaryOperator& row : kUnaryOperators) {
        if (row.op == op) return row.text;
    }
    return "?";
}

}  // namespace kdeps::expr
