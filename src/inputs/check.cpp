#include "kdeps/inputs/check.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/base/text.hpp"
#include "kdeps/inputs/pattern.hpp"

#include "convert.hpp"

namespace kdeps::inputs {
namespace {

std::string_view expected(Type type) {
    switch (type) {
        case Type::String:
            return "must be a string";
        case Type::Integer:
            return "must be an integer of at most 64 bits";
        case Type::Number:
            return "must be a number";
        case Type::Boolean:
            return "must be true or false";
        case Type::Date:
            return "must be a date such as 2026-01-31";
        case Type::DateTime:
            return "must be a date and time such as 2026-01-31T09:30:00Z";
        case Type::Uuid:
            return "must be a UUID";
        case Type::Email:
            return "must be an email address";
        case Type::Url:
            return "must be an http or https URL";
        case Type::Array:
            return "must be a list";
        case Type::Object:
            return "must be an object";
        case Type::Any:
            break;
    }
    return "must be a value";
}

/// One value against one rule.
class Checker {
 public:
    Checker(const Rule& rule, const Value& sent, const Path& path, InputMistakes& mistakes)
        : rule_(rule), sent_(sent), path_(path), mistakes_(mistakes) {}

    std::optional<Value> check() {
        if (mistakes_.size() >= kMaxMistakes) return std::nullopt;
        auto value = convert(rule_.type, sent_);
        if (!value) {
            add("type", std::string(expected(rule_.type)));
            return std::nullopt;
        }
        const std::size_t before = mistakes_.size();
        bool is_changed =
            value->kind() != sent_.kind() || value->is_client_text() != sent_.is_client_text();
        check_choices(*value);
        check_bounds(*value);
        check_size(*value);
        check_pattern(*value);
        if (value->kind() == Kind::List && rule_.items != nullptr) {
            is_changed |= check_items(*value);
        }
        if (value->kind() == Kind::Object && !value->is_row()) is_changed |= check_members(*value);
        return is_changed && mistakes_.size() == before ? std::move(value) : std::nullopt;
    }

 private:
    void add(const char* type, std::string message) {
        if (mistakes_.size() >= kMaxMistakes) return;
        mistakes_.push_back({.field = path_.text(),
                             .in = std::string(path_.in),
                             .type = type,
                             .message = rule_.message.empty() ? std::move(message) : rule_.message,
                             .value = shown_value()});
    }

    /// A part of what is called a secret is one, too.
    [[nodiscard]] Value shown_value() const {
        Value value = sent_;
        for (const Path* part = &path_; part != nullptr; part = part->parent) {
            value = shown(part->name, value);
        }
        return value;
    }

    void check_choices(const Value& value) {
        if (rule_.choices.empty() ||
            std::ranges::find(rule_.choices, value) != rule_.choices.end()) {
            return;
        }
        std::vector<std::string> texts;
        for (const Value& choice : rule_.choices) texts.push_back(to_text(choice));
        add("enum", fmt::format("must be one of: {}", fmt::join(texts, ", ")));
    }

    void check_bounds(const Value& value) {
        const auto is_below = [](const Value& a, const Value& b) {
            const auto order = compare(a, b);
            return !order || *order < 0;
        };
        if (rule_.minimum && is_below(value, *rule_.minimum)) {
            add("min", fmt::format("must be at least {}", to_text(*rule_.minimum)));
        }
        if (rule_.maximum && is_below(*rule_.maximum, value)) {
            add("max", fmt::format("must be at most {}", to_text(*rule_.maximum)));
        }
    }

    void check_size(const Value& value) {
        if (!rule_.min_size && !rule_.max_size) return;
        const bool is_array = value.kind() == Kind::List;
        const std::size_t size = value.size();
        const auto text = [&](std::string_view bound, std::size_t limit) {
            return fmt::format("must have {} {} {}{}", bound, limit,
                               is_array ? "element" : "character", limit == 1 ? "" : "s");
        };
        if (rule_.min_size && size < *rule_.min_size) {
            add(is_array ? "minItems" : "minLength", text("at least", *rule_.min_size));
        }
        if (rule_.max_size && size > *rule_.max_size) {
            add(is_array ? "maxItems" : "maxLength", text("at most", *rule_.max_size));
        }
    }

    void check_pattern(const Value& value) {
        if (rule_.pattern == nullptr || rule_.pattern->is_in(value.as_string())) return;
        add("pattern", fmt::format("must match the pattern {}", rule_.pattern->text()));
    }

    /// Whether any element was converted: `value` is then the list of the converted ones.
    bool check_items(Value& value) {
        Value::List converted;
        const Value::List& elements = value.as_list();
        for (std::size_t i = 0; i < elements.size() && mistakes_.size() < kMaxMistakes; ++i) {
            const Path path{.in = path_.in, .index = i, .parent = &path_};
            auto changed = elements[i].is_null()
                               ? missing_item(path)
                               : kdeps::inputs::check(*rule_.items, elements[i], path, mistakes_);
            if (!changed) continue;
            if (converted.empty()) converted = elements;
            converted[i] = *std::move(changed);
        }
        if (converted.empty()) return false;
        value = Value(std::move(converted));
        return true;
    }

    std::optional<Value> missing_item(const Path& path) {
        Checker(*rule_.items, Value(), path, mistakes_)
            .add("type", std::string(expected(rule_.items->type)));
        return std::nullopt;
    }

    /// As check_items(), for the members of an object.
    bool check_members(Value& value) {
        std::optional<Object> converted;
        const Object& members = value.as_object();
        for (const auto& [name, rule] : rule_.properties) {
            const Path path{.in = path_.in, .name = name, .parent = &path_};
            const Value* member = members.find(name);
            const bool is_absent = member == nullptr || member->is_null();
            if (rule.is_required && (is_absent || is_missing(*member))) {
                add_missing(rule, path, mistakes_);
                continue;
            }
            auto changed =
                is_absent ? rule.fallback : kdeps::inputs::check(rule, *member, path, mistakes_);
            if (!changed) continue;
            if (!converted) converted = members;
            converted->set(name, *std::move(changed));
        }
        if (!rule_.allows_additional) refuse_unknown(members);
        if (!converted) return false;
        value = Value(*std::move(converted));
        return true;
    }

    void refuse_unknown(const Object& members) {
        for (const auto& [name, value] : members) {
            const bool is_known = std::ranges::any_of(
                rule_.properties,
                [&known = name](const auto& property) { return property.first == known; });
            if (is_known) continue;
            add_unknown({.in = path_.in, .name = name, .parent = &path_}, mistakes_);
        }
    }

    const Rule& rule_;
    const Value& sent_;
    const Path& path_;
    InputMistakes& mistakes_;
};

void add_plain(const Path& path, const char* type, std::string message, InputMistakes& mistakes) {
    if (mistakes.size() >= kMaxMistakes) return;
    mistakes.push_back({.field = path.text(),
                        .in = std::string(path.in),
                        .type = type,
                        .message = std::move(message),
                        .value = std::nullopt});
}

}  // namespace

std::string Path::text() const {
    std::string text = parent == nullptr ? std::string() : parent->text();
    if (name.empty()) return parent == nullptr ? text : text + fmt::format("[{}]", index);
    if (!text.empty()) text += '.';
    return text.append(name);
}

std::optional<Value> check(const Rule& rule, const Value& value, const Path& path,
                           InputMistakes& mistakes) {
    return Checker(rule, value, path, mistakes).check();
}

bool is_missing(const Value& value) {
    const Kind kind = value.kind();
    if (kind == Kind::Null) return true;
    const bool is_sized = kind == Kind::String || kind == Kind::List || kind == Kind::Object;
    return is_sized && value.size() == 0;
}

void add_missing(const Rule& rule, const Path& path, InputMistakes& mistakes) {
    add_plain(path, "required", rule.message.empty() ? "is required" : rule.message, mistakes);
}

void add_unknown(const Path& path, InputMistakes& mistakes) {
    add_plain(path, "additional", "is not known", mistakes);
}

}  // namespace kdeps::inputs
