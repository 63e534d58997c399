#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/source.hpp"

namespace kdeps {

/// Bytes of the well-formed code point that `text` begins with, 1 to 4; 0 if it begins with none.
[[nodiscard]] std::size_t utf8_sequence(std::string_view text);
/// Byte offset of the first byte that is not valid UTF-8, or nullopt.
[[nodiscard]] std::optional<std::size_t> invalid_utf8(std::string_view text);
/// Number of code points of valid UTF-8; invalid bytes count as one each.
[[nodiscard]] std::size_t code_points(std::string_view text);
/// The code point that `sequence` stands for. REQUIRES: it is one, and well formed.
[[nodiscard]] char32_t decode_utf8(std::string_view sequence);
/// REQUIRES: `code` is a code point, that is at most U+10FFFF and no surrogate.
void append_utf8(std::string& out, char32_t code);

/// `300ms`, `30s`, `5m`, `1h30m`, `1.5s`; a bare number is no duration. Also `us`, `ns`, `h`, `d`.
/// Rounded up to whole milliseconds, so that no positive duration becomes 0.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// Such a text in whole units: 90000 ms is `1m30s`, 1500 ms is `1500ms`.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);
/// `512`, `64KiB`, `64MiB`, `1GiB`, `10MB`, `100B`: bytes; letter case does not matter.
[[nodiscard]] std::optional<std::size_t> parse_byte_size(std::string_view text);

/// A decimal int64 with optional sign and nothing else.
[[nodiscard]] std::optional<std::int64_t> parse_int64(std::string_view text);
/// Cuts the leading digits 0 to 9 off `text` and returns them.
std::string_view take_digits(std::string_view& text);
/// What a hexadecimal digit of either case is worth; -1 for any other character.
[[nodiscard]] int hex_digit(char c);

/// The known name closest to `name`, if it is close enough to be a typing mistake (Damerau-
/// Levenshtein distance up to a third of its length, at least 1; letter case does not count).
[[nodiscard]] std::optional<std::string> closest(std::string_view name,
                                                 std::span<const std::string> known);
/// "did you mean 'x'?", or else "known: a, b, c" (at most ten), or empty when nothing is known.
[[nodiscard]] std::string did_you_mean(std::string_view name, std::span<const std::string> known);

[[nodiscard]] std::string_view trim(std::string_view text);  ///< ASCII white space at both ends.
[[nodiscard]] std::string to_lower(std::string_view text);   ///< ASCII letters only.
[[nodiscard]] std::string to_upper(std::string_view text);   ///< ASCII letters only.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);  ///< ASCII.

/// One `{{ ... }}` in a text, or the literal text between two of them.
struct TemplatePiece {
    bool is_slot;
    std::size_t offset;     ///< Byte offset of `text` in the whole text.
    std::string_view text;  ///< For a slot: what stands between the braces, untrimmed.
};
/// Splits a text at its slots. String literals ('...', "...", `...`) and nested brackets inside a
/// slot may contain `}}`.
///
/// Errors: Error(ExpressionSyntax) at a `{{` that is never closed.
[[nodiscard]] std::vector<TemplatePiece> split_template(std::string_view text,
                                                        const TextOrigin& origin);
[[nodiscard]] bool has_slot(std::string_view text);  ///< Whether `{{` occurs.
/// Offset behind the `}}` of the slot whose `{{` stands at `begin`; nullopt if it is never closed.
[[nodiscard]] std::optional<std::size_t> slot_end(std::string_view text, std::size_t begin);
/// Offset behind the string literal of an expression whose quote stands at `begin`; the end of the
/// text if it is never closed.
[[nodiscard]] std::size_t literal_end(std::string_view text, std::size_t begin);

/// Now in UTC as `2026-01-31T09:30:00Z`; `with_millis` adds `.123`.
[[nodiscard]] std::string utc_text(std::chrono::system_clock::time_point time,
                                   bool with_millis = false);
void append_utc_text(std::string& out, std::chrono::system_clock::time_point time,
                     bool with_millis = false);
/// The text of a version-4 UUID with these random bits; version and variant replace six of them.
[[nodiscard]] std::string uuid_text(const std::array<unsigned char, 16>& random);
/// A version-4 UUID from the random numbers of the operating system.
[[nodiscard]] std::string random_uuid();

}  // namespace kdeps
