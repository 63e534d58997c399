#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps {

namespace {

/// Offset behind the string literal that begins at `offset`, or npos if it does not end.
std::size_t skip_string(std::string_view text, std::size_t offset) {
    const char quote = text[offset];
    for (std::size_t i = offset + 1; i < text.size(); ++i) {
        if (text[i] == quote) return i + 1;
        if (text[i] == '\\' && quote != '`') ++i;  // backtick strings are raw
    }
    return std::string_view::npos;
}

/// Offset of the `}}` that closes the slot whose content begins at `offset`, or npos.
std::size_t find_close(std::string_view text, std::size_t offset) {
    std::size_t open_braces = 0;
    while (offset < text.size()) {
        const char c = text[offset];
        if (c == '\'' || c == '"' || c == '`') {
            offset = skip_string(text, offset);
            continue;
        }
        if (c == '{') ++open_braces;
        if (c == '}' && open_braces == 0 && text.substr(offset, 2) == "}}") return offset;
        if (c == '}' && open_braces > 0) --open_braces;
        ++offset;
    }
    return std::string_view::npos;
}

}  // namespace

bool has_slot(std::string_view text) {
    return text.find("{{") != std::string_view::npos;
}

std::vector<TemplatePiece> split_template(std::string_view text) {
    std::vector<TemplatePiece> pieces;
    std::size_t offset = 0;
    while (offset < text.size()) {
        const std::size_t open = std::min(text.find("{{", offset), text.size());
        if (open > offset) pieces.push_back({false, offset, text.substr(offset, open - offset)});
        if (open == text.size()) break;
        const std::size_t close = find_close(text, open + 2);
        if (close == std::string_view::npos) {
            throw Error(ErrorCode::ExpressionSyntax, "'{{' is never closed by '}}'",
                        {.failed_index = open});
        }
        pieces.push_back({true, open + 2, text.substr(open + 2, close - open - 2)});
        offset = close + 2;
    }
    return pieces;
}

}  // namespace kdeps
