#include "kdeps/workflow/declarations.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/inputs/check.hpp"
#include "kdeps/inputs/pattern.hpp"
#include "kdeps/workflow/schema.hpp"
#include "kdeps/workflow/workflow.hpp"

#include "schemas.hpp"

namespace kdeps::workflow {
namespace {

using inputs::Family;
using inputs::Rule;
using inputs::Type;

/// Nullopt when it holds a number that no value holds.
std::optional<Value> value_of(const Node& node) {
    if (node.is_list()) {
        Value::List elements;
        for (const Node& item : node.items) {
            auto element = value_of(item);
            if (!element) return std::nullopt;
            elements.push_back(*std::move(element));
        }
        return Value(std::move(elements));
    }
    if (!node.is_map()) return scalar_value(node);
    Object members;
    for (const auto& [key, value] : node.members) {
        auto member = value_of(value);
        if (!member) return std::nullopt;
        members.set(key.text, *std::move(member));
    }
    return Value(std::move(members));
}

struct Limit {
    const char* key;
    Family family;
    Type implied;  ///< Where no type is written.
};
constexpr std::array kLimits = {
    Limit{"minimum", Family::Ordered, Type::Number},
    Limit{"maximum", Family::Ordered, Type::Number},
    Limit{"min", Family::Ordered, Type::Number},
    Limit{"max", Family::Ordered, Type::Number},
    Limit{"minLength", Family::Text, Type::String},
    Limit{"maxLength", Family::Text, Type::String},
    Limit{"pattern", Family::Text, Type::String},
    Limit{"minItems", Family::Array, Type::Array},
    Limit{"maxItems", Family::Array, Type::Array},
    Limit{"items", Family::Array, Type::Array},
    Limit{"properties", Family::Object, Type::Object},
    Limit{"additional", Family::Object, Type::Object},
};

std::string_view limits_of(Family family) {
    switch (family) {
        case Family::Text:
            return "a text has minLength, maxLength and pattern";
        case Family::Ordered:
            return "numbers, dates and times have minimum and maximum";
        case Family::Array:
            return "an array has minItems, maxItems and items";
        case Family::Object:
            return "an object has properties and additional";
        default:
            return "it has an enum at most";
    }
}

Type type_of(const Value& value) {
    switch (value.kind()) {
        case kdeps::Kind::String:
            return Type::String;
        case kdeps::Kind::Int:
            return Type::Integer;
        case kdeps::Kind::Decimal:
            return Type::Number;
        case kdeps::Kind::Bool:
            return Type::Boolean;
        default:
            return Type::Any;
    }
}

/// Reads one rule and those inside.
class RuleReader {
 public:
    RuleReader(std::string name, const Fields& fields, Diagnostics& diagnostics)
        : name_(std::move(name)), fields_(fields), diagnostics_(diagnostics) {}

    Rule read() {
        rule_.type = type();
        check_limits();
        rule_.is_required = fields_.flag("required").value_or(false);
        rule_.message = fields_.text("message").value_or("");
        read_bounds();
        read_sizes();
        read_pattern();
        read_choices();
        read_inside();
        read_default();
        return std::move(rule_);
    }

 private:
    void report(const Node& node, std::string message, std::string hint) {
        diagnostics_.error(ErrorCode::InvalidValue, message, node.span, std::move(hint));
    }

    Type type() {
        if (const auto name = fields_.text("type")) {
            return inputs::type_named(*name).value_or(Type::Any);
        }
        for (const Limit& limit : kLimits) {
            if (fields_.find(limit.key) != nullptr) return limit.implied;
        }
        return type_of_choices();
    }

    Type type_of_choices() {
        const Node* choices = fields_.find("enum");
        if (choices == nullptr || choices->items.empty()) return Type::Any;
        std::optional<Type> common;
        for (const Node& item : choices->items) {
            const auto value = item.is_scalar() ? scalar_value(item) : std::nullopt;
            const Type own = value ? type_of(*value) : Type::Any;
            if (common && *common != own) return Type::Any;
            common = own;
        }
        return *common;
    }

    void check_limits() {
        const Family family = inputs::family_of(rule_.type);
        const auto refuse = [&](const char* key) {
            const Node* value = fields_.find(key);
            if (value == nullptr) return;
            report(*value,
                   fmt::format("'{}' of '{}' has no meaning for type {}", key, name_,
                               inputs::type_name(rule_.type)),
                   std::string(limits_of(family)));
        };
        if (rule_.type == Type::Any) return;
        for (const Limit& limit : kLimits) {
            if (limit.family != family) refuse(limit.key);
        }
        if (family == Family::Array || family == Family::Object) refuse("enum");
    }

    [[nodiscard]] bool has(Family family) const { return inputs::family_of(rule_.type) == family; }

    /// A constant of the rule's own type; what is none is reported.
    std::optional<Value> constant(const char* key, const Node& node) {
        InputMistakes mistakes;
        auto value = value_of(node);
        if (value && !value->is_null()) {
            auto converted =
                inputs::check({.type = rule_.type}, *value, {.in = "workflow"}, mistakes);
            if (converted) value = std::move(converted);
            if (mistakes.empty()) return value;
        }
        report(node,
               fmt::format("'{}' of '{}' {}", key, name_,
                           mistakes.empty() ? "is no value" : mistakes.front().message),
               fmt::format("its type is {}", inputs::type_name(rule_.type)));
        return std::nullopt;
    }

    std::optional<Value> bound(const char* key, const char* short_key) {
        const Node* node = fields_.find(key);
        if (node != nullptr) return constant(key, *node);
        node = fields_.find(short_key);
        return node == nullptr ? std::nullopt : constant(short_key, *node);
    }

    [[nodiscard]] const Node& node_of(const char* key, const char* short_key) const {
        const Node* node = fields_.find(key);
        return node != nullptr ? *node : *fields_.find(short_key);
    }

    void read_bounds() {
        if (!has(Family::Ordered)) return;
        rule_.minimum = bound("minimum", "min");
        rule_.maximum = bound("maximum", "max");
        if (!rule_.minimum || !rule_.maximum) return;
        const auto order = compare(*rule_.minimum, *rule_.maximum);
        if (order && *order <= 0) return;
        report(node_of("minimum", "min"),
               fmt::format("no value of '{}' is at least {} and at most {}", name_,
                           to_text(*rule_.minimum), to_text(*rule_.maximum)),
               "swap them");
    }

    [[nodiscard]] std::optional<std::size_t> size(const char* key) const {
        const auto value = fields_.integer(key);
        return value && *value >= 0 ? std::optional(static_cast<std::size_t>(*value))
                                    : std::nullopt;
    }

    void read_sizes() {
        const bool is_array = has(Family::Array);
        if (!is_array && !has(Family::Text)) return;
        const char* least = is_array ? "minItems" : "minLength";
        rule_.min_size = size(least);
        rule_.max_size = size(is_array ? "maxItems" : "maxLength");
        if (!rule_.min_size || !rule_.max_size || *rule_.min_size <= *rule_.max_size) return;
        report(*fields_.find(least),
               fmt::format("no value of '{}' has at least {} and at most {} {}", name_,
                           *rule_.min_size, *rule_.max_size, is_array ? "elements" : "characters"),
               "swap them");
    }

    void read_pattern() {
        const Node* node = fields_.find("pattern");
        if (node == nullptr || !node->is_scalar() || !has(Family::Text)) return;
        try {
            rule_.pattern = std::make_shared<const inputs::Pattern>(node->text);
        } catch (const Error& error) {
            report(*node, error.what(), error.detail().hint);
        }
    }

    void read_choices() {
        const Node* node = fields_.find("enum");
        if (node == nullptr || has(Family::Array) || has(Family::Object)) return;
        if (!node->is_list() || node->items.empty()) {
            report(*node, fmt::format("'enum' of '{}' must be a list of values", name_),
                   "write for example enum: [open, paid]");
            return;
        }
        for (const Node& item : node->items) {
            if (auto choice = constant("enum", item)) rule_.choices.push_back(*std::move(choice));
        }
    }

    void read_inside() {
        if (const auto items = fields_.map("items"); items && has(Family::Array)) {
            rule_.items =
                std::make_shared<const Rule>(RuleReader(name_ + "[]", *items, diagnostics_).read());
        }
        const Node* properties = fields_.find("properties");
        if (!has(Family::Object)) return;
        rule_.allows_additional = fields_.flag("additional").value_or(true);
        if (properties == nullptr || !properties->is_map()) return;
        for (const auto& [key, value] : properties->members) {
            const Fields fields(&value, &rule_schema());
            rule_.properties.emplace_back(
                key.text,
                RuleReader(fmt::format("{}.{}", name_, key.text), fields, diagnostics_).read());
        }
    }

    void read_default() {
        const Node* node = fields_.find("default");
        if (node == nullptr || node->is_null()) return;
        auto value = value_of(*node);
        InputMistakes mistakes;
        auto converted =
            value ? inputs::check(rule_, *value, {.in = "workflow"}, mistakes) : std::nullopt;
        if (!value || !mistakes.empty()) {
            report(*node,
                   fmt::format("the default of '{}' {}", name_,
                               mistakes.empty() ? "is no value" : mistakes.front().message),
                   "a default must be what is asked of clients");
            return;
        }
        if (rule_.is_required) {
            diagnostics_.warning(ErrorCode::InvalidValue,
                                 fmt::format("the default of '{}' is never used", name_),
                                 node->span, "remove it, or 'required: true'");
        }
        rule_.fallback = converted ? std::move(converted) : std::move(value);
    }

    const std::string name_;
    const Fields& fields_;
    Diagnostics& diagnostics_;
    Rule rule_;
};

class DeclarationReader {
 public:
    DeclarationReader(const Node& validations, Diagnostics& diagnostics)
        : fields_(&validations, &validations_schema()), diagnostics_(diagnostics) {}

    Declarations read() {
        read_named("properties", InputPlace::Anywhere);
        read_named("fields", InputPlace::Anywhere);
        for (const Fields& rule : fields_.map_list("rules")) {
            const Node* name = rule.find("field");
            if (name == nullptr || !name->is_scalar() || name->text.empty()) continue;
            add(*name, rule, InputPlace::Anywhere);
        }
        read_named("params", InputPlace::Query);
        read_named("headers", InputPlace::Header);
        declared_.readable_params = readable("params");
        declared_.readable_headers = readable("headers");
        declared_.allows_additional = fields_.flag("additional").value_or(true);
        return std::move(declared_);
    }

 private:
    void add(const Node& name, const Fields& fields, InputPlace place) {
        declared_.inputs.push_back(
            {name.text, place, RuleReader(name.text, fields, diagnostics_).read(), name.span});
    }

    void read_named(const char* key, InputPlace place) {
        const Node* map = fields_.find(key);
        if (map == nullptr) return;
        for (const auto& [name, value] : map->members) {
            add(name, Fields(&value, &rule_schema()), place);
        }
    }

    std::vector<std::string> readable(const char* key) const {
        const Node* list = fields_.find(key);
        if (list == nullptr || list->is_map()) return {};
        return fields_.text_list(key);
    }

    const Fields fields_;
    Diagnostics& diagnostics_;
    Declarations declared_;
};

}  // namespace

Declarations read_declarations(const Node& validations, Diagnostics& diagnostics) {
    return DeclarationReader(validations, diagnostics).read();
}

}  // namespace kdeps::workflow
