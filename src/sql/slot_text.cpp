#include "slot_text.hpp"

#include <algorithm>
#include <cctype>

#include "kdeps/base/text.hpp"

namespace kdeps::sql {
namespace {

/// Whether the parenthesis at `open` is closed by the last character of `text`.
bool closes_at_end(std::string_view text, std::size_t open) {
    int depth = 0;
    for (std::size_t pos = open; pos < text.size();) {
        const char c = text[pos];
        if (c == '\'' || c == '"' || c == '`') {
            pos = literal_end(text, pos);
            continue;
        }
        if (c == '(' || c == '[' || c == '{') ++depth;
        if (c == ')' || c == ']' || c == '}') --depth;
        ++pos;
        if (depth == 0) return pos == text.size();
    }
    return false;
}

/// Reads up to `most` digits of `base` at `pos`, moving it; nullopt without any.
std::optional<unsigned> read_digits(std::string_view text, std::size_t& pos, int base,
                                    std::size_t most) {
    unsigned value = 0;
    const std::size_t begin = pos;
    while (pos < text.size() && pos - begin < most) {
        const int digit = hex_digit(text[pos]);
        if (digit < 0 || digit >= base) break;
        value = value * static_cast<unsigned>(base) + static_cast<unsigned>(digit);
        ++pos;
    }
    if (pos == begin) return std::nullopt;
    return value;
}

/// `\ooo`, `\xhh`, `\uhhhh`, `\Uhhhhhhhh` of E'' strings; false when `pos` is at none of them.
bool append_numeric_escape(std::string_view text, std::size_t& pos, std::string& out) {
    std::size_t at = pos;
    std::optional<unsigned> code;
    const char c = text[at];
    if (c >= '0' && c <= '7') {
        code = read_digits(text, at, 8, 3);
    } else if (c == 'x' || c == 'u' || c == 'U') {
        ++at;
        code = read_digits(text, at, 16, c == 'x' ? 2 : (c == 'u' ? 4 : 8));
    }
    if (!code) return false;
    // Octal and \x escapes name bytes, \u and \U name characters.
    if (c == 'u' || c == 'U') {
        const bool is_character = *code <= 0x10FFFFU && (*code < 0xD800U || *code > 0xDFFFU);
        append_utf8(out, is_character ? *code : U'\uFFFD');
    } else {
        out += static_cast<char>(*code & 0xFFU);
    }
    pos = at;
    return true;
}

/// Resolves the escape behind a backslash at `pos - 1`, moving `pos` behind it.
///
/// Source: PostgreSQL manual 4.1.2.2; MySQL manual, "String Literals".
void append_escape(std::string_view text, std::size_t& pos, const Dialect& dialect,
                   std::string& out) {
    if (dialect.escape_strings && append_numeric_escape(text, pos, out)) return;
    const char c = text[pos++];
    const bool stays = dialect.backslash_strings && (c == '%' || c == '_');  // for LIKE
    if (stays) out += '\\';
    const std::string_view pairs = dialect.control_escapes;
    std::size_t at = 0;
    while (at < pairs.size() && pairs[at] != c) at += 2;
    out += at < pairs.size() ? pairs[at + 1] : c;
}

}  // namespace

SlotRole role_of(std::string_view expression) {
    const std::string_view text = trim(expression);
    const auto is_call = [text](std::string_view name) {
        if (!text.starts_with(name)) return false;
        const std::size_t open = text.find_first_not_of(" \t\r\n", name.size());
        return open != std::string_view::npos && text[open] == '(' && closes_at_end(text, open);
    };
    if (is_call("ident")) return SlotRole::Identifier;
    if (is_call("oneOf")) return SlotRole::Fragment;
    return SlotRole::Value;
}

std::string unescape_literal(std::string_view body, char quote, StringForm form,
                             const Dialect& dialect) {
    std::string out;
    out.reserve(body.size());
    for (std::size_t pos = 0; pos < body.size();) {
        if (body.substr(pos, 2) == "{{") {
            const std::size_t end = slot_end(body, pos).value_or(body.size());
            out += body.substr(pos, end - pos);
            pos = end;
        } else if (form != StringForm::Dollar && body[pos] == quote) {
            out += quote;
            pos += 2;
        } else if (form == StringForm::Backslash && body[pos] == '\\' && pos + 1 < body.size()) {
            append_escape(body, ++pos, dialect, out);
        } else {
            out += body[pos++];
        }
    }
    return out;
}

}  // namespace kdeps::sql
