#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps {

std::size_t literal_end(std::string_view text, std::size_t begin) {
    const char quote = text[begin];
    for (std::size_t i = begin + 1; i < text.size(); ++i) {
        if (text[i] == quote) return i + 1;
        if (text[i] == '\\' && quote != '`') ++i;  // backtick strings are raw
    }
    return text.size();
}

std::optional<std::size_t> slot_end(std::string_view text, std::size_t begin) {
    std::size_t open_braces = 0;
    for (std::size_t at = begin + 2; at < text.size();) {
        const char c = text[at];
        if (c == '\'' || c == '"' || c == '`') {
            at = literal_end(text, at);
            continue;
        }
        if (c == '{') ++open_braces;
        if (c == '}' && open_braces == 0 && text.substr(at, 2) == "}}") return at + 2;
        if (c == '}' && open_braces > 0) --open_braces;
        ++at;
    }
    return std::nullopt;
}

bool has_slot(std::string_view text) {
    return text.find("{{") != std::string_view::npos;
}

std::vector<TemplatePiece> split_template(std::string_view text, const TextOrigin& origin) {
    std::vector<TemplatePiece> pieces;
    std::size_t offset = 0;
    while (offset < text.size()) {
        const std::size_t open = std::min(text.find("{{", offset), text.size());
        if (open > offset) pieces.push_back({false, offset, text.substr(offset, open - offset)});
        if (open == text.size()) break;
        const std::optional<std::size_t> end = slot_end(text, open);
        if (!end) {
            throw Error(ErrorCode::ExpressionSyntax, "'{{' is never closed by '}}'",
                        {.where = origin.span(text, open, 2)});
        }
        pieces.push_back({true, open + 2, text.substr(open + 2, *end - 2 - (open + 2))});
        offset = *end;
    }
    return pieces;
}

}  // namespace kdeps
