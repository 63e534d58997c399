#include "convert.hpp"

#include <array>
#include <string>
#include <string_view>

#include "kdeps/base/text.hpp"

#include "formats.hpp"

namespace kdeps::inputs {
namespace {

/// As many as JSON may have: further ones only make whatever reads them slow.
constexpr std::size_t kMaxDigits = 5000;

bool is_text(const Value& value) {
    return value.kind() == Kind::String;
}

/// The number that a text spells, without a plus sign, white space or a bare point.
std::optional<Value> spelled_number(const std::string& text) {
    if (text.empty() || text.front() == '+') return std::nullopt;
    if (const auto integer = parse_int64(text)) return Value(*integer);
    if (text.size() > kMaxDigits) return std::nullopt;
    const auto decimal = Decimal::parse(text);
    if (!decimal || decimal->digit_count() > kMaxDigits) return std::nullopt;
    return Value(*decimal);
}

std::optional<Value> to_number(const Value& value) {
    if (value.is_number()) return value;
    return value.is_client_text() ? spelled_number(value.as_string()) : std::nullopt;
}

std::optional<Value> to_integer(const Value& value) {
    const auto number = to_number(value);
    if (!number || number->kind() == Kind::Int) return number;
    const auto exact = number->kind() == Kind::Decimal
                           ? std::optional(number->as_decimal())
                           : Decimal::parse(double_text(number->as_double()));
    const auto integer = exact ? exact->to_int64() : std::nullopt;
    return integer ? std::optional(Value(*integer)) : std::nullopt;
}

std::optional<Value> to_boolean(const Value& value) {
    constexpr std::array<std::string_view, 4> kTrue = {"true", "1", "on", "yes"};
    constexpr std::array<std::string_view, 4> kFalse = {"false", "0", "off", "no"};
    if (value.kind() == Kind::Bool) return value;
    if (!value.is_client_text()) return std::nullopt;
    for (const std::string_view word : kTrue) {
        if (equals_ignoring_case(value.as_string(), word)) return Value(true);
    }
    for (const std::string_view word : kFalse) {
        if (equals_ignoring_case(value.as_string(), word)) return Value(false);
    }
    return std::nullopt;
}

/// Declared as text, it is text for every database: no number any more that a client spelled.
std::optional<Value> to_string(const Value& value) {
    if (!is_text(value)) return std::nullopt;
    return value.is_client_text() ? Value(value.as_string()) : value;
}

std::optional<Value> to_string_of(bool (*is_so)(std::string_view), const Value& value) {
    return is_text(value) && is_so(value.as_string()) ? to_string(value) : std::nullopt;
}

std::optional<Value> to_temporal(std::optional<Value> (*parse)(std::string_view), Type type,
                                 const Value& value) {
    if (is_text(value)) return parse(value.as_string());
    const bool is_date = value.kind() == Kind::Date;
    const bool is_time = value.kind() == Kind::Timestamp || value.kind() == Kind::TimestampTz;
    return (type == Type::Date ? is_date : is_time) ? std::optional(value) : std::nullopt;
}

std::optional<Value> to_array(const Value& value) {
    if (value.kind() == Kind::List) return value;
    return value.is_client_text() ? std::optional(Value(Value::List{value})) : std::nullopt;
}

}  // namespace

std::optional<Value> convert(Type type, const Value& value) {
    switch (type) {
        case Type::Any:
            return value;
        case Type::String:
            return to_string(value);
        case Type::Integer:
            return to_integer(value);
        case Type::Number:
            return to_number(value);
        case Type::Boolean:
            return to_boolean(value);
        case Type::Date:
            return to_temporal(parse_date, type, value);
        case Type::DateTime:
            return to_temporal(parse_datetime, type, value);
        case Type::Uuid:
            return to_string_of(is_uuid, value);
        case Type::Email:
            return to_string_of(is_email, value);
        case Type::Url:
            return to_string_of(is_url, value);
        case Type::Array:
            return to_array(value);
        case Type::Object:
            return value.kind() == Kind::Object ? std::optional(value) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace kdeps::inputs
