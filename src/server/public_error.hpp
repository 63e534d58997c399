#pragma once

#include <string>
#include <string_view>

#include "kdeps/base/error.hpp"

namespace kdeps::server {

/// How a client sees an Error.
struct PublicError {
    int status;
    std::string_view code;
    std::string message;  ///< Only what is meant for clients, unless debug.
};

/// Maps by one table; docs/reference/http.md shows it. A status that the workflow asked for
/// (`detail().http_status`, 400..599) wins, and a failed check then takes the code of that status.
[[nodiscard]] PublicError public_error(const Error& error, bool debug);

}  // namespace kdeps::server
