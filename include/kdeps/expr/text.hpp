#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kdeps/expr/expression.hpp"

namespace kdeps::expr {

/// What a string of the workflow is.
enum class TextKind {
    Literal,     ///< Text, as it stands.
    Expression,  ///< The whole string is an expression.
    Template,    ///< Text with `{{ }}`; a single slot and nothing else keeps the value's type.
};

/// What the author forced by a YAML tag: `!text` or `!expr`.
enum class ForcedKind { None, Literal, Expression };

struct Verdict {
    TextKind kind;
    std::string reason;     ///< One clause for `kdeps validate --explain`.
    std::string hint = {};  ///< Set when a Literal begins like a call: what was meant.
};

/// Decides by the rule of docs/reference/expressions.md ("text or expression"): a bare string is an
/// expression only if the whole string parses and either calls a known function, or has an
/// operator, index or member access, at least one name, and only names in `known_names`.
[[nodiscard]] Verdict classify(std::string_view text, ForcedKind forced,
                               const std::vector<std::string>& known_names,
                               const FunctionTable& functions);

/// A string of the workflow, ready to be evaluated. Immutable; cheap to copy.
class Text {
 public:
    /// Errors: Error(ExpressionSyntax) with the place, for slots and forced expressions.
    [[nodiscard]] static Text compile(std::string_view text, const TextOrigin& origin,
                                      ForcedKind forced,
                                      const std::vector<std::string>& known_names,
                                      const FunctionTable& functions);
    /// Only `{{ }}` makes it dynamic: for keys that are never bare expressions.
    [[nodiscard]] static Text compile_template(std::string_view text, const TextOrigin& origin,
                                               const FunctionTable& functions);
    /// Always an expression; an outer `{{ }}` is stripped.
    [[nodiscard]] static Text compile_expression(std::string_view text, const TextOrigin& origin,
                                                 const FunctionTable& functions);

    [[nodiscard]] Value evaluate(Scope& scope) const;
    /// As a condition: nil, false, zero, "" are false; lists, objects and tables are true.
    [[nodiscard]] bool evaluate_condition(Scope& scope) const;
    [[nodiscard]] TextKind kind() const { return kind_; }
    /// The text itself when kind() is Literal.
    [[nodiscard]] const std::string& literal() const { return literal_; }
    [[nodiscard]] const std::vector<Expression>& expressions() const { return expressions_; }

 private:
    TextKind kind_ = TextKind::Literal;
    std::string literal_;
    std::vector<Expression> expressions_;
    std::vector<std::string> between_;  ///< Template: the literal parts around the expressions.
};

}  // namespace kdeps::expr
