#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kdeps/base/value.hpp"

namespace kdeps::server {

/// Decodes `%XX`, and `+` as a space where asked; nullopt for a `%` without two hex digits and for
/// a result that is not UTF-8.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text,
                                                        bool plus_is_space = false);

/// Reads `a=1&b=2` as query strings and forms have it. Of a repeated name the first value wins.
///
/// Errors: Error(BadRequest) naming `what` for a bad escape and beyond 1000 fields.
[[nodiscard]] Object parse_urlencoded(std::string_view text, std::string_view what);

/// Sets `name` unless it is there already. Errors: Error(BadRequest) beyond 1000 fields.
void add_form_field(Object& fields, std::string name, Value value);

}  // namespace kdeps::server
