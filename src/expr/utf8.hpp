#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kdeps::expr {

/// Length in bytes of the code point at `offset`; an invalid byte counts as one.
[[nodiscard]] std::size_t code_point_length(std::string_view text, std::size_t offset);
/// Byte offset of code point number `index`; the end of the text if it is shorter.
[[nodiscard]] std::size_t byte_offset(std::string_view text, std::size_t index);
/// Letters of all alphabets, one by one: the German sharp s keeps its form.
[[nodiscard]] std::string to_upper_case(std::string_view text);
[[nodiscard]] std::string to_lower_case(std::string_view text);

}  // namespace kdeps::expr
