#include "kdeps/engine/value_tree.hpp"

#include <algorithm>

namespace kdeps::engine {

namespace {

Value evaluate_list(const ValueTree::List& items, expr::Scope& scope) {
    Value::List values;
    values.reserve(items.size());
    for (const ValueTree& item : items) values.push_back(item.evaluate(scope));
    return Value(std::move(values));
}

Value evaluate_map(const ValueTree::Map& members, expr::Scope& scope) {
    Object object;
    for (const auto& [name, tree] : members) object.set(name, tree.evaluate(scope));
    return Value(std::move(object));
}

}  // namespace

Value ValueTree::evaluate(expr::Scope& scope) const {
    if (const auto* text = std::get_if<expr::Text>(&data_)) return text->evaluate(scope);
    if (const auto* items = std::get_if<List>(&data_)) return evaluate_list(*items, scope);
    if (const auto* members = std::get_if<Map>(&data_)) return evaluate_map(*members, scope);
    return std::get<Value>(data_);
}

bool ValueTree::is_dynamic_text() const {
    const auto* text = std::get_if<expr::Text>(&data_);
    return text != nullptr && text->kind() != expr::TextKind::Literal;
}

bool ValueTree::is_constant() const {
    if (const auto* items = std::get_if<List>(&data_)) {
        return std::ranges::all_of(*items, &ValueTree::is_constant);
    }
    if (const auto* members = std::get_if<Map>(&data_)) {
        return std::ranges::all_of(*members,
                                   [](const auto& member) { return member.second.is_constant(); });
    }
    return !is_dynamic_text();
}

std::vector<expr::Expression> ValueTree::expressions() const {
    if (const auto* text = std::get_if<expr::Text>(&data_)) return text->expressions();
    std::vector<expr::Expression> all;
    const auto add = [&all](const ValueTree& tree) {
        const std::vector<expr::Expression> own = tree.expressions();
        all.insert(all.end(), own.begin(), own.end());
    };
    if (const auto* items = std::get_if<List>(&data_)) {
        for (const ValueTree& item : *items) add(item);
    } else if (const auto* members = std::get_if<Map>(&data_)) {
        for (const auto& [name, tree] : *members) add(tree);
    }
    return all;
}

}  // namespace kdeps::engine
