#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/error.hpp"
#include "kdeps/base/source.hpp"
#include "kdeps/base/value.hpp"

namespace kdeps::expr {

struct Function;

/// A piece of the source text, in bytes.
struct Range {
    std::size_t offset = 0;
    std::size_t length = 0;

    [[nodiscard]] std::size_t end() const { return offset + length; }
    /// From the start of this piece to the end of `last`.
    [[nodiscard]] Range through(const Range& last) const { return {offset, last.end() - offset}; }
};

/// The text of an expression and where it stands, to turn ranges into places.
struct Source {
    std::string_view text;
    const TextOrigin& origin;

    [[nodiscard]] SourceSpan span(const Range& range) const;
    [[noreturn]] void fail(ErrorCode code, const Range& range, const std::string& message,
                           std::string hint = {}) const;
};

enum class Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Contains,
    StartsWith,
    EndsWith,
    Range,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Coalesce,
    Not,
    Negate,
    Plus,
};
/// As it is written: "+", "and", ...
[[nodiscard]] std::string_view operator_text(Operator op);

/// The comment behind each kind lists its children.
enum class NodeKind {
    Literal,
    Name,          // a name the Scope must know
    Local,         // a variable of `let`, in `slot`
    Element,       // `#`: the element a predicate looks at
    ElementIndex,  // `#index`
    List,          // elements
    Map,           // key, value, key, value, ...
    Unary,         // operand
    Binary,        // left, right
    Compare,       // operands of `a < b <= c`, one more than `comparisons`
    Conditional,   // condition, then, else
    Let,           // value, body
    Member,        // object
    Index,         // object, key
    Slice,         // object, from or null, to or null
    Call,          // arguments; the predicate of a function that takes one is its second child
};

struct Node {
    NodeKind kind;
    Range extent;  ///< Everything the node was read from.
    Range mark;    ///< What an error about this node underlines.
    std::vector<const Node*> children = {};
    Value value = {};                          ///< Literal
    std::string name = {};                     ///< Name, Member
    Operator op = Operator::Add;               ///< Unary, Binary
    bool negated = false;                      ///< Binary: written `not in`, ...
    std::vector<Operator> comparisons = {};    ///< Compare
    const Function* function = nullptr;        ///< Call
    bool optional = false;                     ///< Member, Index: written `?.`
    std::size_t slot = 0;                      ///< Local, Let
    bool is_bound = false;                     ///< Call: its first argument is a text as written
    std::optional<std::size_t> resource = {};  ///< and names this; Name: names this
};

/// The value of a part that is built of literals alone.
[[nodiscard]] std::optional<Value> constant_value(const Node& node);

/// Nodes live in one arena: a chain of any length is freed without recursion, and questions about
/// an expression ("which names?") are loops over all of its nodes.
struct Tree {
    std::deque<Node> nodes;
    const Node* root = nullptr;
    std::size_t slots = 0;  ///< Variables of `let` that one evaluation needs.
};

}  // namespace kdeps::expr
