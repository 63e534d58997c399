#pragma once

#include <string_view>

#include "kdeps/sql/dsn.hpp"

namespace kdeps::sql {

/// Whether an operand, not an operator, follows this keyword (`AND`, `LIKE`, `LIMIT`, ...); then
/// `?` after it is a placeholder. Any other word is itself an operand.
[[nodiscard]] bool expects_operand(std::string_view word);

/// Whether `word '...'` is a typed literal of the dialect, such as DATE '2024-01-31'.
[[nodiscard]] bool is_type_name(std::string_view word, Dialect dialect);

}  // namespace kdeps::sql
