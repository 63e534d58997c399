#pragma once

#include <compare>
#include <optional>

#include "kdeps/base/value.hpp"

#include "ast.hpp"
#include "meter.hpp"

namespace kdeps::expr {

[[nodiscard]] bool is_temporal(const Value& value);  ///< A date, a time, or both.

/// nil, false, zero and "" are false; lists, objects and tables are true.
[[nodiscard]] bool is_true(const Value& value);

/// Whether two values are equal: numbers by value, dates and times also with their text, other
/// kinds never with each other.
[[nodiscard]] bool equal(const Value& a, const Value& b, Meter& meter);
/// Order of two numbers, texts, bools, dates or times.
///
/// Errors: Error(ExpressionFailed) for kinds that have no order; NaN is unordered.
[[nodiscard]] std::partial_ordering order(const Value& a, const Value& b, Meter& meter);

/// The string itself, or the text of a date, time or table; nullopt for other kinds.
[[nodiscard]] std::optional<Value> text_of(const Value& value, Meter& meter);
/// to_text(), charged while it is written.
[[nodiscard]] std::string printed(const Value& value, Meter& meter);
/// Value::size(); the code points of text are counted each time.
[[nodiscard]] std::size_t length_of(const Value& value, Meter& meter);
[[nodiscard]] std::size_t length_of(std::string_view text, Meter& meter);
/// Value::member(). What a row gives is made of its cell each time.
[[nodiscard]] std::optional<Value> member_of(const Value& object, std::string_view name,
                                             Meter& meter);

// REQUIRES: is_number().
[[nodiscard]] Decimal to_decimal(const Value& number);  ///< A double by its shortest text.
[[nodiscard]] double to_double(const Value& number);

/// A decimal that is integral and fits becomes an int.
[[nodiscard]] Value shrink(const Decimal& value);

/// Applies an operator that looks at both values: all but `and`, `or`, `??`.
///
/// Errors: Error(ExpressionFailed) without a place.
[[nodiscard]] Value apply_binary(Operator op, const Value& left, const Value& right, Meter& meter);
[[nodiscard]] Value apply_unary(Operator op, const Value& operand);
[[nodiscard]] bool apply_comparison(Operator op, const Value& left, const Value& right,
                                    Meter& meter);

}  // namespace kdeps::expr
