#include "kdeps/testing/expectation.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/inputs/check.hpp"
#include "kdeps/testing/json_path.hpp"

namespace kdeps::testing {

namespace {

/// A value for a message, cut where it is long.
std::string shown(const Value& value) {
    constexpr std::size_t kMost = 200;
    std::string text = to_json(value);
    if (text.size() <= kMost) return text;
    std::size_t end = kMost;
    while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a letter
    return text.substr(0, end) + "...";
}

std::string shown(const Value* value) {
    return value == nullptr ? "nothing" : shown(*value);
}

std::string limits_text(const std::optional<Value>& minimum, const std::optional<Value>& maximum) {
    if (!maximum) return fmt::format("at least {}", shown(*minimum));
    if (!minimum) return fmt::format("at most {}", shown(*maximum));
    if (*minimum == *maximum) return shown(*minimum);
    return fmt::format("from {} to {}", shown(*minimum), shown(*maximum));
}

bool is_of_type(const std::optional<inputs::Type>& type, const Value& value) {
    if (!type || value.is_null()) return !type && value.is_null();
    InputMistakes mistakes;
    (void)inputs::check({.type = *type}, value, {.in = "body"}, mistakes);
    return mistakes.empty();
}

}  // namespace

bool Expectation::is_in_range(const Value& value) const {
    const auto order_to = [&](const std::optional<Value>& limit) { return compare(value, *limit); };
    if (minimum_) {
        const auto order = order_to(minimum_);
        if (!order || *order < 0) return false;
    }
    if (!maximum_) return true;
    const auto order = order_to(maximum_);
    return order && *order <= 0;
}

bool Expectation::is_met_by(const Value& actual) const {
    const Kind kind = actual.kind();
    switch (form_) {
        case Form::Present:
            return true;
        case Form::Literal:
            return actual == value_;
        case Form::Type:
            return is_of_type(type_, actual);
        case Form::Pattern:
            return kind == Kind::String && pattern_->is_in(actual.as_string());
        case Form::Range:
            return is_in_range(actual);
        case Form::Length:
            return (kind == Kind::String || kind == Kind::List || kind == Kind::Object) &&
                   is_in_range(Value::from_unsigned(actual.size()));
        case Form::Substring:
            if (kind == Kind::List) {
                return std::ranges::find(actual.as_list(), value_) != actual.as_list().end();
            }
            return kind == Kind::String &&
                   actual.as_string().find(to_text(value_)) != std::string::npos;
        case Form::SubstringIgnoringCase:
            return kind == Kind::String &&
                   to_lower(actual.as_string()).find(to_lower(value_.as_string())) !=
                       std::string::npos;
        default:
            return false;
    }
}

void Expectation::check(const Value* actual, const std::string& path, Mismatches& found) const {
    if (form_ == Form::All) {
        for (const Expectation& item : items_) item.check(actual, path, found);
    } else if (actual != nullptr && form_ == Form::List && actual->kind() == Kind::List) {
        check_list(*actual, path, found);
    } else if (actual != nullptr && form_ == Form::Map && actual->kind() == Kind::Object) {
        check_map(*actual, path, found);
    } else if (form_ == Form::Absent ? actual != nullptr
                                     : actual == nullptr || !is_met_by(*actual)) {
        found.push_back(
            {span_, path, fmt::format("expected {}, found {}", description(), shown(actual))});
    }
}

void Expectation::check_list(const Value& actual, const std::string& path,
                             Mismatches& found) const {
    const Value::List& elements = actual.as_list();
    if (match_ == Match::Part) {
        for (const Expectation& item : items_) {
            const auto meets = [&](const Value& element) { return item.holds(&element); };
            if (std::ranges::any_of(elements, meets)) continue;
            found.push_back({item.span_, path,
                             fmt::format("expected an element {}, found {}", item.description(),
                                         shown(actual))});
        }
        return;
    }
    for (std::size_t i = 0; i < std::min(items_.size(), elements.size()); ++i) {
        items_[i].check(&elements[i], joined_path(path, i), found);
    }
    if (items_.size() == elements.size()) return;
    found.push_back({span_, path,
                     fmt::format("expected {} elements, found {}: {}", items_.size(),
                                 elements.size(), shown(actual))});
}

void Expectation::check_map(const Value& actual, const std::string& path, Mismatches& found) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
        const auto member = actual.member(names_[i]);
        items_[i].check(member ? &*member : nullptr, joined_path(path, names_[i]), found);
    }
    if (match_ == Match::Part) return;
    actual.for_each_member([&](const std::string& name, const Value& value) {
        if (std::ranges::find(names_, name) != names_.end()) return;
        found.push_back({span_, joined_path(path, name),
                         fmt::format("expected nothing, found {}", shown(value))});
    });
}

bool Expectation::holds(const Value* actual) const {
    Mismatches found;
    check(actual, "$", found);
    return found.empty();
}

std::string Expectation::description() const {
    switch (form_) {
        case Form::Literal:
            return shown(value_);
        case Form::Present:
            return "any value";
        case Form::Absent:
            return "nothing";
        case Form::Type:
            return fmt::format("type {}", type_ ? inputs::type_name(*type_) : "null");
        case Form::Pattern:
            return fmt::format("what matches /{}/", pattern_->text());
        case Form::Range:
            return limits_text(minimum_, maximum_);
        case Form::Length:
            return "length " + limits_text(minimum_, maximum_);
        case Form::Substring:
        case Form::SubstringIgnoringCase:
            return fmt::format("what contains {}", shown(value_));
        case Form::All:
        case Form::List:
        case Form::Map:
            break;
    }
    std::string text;
    for (std::size_t i = 0; i < items_.size(); ++i) {
        const std::string name = form_ == Form::Map ? names_[i] + ": " : "";
        text += (i == 0 ? "" : ", ") + name + items_[i].description();
    }
    if (form_ == Form::All) return text;
    return form_ == Form::Map ? "{" + text + "}" : "[" + text + "]";
}

}  // namespace kdeps::testing
