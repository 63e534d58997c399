#include <cstdint>
#include <cstring>

#include "kdeps/base/text.hpp"

#include "json_writer.hpp"

namespace kdeps {

namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

/// Whether one of the eight bytes must be looked at: a control character, `"`, `\` or non-ASCII.
bool has_special(std::uint64_t word) {
    const auto has_byte = [word](std::uint64_t byte) {
        const std::uint64_t difference = word ^ (kOnes * byte);
        return (difference - kOnes) & ~difference;
    };
    const std::uint64_t control = (word - kOnes * 0x20) & ~word;
    return ((word | control | has_byte('"') | has_byte('\\')) & kHighs) != 0;
}

bool is_special(unsigned char c) {
    return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}

/// Copies the plain bytes at the start of `text`; returns how many.
std::size_t copy_plain(std::string_view text, char* to) {
    std::size_t done = 0;
    while (text.size() - done >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + done, sizeof(word));
        if (has_special(word)) break;
        std::memcpy(to + done, &word, sizeof(word));
        done += sizeof(word);
    }
    for (; done < text.size() && !is_special(static_cast<unsigned char>(text[done])); ++done) {
        to[done] = text[done];
    }
    return done;
}

void put_escape(unsigned char c, OutputCursor& out) {
    constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
        case '"':
            return out.put("\\\"");
        case '\\':
            return out.put("\\\\");
        case '\b':
            return out.put("\\b");
        case '\f':
            return out.put("\\f");
        case '\n':
            return out.put("\\n");
        case '\r':
            return out.put("\\r");
        case '\t':
            return out.put("\\t");
        default:
            out.put("\\u00");
            out.put(kHex[c >> 4U]);
            out.put(kHex[c & 15U]);
    }
}

}  // namespace

void put_json_string(std::string_view text, OutputCursor& out) {
    constexpr std::size_t kPiece = 65'536;  // so that the cursor can charge in between
    out.put('"');
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, kPiece);
        char* to = out.room(piece.size());
        const std::size_t plain = copy_plain(piece, to);
        out.advance_to(to + plain);
        text.remove_prefix(plain);
        if (plain == piece.size()) continue;
        const auto first = static_cast<unsigned char>(text.front());
        std::size_t taken = 1;
        if (first < 0x80) {
            put_escape(first, out);
        } else if (const std::size_t sequence = utf8_sequence(text); sequence > 0) {
            out.put(text.substr(0, sequence));
            taken = sequence;
        } else {
            out.put("\xEF\xBF\xBD");  // U+FFFD
        }
        text.remove_prefix(taken);
    }
    out.put('"');
}

}  // namespace kdeps
