#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "kdeps/base/value.hpp"
#include "kdeps/expr/text.hpp"

namespace kdeps::engine {

/// A YAML value whose strings may be text, templates or expressions, at any depth. Immutable.
///
/// Threads: evaluate() may run in several threads at once, each with its own Scope.
class ValueTree {
 public:
    using List = std::vector<ValueTree>;
    using Map = std::vector<std::pair<std::string, ValueTree>>;

    ValueTree() = default;  ///< nil
    explicit ValueTree(Value constant) : data_(std::move(constant)) {}
    explicit ValueTree(expr::Text text) : data_(std::move(text)) {}
    explicit ValueTree(List items) : data_(std::move(items)) {}
    explicit ValueTree(Map members) : data_(std::move(members)) {}

    /// Errors: those of Expression::evaluate().
    [[nodiscard]] Value evaluate(expr::Scope& scope) const;
    /// The elements when this is a list written out in the workflow, else null.
    [[nodiscard]] const List* list() const { return std::get_if<List>(&data_); }
    [[nodiscard]] const Map* map() const { return std::get_if<Map>(&data_); }
    /// Whether this is one string that is evaluated as an expression or template.
    [[nodiscard]] bool is_dynamic_text() const;
    /// Whether every run gives the same, since nothing in it is evaluated.
    [[nodiscard]] bool is_constant() const;
    /// Those of all its texts.
    [[nodiscard]] std::vector<expr::Expression> expressions() const;

 private:
    std::variant<Value, expr::Text, List, Map> data_;
};

}  // namespace kdeps::engine
