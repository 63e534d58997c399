#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kdeps::expr {

/// Length in bytes of the code point at `offset`; an invalid byte counts as one.
[[nodiscard]] std::size_t code_point_length(std::string_view text, std::size_t offset);
/// Byte offset of code point number `index`; the end of the text if it is shorter.
[[nodiscard]] std::size_t byte_offset(std::string_view text, std::size_t index);
/// The beginning of `text` up to about 64 KiB, cut between two code points: long texts are worked
/// through piece by piece, so that the meter hears of it.
[[nodiscard]] std::string_view first_piece(std::string_view text);
/// Letters of all alphabets, one by one: the German sharp s keeps its form.
[[nodiscard]] std::string to_upper_case(std::string_view text);
[[nodiscard]] std::string to_lower_case(std::string_view text);

}  // namespace kdeps::expr
