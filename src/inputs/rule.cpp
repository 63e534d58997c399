#include "kdeps/inputs/rule.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/inputs/check.hpp"

namespace kdeps::inputs {
namespace {

struct Row {
    Type type;
    std::string_view name;
    Family family;
};

constexpr std::array kTypes = {
    Row{Type::Any, "any", Family::Any},
    Row{Type::String, "string", Family::Text},
    Row{Type::Integer, "integer", Family::Ordered},
    Row{Type::Number, "number", Family::Ordered},
    Row{Type::Boolean, "boolean", Family::Plain},
    Row{Type::Date, "date", Family::Ordered},
    Row{Type::DateTime, "datetime", Family::Ordered},
    Row{Type::Uuid, "uuid", Family::Text},
    Row{Type::Email, "email", Family::Text},
    Row{Type::Url, "url", Family::Text},
    Row{Type::Array, "array", Family::Array},
    Row{Type::Object, "object", Family::Object},
};

const Row& row_of(Type type) {
    return kTypes[static_cast<std::size_t>(type)];
}

/// Whether every value of `narrow` is one of `wide`.
bool is_part_of(Type narrow, Type wide) {
    if (narrow == wide || wide == Type::Any) return true;
    if (wide == Type::Number) return narrow == Type::Integer;
    return wide == Type::String && family_of(narrow) == Family::Text;
}

std::string both(std::string_view what, std::string_view a, std::string_view b) {
    return fmt::format("{} {} and {} {}", what, a, what, b);
}

bool is_above(const std::optional<Value>& lower, const std::optional<Value>& upper) {
    if (!lower || !upper) return false;
    const auto order = compare(*lower, *upper);
    return order && *order > 0;
}

bool is_above(const std::optional<std::size_t>& lower, const std::optional<std::size_t>& upper) {
    return lower && upper && *lower > *upper;
}

std::string size_text(const Rule& rule, std::size_t size) {
    return fmt::format("{} {}", size,
                       family_of(rule.type) == Family::Array ? "elements" : "characters");
}

std::optional<std::string> crossed_limits(const Rule& a, const Rule& b) {
    if (is_above(a.minimum, b.maximum)) {
        return fmt::format("minimum {} and maximum {}", to_text(*a.minimum), to_text(*b.maximum));
    }
    if (!is_above(a.min_size, b.max_size)) return std::nullopt;
    return fmt::format("at least {} and at most {}", size_text(a, *a.min_size),
                       size_text(b, *b.max_size));
}

bool share_a_choice(const Rule& a, const Rule& b) {
    if (a.choices.empty() || b.choices.empty()) return true;
    return std::ranges::any_of(a.choices, [&](const Value& choice) {
        return std::ranges::find(b.choices, choice) != b.choices.end();
    });
}

/// What `b` has against the default of `a`.
std::optional<std::string> refused_default(const Rule& a, const Rule& b) {
    InputMistakes mistakes;
    if (a.fallback) (void)check(b, *a.fallback, {.in = "default"}, mistakes);
    if (mistakes.empty()) return std::nullopt;
    return fmt::format("default {}, which {}", to_text(*a.fallback), mistakes.front().message);
}

std::optional<std::string> inner_contradiction(const Rule& a, const Rule& b) {
    if (a.items != nullptr && b.items != nullptr) {
        if (const auto found = contradiction(*a.items, *b.items)) return "in `items`: " + *found;
    }
    for (const auto& [name, rule] : a.properties) {
        for (const auto& [other, other_rule] : b.properties) {
            if (name != other) continue;
            if (const auto found = contradiction(rule, other_rule)) {
                return fmt::format("in '{}': {}", name, *found);
            }
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<Type> type_named(std::string_view name) {
    for (const Row& row : kTypes) {
        if (row.name == name && row.type != Type::Any) return row.type;
    }
    return std::nullopt;
}

std::string_view type_name(Type type) {
    return row_of(type).name;
}

std::vector<std::string> type_names() {
    std::vector<std::string> names;
    for (const Row& row : kTypes) {
        if (row.type != Type::Any) names.emplace_back(row.name);
    }
    return names;
}

Family family_of(Type type) {
    return row_of(type).family;
}

std::optional<std::string> contradiction(const Rule& a, const Rule& b) {
    if (!is_part_of(a.type, b.type) && !is_part_of(b.type, a.type)) {
        return both("type", type_name(a.type), type_name(b.type));
    }
    if (a.fallback && b.fallback && !(*a.fallback == *b.fallback)) {
        return both("default", to_text(*a.fallback), to_text(*b.fallback));
    }
    for (const auto& [one, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
        if (auto found = crossed_limits(*one, *other)) return found;
        if (auto found = refused_default(*one, *other)) return found;
    }
    if (!share_a_choice(a, b)) return "no choice of `enum` in common";
    return inner_contradiction(a, b);
}

}  // namespace kdeps::inputs
