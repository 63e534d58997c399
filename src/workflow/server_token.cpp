#include "server_token.hpp"

#include <algorithm>

#include "kdeps/base/text.hpp"

namespace kdeps::workflow {

std::optional<TokenFlaw> flaw_of_token(std::string_view token) {
    if (token.find_first_of("\r\n") != std::string_view::npos) {
        return TokenFlaw{"holds a line break, which no request can send",
                         "write it on one line; a line break at its end is dropped"};
    }
    const auto is_control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7F; };
    if (std::ranges::any_of(token, is_control)) {
        return TokenFlaw{"holds a control character, which no request can send", "remove it"};
    }
    if (trim(token).size() != token.size()) {
        return TokenFlaw{"begins or ends with a blank, which no request can send",
                         "remove the blank"};
    }
    return std::nullopt;
}

}  // namespace kdeps::workflow
