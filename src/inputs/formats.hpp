#pragma once

#include <optional>
#include <string_view>

#include "kdeps/base/value.hpp"

namespace kdeps::inputs {

/// One @, a name of what addresses may hold without quotes, a domain with a dot.
///
/// Source:  HTML Living Standard, "valid e-mail address"; a domain of one label is refused.
[[nodiscard]] bool is_email(std::string_view text);
/// `http://` or `https://` with a host, and no white space.
[[nodiscard]] bool is_url(std::string_view text);
/// 8-4-4-4-12 hexadecimal digits.
[[nodiscard]] bool is_uuid(std::string_view text);

/// `2026-01-31`; of an RFC 3339 time, its date as written.
[[nodiscard]] std::optional<Value> parse_date(std::string_view text);
/// RFC 3339, `T` or a space between date and time. With an offset it becomes a timestamptz in UTC,
/// without one a timestamp. What is finer than a microsecond is cut off.
[[nodiscard]] std::optional<Value> parse_datetime(std::string_view text);

}  // namespace kdeps::inputs
