#pragma once

#include <cstddef>
#include <string_view>

namespace kdeps::expr {

// std::string::find takes quadratic time on hostile text; these take linear time.

/// Byte offset of the first `part` at or behind `from`; npos if there is none.
[[nodiscard]] std::size_t find_text(std::string_view text, std::string_view part, std::size_t from);
/// Byte offset of the last `part`; npos if there is none.
[[nodiscard]] std::size_t find_last_text(std::string_view text, std::string_view part);

}  // namespace kdeps::expr
