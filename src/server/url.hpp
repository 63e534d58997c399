#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "kdeps/base/value.hpp"
#include "kdeps/engine/request.hpp"

namespace kdeps::server {

/// The fields of a query string or form; names may come several times.
struct FormFields {
    Object first;  ///< Per name the first value, ClientText.
    engine::Repeated repeated;

    /// Errors: Error(BadRequest) beyond 1000 fields.
    void add(std::string name, std::string text);

 private:
    std::size_t count_ = 0;
};

/// Reads `a=1&b=2` as query strings and forms have it.
///
/// Errors: Error(BadRequest) naming `what` for a bad escape and beyond 1000 fields.
[[nodiscard]] FormFields parse_urlencoded(std::string_view text, std::string_view what);

}  // namespace kdeps::server
