#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kdeps::workflow {

struct TokenFlaw {
    std::string message;  ///< Behind "the token".
    std::string hint;
};

/// Why no request could bring this token in a header.
///
/// Source: RFC 9110, 5.5: field values have no control characters, and blanks round them are no
///         part of them.
[[nodiscard]] std::optional<TokenFlaw> flaw_of_token(std::string_view token);

}  // namespace kdeps::workflow
