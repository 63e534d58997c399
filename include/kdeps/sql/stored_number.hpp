#pragma once

#include "kdeps/base/value.hpp"

namespace kdeps::sql {

/// What a decimal is sent as where each value is stored with a type of its own (SQLite): int64, or
/// a double that prints there as the same digits, so that it compares with numbers. Any other one
/// stays the decimal, to be sent as text: no digit is lost.
[[nodiscard]] Value stored_number(const Decimal& value);

}  // namespace kdeps::sql
