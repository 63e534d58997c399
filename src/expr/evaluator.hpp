#pragma once

#include <optional>
#include <vector>

#include "kdeps/expr/function_table.hpp"
#include "kdeps/expr/scope.hpp"

#include "ast.hpp"
#include "functions.hpp"
#include "meter.hpp"

namespace kdeps::expr {

/// Runs one tree once.
///
/// Errors: Error(ExpressionFailed) with the place of the failing part; Error(BadRequest) from
///         oneOf() and ident(); errors of the Scope as they are.
class Evaluator {
 public:
    Evaluator(const Source& source, const Tree& tree, const FunctionTable& functions, Scope& scope,
              const Budget& budget)
        : source_(source),
          tree_(tree),
          functions_(functions),
          scope_(scope),
          meter_(budget, scope),
          locals_(tree.slots) {}

    [[nodiscard]] Value run() { return evaluate(*tree_.root); }

 private:
    struct Element {
        const Value& value;
        std::size_t index;
    };

    Value evaluate(const Node& node);
    Value evaluate_alone(const Node& node);
    Value finish(const Node& node, Value first);
    Value finish_unplaced(const Node& node, Value first);

    Value name(const Node& node);
    Value member(const Node& node, const Value& object);
    Value list(const Node& node);
    Value object(const Node& node);
    Value let(const Node& node);
    Value binary(const Node& node, Value left);
    Value comparison(const Node& node, Value left);
    Value index(const Node& node, const Value& object);
    Value slice(const Node& node, const Value& object);
    Value call(const Node& node, std::vector<Value> arguments);
    Value ask_scope(const Node& node, const std::vector<Value>& arguments);
    [[nodiscard]] std::optional<std::size_t> resource_of(const Node& call,
                                                         const std::vector<Value>& arguments) const;

    const Source& source_;
    const Tree& tree_;
    const FunctionTable& functions_;
    Scope& scope_;
    Meter meter_;
    std::vector<Value> locals_;
    std::vector<Element> elements_;  ///< What `#` means, the innermost predicate last.
};

}  // namespace kdeps::expr
