#include "quoting.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

namespace kdeps::workflow {
namespace {

std::string quoted(std::string_view text) {
    if (text.find_first_of("\"\\") == std::string_view::npos) return fmt::format("\"{}\"", text);
    std::string out = "'";
    for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
    return out + "'";
}

/// Removes the backslash of `\"` and `\\` (double quotes) or one of `''` (single quotes).
std::string unescaped(std::string_view text, char quote) {
    const char escape = quote == '"' ? '\\' : '\'';
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_escape = text[i] == escape && i + 1 < text.size() &&
                               (text[i + 1] == quote || text[i + 1] == escape);
        if (is_escape) ++i;
        out += text[i];
    }
    return out;
}

}  // namespace

UnquotedSlot unquoted_slot(std::string_view line, std::size_t column, bool in_flow) {
    const std::string_view rest = line.substr(column);
    const std::size_t braces = rest.find("}}");
    const std::size_t slot_end = braces == std::string_view::npos ? rest.size() : braces + 2;
    std::size_t end = slot_end;
    if (!in_flow) end = std::min(rest.find(" #", slot_end), rest.size());
    const std::string_view value = trim(rest.substr(0, end));
    std::string fixed(line.substr(0, column));
    fixed += quoted(value);
    fixed += line.substr(column + value.size());
    return {value.size(), std::string(trim(fixed))};
}

std::optional<SpanContent> inside_span(std::string_view text) {
    constexpr std::string_view kOpen = "<span v-pre>";
    constexpr std::string_view kClose = "</span>";
    if (!text.starts_with(kOpen) || !text.ends_with(kClose)) return std::nullopt;
    const std::string_view inner =
        trim(text.substr(kOpen.size(), text.size() - kOpen.size() - kClose.size()));
    const auto offset = static_cast<std::size_t>(inner.data() - text.data());
    const bool is_quoted = inner.size() >= 2 && (inner.front() == '"' || inner.front() == '\'') &&
                           inner.front() == inner.back();
    if (!is_quoted) return SpanContent{offset, std::string(inner), false};
    return SpanContent{offset + 1, unescaped(inner.substr(1, inner.size() - 2), inner.front()),
                       true};
}

}  // namespace kdeps::workflow
