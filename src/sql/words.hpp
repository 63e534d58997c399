#pragma once

#include <string_view>

namespace kdeps::sql {

/// Whether an operand, not an operator, follows this keyword (`AND`, `LIKE`, `LIMIT`, ...); then
/// `?` after it is a placeholder. Any other word is itself an operand.
[[nodiscard]] bool expects_operand(std::string_view word);

}  // namespace kdeps::sql
