#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kdeps/base/value.hpp"

namespace kdeps {

/// What is wrong with one input of a request.
struct InputMistake {
    std::string field;    ///< `limit`, `address.zip`, `lines[0].qty`; empty: a rule about several.
    std::string in;       ///< path, query, body, header or input; empty as above.
    std::string type;     ///< The part of the declaration that is not met: required, type, enum ...
    std::string message;  ///< For clients; holds nothing that was sent.
    std::optional<Value> value = std::nullopt;  ///< As sent; shortened, secrets masked.
};

using InputMistakes = std::vector<InputMistake>;

}  // namespace kdeps
