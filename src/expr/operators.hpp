#pragma once

#include <compare>
#include <optional>

#include "kdeps/base/value.hpp"

#include "ast.hpp"
#include "meter.hpp"

namespace kdeps::expr {

/// nil, false, zero and "" are false; lists, objects and tables are true.
[[nodiscard]] bool is_true(const Value& value);

/// Whether two values are equal: numbers by value, dates and times also with their text, other
/// kinds never with each other.
[[nodiscard]] bool equal(const Value& a, const Value& b, Meter& meter);
/// Order of two numbers, texts, bools, dates or times.
///
/// Errors: Error(ExpressionFailed) for kinds that have no order; NaN is unordered.
[[nodiscard]] std::partial_ordering order(const Value& a, const Value& b);

/// The text of a string, date or time, or of a table; nullopt for other kinds.
[[nodiscard]] std::optional<std::string> text_of(const Value& value);

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
[[nodiscard]] bool apply_comparison(Operator op, const Value& left, const Value& right);

}  // namespace kdeps::expr
