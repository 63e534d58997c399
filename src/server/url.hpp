#pragma once

#include <string>
#include <string_view>

#include "kdeps/base/value.hpp"

namespace kdeps::server {

/// Reads `a=1&b=2` as query strings and forms have it. Of a repeated name the first value wins.
///
/// Errors: Error(BadRequest) naming `what` for a bad escape and beyond 1000 fields.
[[nodiscard]] Object parse_urlencoded(std::string_view text, std::string_view what);

/// Sets `name`, as ClientText, unless it is there already. Errors: Error(BadRequest) beyond 1000
/// fields.
void add_form_field(Object& fields, std::string name, std::string value);

}  // namespace kdeps::server
