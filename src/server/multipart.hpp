#pragma once

#include <string_view>

#include "url.hpp"

namespace kdeps::server {

/// Reads the text fields of a multipart/form-data body.
///
/// Errors: Error(UnsupportedMediaType) for a part that is a file; Error(BadRequest) for anything
///         that is not well-formed.
/// Source: RFC 7578, RFC 2046 section 5.1.
[[nodiscard]] FormFields parse_multipart(std::string_view body, std::string_view content_type);

/// Parameter `name` of a header such as `form-data; name="x"`; empty if there is none.
[[nodiscard]] std::string header_parameter(std::string_view header, std::string_view name);

}  // namespace kdeps::server
