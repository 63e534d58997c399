#pragma once

#include <string>

#include "kdeps/engine/request.hpp"

#include "exchange.hpp"

namespace kdeps::server {

/// Turns an HTTP request into what a run sees.
///
/// Values:  `query` holds the first value per name, as strings. `body` is, by content type: the
///          parsed document of JSON; an object of strings of a form (urlencoded or multipart);
///          anything else is tried as JSON and otherwise given as one string, or as bytes when it
///          is not UTF-8; nil when there is no body.
/// Errors:  Error(BadRequest) for bad escapes, invalid JSON where JSON was announced, and
///          malformed forms; Error(UnsupportedMediaType) for files and other charsets.
[[nodiscard]] engine::Request build_request(const Incoming& incoming, std::string id,
                                            Object path_parameters);

/// Whether `content_type` is application/json or ends in +json, parameters aside.
[[nodiscard]] bool is_json_type(std::string_view content_type);

}  // namespace kdeps::server
