#include "lexer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "kdeps/base/decimal.hpp"
#include "kdeps/base/text.hpp"

#include "utf8.hpp"

namespace kdeps::expr {
namespace {

// Longer symbols come first: the first that fits is taken.
constexpr std::array<std::string_view, 35> kSymbols = {
    "===", "!==", "&&", "||", "==", "!=", "<=", ">=", "??", "?.", "..", "**",
    "=>",  "+",   "-",  "*",  "/",  "%",  "^",  "<",  ">",  "!",  "?",  ":",
    ".",   ",",   ";",  "(",  ")",  "[",  "]",  "{",  "}",  "|",  "="};

constexpr std::array<std::string_view, 9> kKeywordOperators = {
    "and", "or", "not", "in", "matches", "contains", "startsWith", "endsWith", "let"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool starts_name(char c) {
    // Bytes of other alphabets count as letters.
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

bool continues_name(char c) {
    return starts_name(c) || is_digit(c);
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

class Lexer {
 public:
    explicit Lexer(const Source& source) : source_(source), text_(source.text) {}

    std::vector<Token> run() {
        for (skip_space(); at_ < text_.size(); skip_space()) tokens_.push_back(next());
        tokens_.push_back({TokenKind::End, {text_.size(), 1}});
        return std::move(tokens_);
    }

 private:
    [[noreturn]] void fail(const Range& range, const std::string& message,
                           std::string hint = {}) const {
        source_.fail(ErrorCode::ExpressionSyntax, range, message, std::move(hint));
    }

    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    void skip_digits() {
        while (is_digit(peek())) ++at_;
    }
    Range since(std::size_t begin) const { return {begin, at_ - begin}; }
    std::string written(std::size_t begin) const {
        return std::string(text_.substr(begin, at_ - begin));
    }

    Token next() {
        const char c = peek();
        if (is_digit(c)) return number();
        if (c == '\'' || c == '"') return quoted(c);
        if (c == '`') return raw();
        if (starts_name(c)) return name();
        if (c == '#') return pointer();
        return symbol();
    }

    Token number() {
        const std::size_t begin = at_;
        skip_digits();
        bool exact = true;
        if (peek() == '.' && is_digit(peek(1))) {
            exact = false;
            ++at_;
            skip_digits();
        }
        const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
        if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign))) {
            exact = false;
            at_ += sign;
            skip_digits();
        }
        if (starts_name(peek())) {
            while (continues_name(peek())) ++at_;
            fail(since(begin), fmt::format("'{}' is neither a number nor a name", written(begin)));
        }
        Token token{TokenKind::Number, since(begin), written(begin)};
        const std::optional<std::int64_t> integer =
            exact ? parse_int64(token.text) : std::optional<std::int64_t>();
        if (integer) {
            token.value = Value(*integer);
        } else if (std::optional<Decimal> decimal = Decimal::parse(token.text)) {
            token.value = Value(*std::move(decimal));
        } else {
            fail(token.range, "number has too many digits");
        }
        return token;
    }

    Token name() {
        const std::size_t begin = at_;
        while (continues_name(peek())) ++at_;
        Token token{TokenKind::Name, since(begin), written(begin)};
        if (std::ranges::find(kKeywordOperators, token.text) != kKeywordOperators.end()) {
            token.kind = TokenKind::Symbol;
        }
        return token;
    }

    Token pointer() {
        const std::size_t begin = at_++;
        while (continues_name(peek())) ++at_;
        Token token{TokenKind::Pointer, since(begin), written(begin)};
        if (token.text != "#" && token.text != "#index") {
            fail(token.range, fmt::format("unknown '{}'", token.text),
                 "inside a predicate '#' is the element and '#index' its index");
        }
        return token;
    }

    Token symbol() {
        const std::size_t begin = at_;
        for (std::string_view symbol : kSymbols) {
            if (!text_.substr(at_).starts_with(symbol)) continue;
            at_ += symbol.size();
            if (symbol == "===" || symbol == "!==") {
                fail(since(begin), fmt::format("unknown operator '{}'", symbol),
                     fmt::format("use '{}'", symbol.substr(0, 2)));
            }
            return {TokenKind::Symbol, since(begin), std::string(symbol)};
        }
        ++at_;
        const char c = text_[begin];
        if (c == '&') fail(since(begin), "unexpected '&'", "use 'and' or '&&'");
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            fail(since(begin), "unexpected control character");
        }
        fail(since(begin), fmt::format("unexpected '{}'", c));
    }

    Token raw() {
        const std::size_t begin = at_++;
        const std::size_t end = text_.find('`', at_);
        if (end == std::string_view::npos) fail({begin, 1}, "string is never closed");
        Token token{TokenKind::String, {}, std::string(text_.substr(at_, end - at_))};
        at_ = end + 1;
        token.range = since(begin);
        return token;
    }

    Token quoted(char quote) {
        const std::size_t begin = at_++;
        Token token{TokenKind::String, {}};
        while (true) {
            const char c = peek();
            if (at_ >= text_.size() || c == '\n') fail({begin, 1}, "string is never closed");
            if (c == quote) break;
            if (c == '\\') {
                escape(token.text);
            } else {
                token.text += c;
                ++at_;
            }
        }
        ++at_;
        token.range = since(begin);
        return token;
    }

    void escape(std::string& out) {
        constexpr std::string_view kFrom = "nrtbfav0\\'\"`/";
        constexpr std::string_view kTo = std::string_view("\n\r\t\b\f\a\v\0\\'\"`/", 13);
        const std::size_t begin = at_++;
        const char c = peek();
        ++at_;
        if (const std::size_t known = kFrom.find(c); at_ <= text_.size() && known < kFrom.size()) {
            out += kTo[known];
        } else if (c == 'u') {
            append_utf8(out, unicode_escape(begin));
        } else {
            at_ = std::min(at_, text_.size());
            fail(since(begin), fmt::format("unknown escape '{}'", written(begin)),
                 "use a `raw string` for text with backslashes");
        }
    }

    /// Behind `\u`: four digits, or two such escapes that form a surrogate pair.
    char32_t unicode_escape(std::size_t begin) {
        const char32_t high = four_hex_digits(begin);
        if (high < 0xD800 || high > 0xDFFF) return high;
        if (high <= 0xDBFF && peek() == '\\' && peek(1) == 'u') {
            at_ += 2;
            const char32_t low = four_hex_digits(begin);
            if (low >= 0xDC00 && low <= 0xDFFF) {
                return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            }
        }
        fail(since(begin), "half of a surrogate pair");
    }

    char32_t four_hex_digits(std::size_t begin) {
        char32_t code = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            const int digit = hex_digit(peek());
            if (digit < 0) fail(since(begin), "'\\u' needs four hexadecimal digits");
            code = code * 16 + static_cast<char32_t>(digit);
        }
        return code;
    }

    const Source& source_;
    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(const Source& source) {
    return Lexer(source).run();
}

}  // namespace kdeps::expr
