#include "utf8.hpp"

#include <algorithm>

#include <locale.h>
#include <wctype.h>

#include "kdeps/base/text.hpp"

namespace kdeps::expr {
namespace {

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Unicode letter case from the C library; never freed because it lives as long as the program.
locale_t unicode_locale() {
    static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
}

using CaseMapping = wint_t (*)(wint_t, locale_t);

char ascii_case(char c, CaseMapping mapping) {
    if (mapping == towupper_l) return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string map_case(std::string_view text, CaseMapping mapping) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = code_point_length(text, at);
        if (length == 1) {
            out += ascii_case(text[at], mapping);
        } else if (unicode_locale() == nullptr) {
            out += text.substr(at, length);
        } else {
            const char32_t code = decode_utf8(text.substr(at, length));
            append_utf8(
                out, static_cast<char32_t>(mapping(static_cast<wint_t>(code), unicode_locale())));
        }
        at += length;
    }
    return out;
}

}  // namespace

std::size_t code_point_length(std::string_view text, std::size_t offset) {
    const unsigned char lead = static_cast<unsigned char>(text[offset]);
    const std::size_t length = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length == 1 || lead > 0xF4 || offset + length > text.size()) return 1;
    const std::string_view rest = text.substr(offset + 1, length - 1);
    return std::ranges::all_of(rest, is_continuation) ? length : 1;
}

std::size_t byte_offset(std::string_view text, std::size_t index) {
    std::size_t at = 0;
    for (; index > 0 && at < text.size(); --index) at += code_point_length(text, at);
    return at;
}

std::string_view first_piece(std::string_view text) {
    constexpr std::size_t kPiece = 65'536;
    constexpr std::size_t kLongestTail = 3;
    if (text.size() <= kPiece) return text;
    std::size_t end = kPiece;
    while (end > kPiece - kLongestTail && is_continuation(text[end])) --end;
    return text.substr(0, end);
}

std::string to_upper_case(std::string_view text) {
    return map_case(text, towupper_l);
}
std::string to_lower_case(std::string_view text) {
    return map_case(text, towlower_l);
}

}  // namespace kdeps::expr
