#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "kdeps/base/charge.hpp"
#include "kdeps/base/value.hpp"

namespace kdeps {

struct JsonLimits {
    std::size_t max_depth = 100;  ///< Levels of nested arrays and objects.
    /// Digits that the exponents of all numbers together may stand for.
    std::size_t max_exponent_digits = 1u << 20;
};

/// Parses one JSON document.
///
/// Values:  numbers that are not int64 keep their own token as Decimal; of a repeated key the last
///          value wins. Numbers beyond 1e4932 are refused, and exponents beyond the limit.
/// Units:   `charge` hears of the memory of each value as it is made.
/// Errors:  Error(BadRequest), message says what was found at which line and column; those of
///          `charge`.
[[nodiscard]] Value parse_json(std::string_view text, JsonLimits limits = {},
                               const Charge& charge = {});

/// Appends `value` as JSON. NaN and infinities print as strings, bytes as base64, temporals as ISO
/// text, a table as an array of objects whatever its format; invalid UTF-8 becomes U+FFFD.
///
/// Errors:  those of `charge`, also below.
void write_json(const Value& value, std::string& out, const Charge& charge = {});
/// The same with a line per element, indented by `indent` spaces.
void write_json_indented(const Value& value, std::string& out, int indent = 2,
                         const Charge& charge = {});
/// How a response leaf prints: like write_json, but a csv or text table is the string of its text,
/// at any depth.
void write_response_json(const Value& value, std::string& out);
[[nodiscard]] std::string to_json(const Value& value);
/// Appends `text` as a JSON string with its quotes.
void write_json_string(std::string_view text, std::string& out);

/// Appends a table as JSON array of objects, CSV (RFC 4180, header always, CRLF line ends, NULL
/// empty, empty string "") or aligned plain text: header, rule, rows; numbers to the right, NULL
/// empty, control characters escaped as in `\n`, every line ends with a newline.
void write_table(const Table& table, TableFormat format, std::string& out,
                 const Charge& charge = {});
/// Appends the text that to_text() gives.
void write_text(const Value& value, std::string& out, const Charge& charge = {});

[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// nullopt if `text` is not base64 with padding.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace kdeps
