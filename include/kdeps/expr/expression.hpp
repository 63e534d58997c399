#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/source.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/expr/function_table.hpp"
#include "kdeps/expr/scope.hpp"

namespace kdeps::expr {

struct Node;  // the syntax tree, private to this module (src/expr/ast.hpp)

/// What one evaluation may cost at most.
struct Budget {
    /// An operation, or an element that one looks at. Reading or writing 256 bytes is a step, too.
    std::size_t max_steps = 1'000'000;
    /// Memory built by one evaluation. A value built by it prints as so much more at most than the
    /// largest one that it was given.
    std::size_t max_bytes = 64u << 20;
};

/// A call written with only literal arguments in an expression, e.g. `get('userId')`; for checks
/// at load time.
struct LiteralCall {
    std::string function;
    std::vector<Value> arguments;
    SourceSpan span;
    bool reads_facet = false;
};

/// A parsed expression. Immutable; cheap to copy.
///
/// Threads: evaluate() may run in several threads at once, each with its own Scope.
class Expression {
 public:
    /// Errors: Error(ExpressionSyntax) with the place inside `origin`.
    [[nodiscard]] static Expression parse(std::string_view text, const TextOrigin& origin,
                                          const FunctionTable& functions);

    /// Errors: Error(ExpressionFailed) with the place of the failing part; also when the budget is
    ///         spent. Errors thrown by the scope pass through, those of its check() soon.
    [[nodiscard]] Value evaluate(Scope& scope, const Budget& budget = {}) const;

    [[nodiscard]] const std::string& text() const;
    [[nodiscard]] SourceSpan span() const;
    /// Built of literals alone, lists and maps too.
    [[nodiscard]] bool is_constant() const;
    /// Every call whose arguments are all constant, in source order.
    [[nodiscard]] std::vector<LiteralCall> literal_calls() const;
    /// Names used freely (not as member, argument name or function), without duplicates.
    [[nodiscard]] std::vector<std::string> free_names() const;
    [[nodiscard]] bool calls_known_function() const;
    [[nodiscard]] bool has_operator_or_access() const;
    /// For a call at the top: the function's name and, per argument, its constant value if it has
    /// one. Used for `ident(x, [...])` and `oneOf(x, [...])` in SQL.
    struct TopCall {
        std::string function;
        std::vector<std::optional<Value>> constants;
    };
    [[nodiscard]] std::optional<TopCall> top_call() const;

 private:
    struct Parsed;
    explicit Expression(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
    std::shared_ptr<const Parsed> parsed_;
};

}  // namespace kdeps::expr
