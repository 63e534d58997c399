#include "lexer.hpp"

#include <algorithm>
#include <cctype>
#include <span>
#include <string>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

#include "slot_text.hpp"
#include "words.hpp"

namespace kdeps::sql {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";

bool contains(std::string_view characters, char c) {
    return characters.find(c) != std::string_view::npos;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name_start(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
    Lexer(std::string_view text, const TextOrigin& origin, const Dialect& dialect)
        : text_(text), origin_(origin), dialect_(dialect) {}

    std::vector<Token> run() {
        if (const std::size_t nul = text_.find('\0'); nul != std::string_view::npos) {
            fail(nul, 1, "the statement contains a NUL character");
        }
        for (pos_ = text_.find_first_not_of(kSpace); pos_ < text_.size();
             pos_ = text_.find_first_not_of(kSpace, pos_)) {
            read_token();
        }
        return std::move(tokens_);
    }

 private:
    [[noreturn]] void fail(std::size_t offset, std::size_t length, const std::string& message,
                           std::string hint = {}) const {
        throw Error(ErrorCode::SqlSyntax, message,
                    {.where = origin_.span(text_, offset, length), .hint = std::move(hint)});
    }

    [[nodiscard]] char at(std::size_t offset) const {
        return offset < text_.size() ? text_[offset] : '\0';
    }
    [[nodiscard]] char ahead(std::size_t distance = 1) const { return at(pos_ + distance); }

    Token& add(TokenKind kind, std::size_t end) {
        if (kind != TokenKind::Comment) before_ = tokens_.size();
        tokens_.push_back({.kind = kind, .begin = pos_, .end = end});
        pos_ = end;
        return tokens_.back();
    }
    void add_placeholder(PlaceholderStyle style, std::size_t body, std::size_t body_end,
                         std::size_t end) {
        Token& token = add(TokenKind::Placeholder, end);
        token.style = style;
        token.body_begin = body;
        token.body_end = body_end;
    }

    void read_token() {
        const char c = text_[pos_];
        if (read_comment(c)) return;
        if (c == '{' && ahead() == '{') {
            add(TokenKind::Slot, require_slot_end(pos_));
        } else if (contains(dialect_.string_quotes, c)) {
            read_string(pos_, continues_literal() ? tokens_[before_].form : usual_form());
        } else if (contains(dialect_.name_quotes, c)) {
            read_quoted_name(pos_);
        } else if (is_digit(c) || (c == '.' && is_digit(ahead()))) {
            read_number();
        } else if (is_name_start(c) || (c == '#' && dialect_.hash_names)) {
            read_word();
        } else if (c == '$') {
            read_dollar();
        } else if (c == ':') {
            read_colon();
        } else if (c == '(' || c == '[') {
            if (c == '[') ++brackets_;
            add(TokenKind::Open, pos_ + 1);
        } else if (c == ')' || c == ']') {
            if (c == ']' && brackets_ > 0) --brackets_;
            add(TokenKind::Close, pos_ + 1);
        } else if (c == ',') {
            add(TokenKind::Comma, pos_ + 1);
        } else if (c == '.') {
            add(TokenKind::Dot, pos_ + 1);
        } else if (c == ';') {
            add(TokenKind::Semicolon, pos_ + 1);
        } else {
            read_operator(c);
        }
    }

    bool read_comment(char c) {
        if (c == '/' && ahead() == '*') {
            read_block_comment();
            return true;
        }
        // `5--3` is a subtraction where a comment needs white space after the dashes.
        const bool dashes = c == '-' && ahead() == '-' &&
                            (!dialect_.spaced_dashes || pos_ + 2 >= text_.size() ||
                             static_cast<unsigned char>(ahead(2)) <= ' ');
        if (!dashes && !(c == '#' && dialect_.hash_comments)) return false;
        add_comment(std::min(text_.find('\n', pos_), text_.size()));
        return true;
    }

    void read_block_comment() {
        std::size_t depth = 1;
        for (std::size_t end = pos_ + 2; end + 1 < text_.size(); ++end) {
            if (text_[end] == '*' && text_[end + 1] == '/') {
                ++end;
                if (--depth == 0) return add_comment(end + 1);
            } else if (dialect_.nested_comments && text_[end] == '/' && text_[end + 1] == '*') {
                ++end;
                ++depth;
            }
        }
        fail(pos_, 2, "this comment is never closed", "end it with */");
    }

    void add_comment(std::size_t end) {
        Token& token = add(TokenKind::Comment, end);
        token.has_slot = has_slot(token.of(text_));
    }

    std::size_t require_slot_end(std::size_t begin) const {
        const auto end = slot_end(text_, begin);
        if (!end) {
            fail(begin, 2, "'{{' is never closed",
                 dialect_.array_brackets
                     ? "end the expression with }}; an array of arrays is written "
                       "ARRAY[[1,2],[3,4]]"
                     : "end the expression with }}");
        }
        return *end;
    }

    /// The offset behind the closing quote of what opens at `open`; sets `found_slot`.
    std::size_t quoted_end(std::size_t open, char close, bool doubles, bool backslash,
                           bool& found_slot, const char* what) const {
        for (std::size_t pos = open + 1; pos < text_.size();) {
            const char c = text_[pos];
            if (c == close) {
                if (!doubles || at(pos + 1) != close) return pos + 1;
                pos += 2;
            } else if (c == '\\' && backslash) {
                pos += 2;
            } else if (c == '{' && at(pos + 1) == '{') {
                found_slot = true;
                pos = require_slot_end(pos);
            } else {
                ++pos;
            }
        }
        fail(open, 1, std::string("this ") + what + " is never closed");
    }

    [[nodiscard]] StringForm usual_form() const {
        return dialect_.backslash_strings ? StringForm::Backslash : StringForm::Plain;
    }

    /// `E'a'`, a line break and `'b'` are one literal, with the escapes of its beginning.
    ///
    /// Source: PostgreSQL manual 4.1.2.1; only comments that end with their line may stand between.
    [[nodiscard]] bool continues_literal() const {
        if (!dialect_.continued_strings || before_ >= tokens_.size()) return false;
        const Token& token = tokens_[before_];
        if (token.kind != TokenKind::String || token.form == StringForm::Dollar) return false;
        const auto is_block = [this](const Token& comment) { return text_[comment.begin] == '/'; };
        const auto comments = std::span(tokens_).subspan(before_ + 1);
        return std::ranges::none_of(comments, is_block) &&
               text_.substr(token.end, pos_ - token.end).find_first_of("\n\r") !=
                   std::string_view::npos;
    }

    /// `pos_` is at the prefix, `open` at the quote.
    void read_string(std::size_t open, StringForm form) {
        bool found_slot = false;
        const std::size_t end = quoted_end(open, text_[open], true, form == StringForm::Backslash,
                                           found_slot, "string literal");
        Token& token = add(TokenKind::String, end);
        token.form = form;
        token.has_slot = found_slot;
        token.body_begin = open + 1;
        token.body_end = end - 1;
    }

    void read_quoted_name(std::size_t open) {
        const char close = text_[open] == '[' ? ']' : text_[open];
        const bool doubles = close != ']' || dialect_.doubled_brackets;
        bool found_slot = false;
        const std::size_t end = quoted_end(open, close, doubles, false, found_slot, "quoted name");
        Token& token = add(TokenKind::QuotedName, end);
        token.has_slot = found_slot;
        token.body_begin = open + 1;
        token.body_end = end - 1;
    }

    void read_number() {
        std::size_t end = pos_;
        if (at(end) == '0' && (at(end + 1) | 0x20) == 'x') end += 2;
        const bool hexadecimal = end != pos_;
        while (is_digit(at(end)) || at(end) == '_' ||
               (hexadecimal && std::isxdigit(static_cast<unsigned char>(at(end))) != 0)) {
            ++end;
        }
        if (!hexadecimal && at(end) == '.') {
            ++end;
            while (is_digit(at(end))) ++end;
        }
        if (!hexadecimal && (at(end) | 0x20) == 'e') {
            const std::size_t sign = at(end + 1) == '+' || at(end + 1) == '-' ? 1 : 0;
            if (is_digit(at(end + 1 + sign))) {
                end += 1 + sign;
                while (is_digit(at(end))) ++end;
            }
        }
        add(TokenKind::Number, end);
    }

    [[nodiscard]] std::size_t word_end(std::size_t begin) const {
        const bool signs = dialect_.hash_names;
        while (begin < text_.size() && (is_name_character(text_[begin]) ||
                                        (signs && (text_[begin] == '#' || text_[begin] == '@')))) {
            ++begin;
        }
        return begin;
    }

    void read_word() {
        const std::size_t end = word_end(pos_);
        const std::string_view word = text_.substr(pos_, end - pos_);
        if (at(end) == '\'' && word.size() == 1 && read_prefixed_string(word[0], end)) return;
        const bool unicode = (word == "U" || word == "u") && at(end) == '&';
        if (unicode && at(end + 1) == '\'') return read_string(end + 1, StringForm::Encoded);
        if (unicode && at(end + 1) == '"') return read_quoted_name(end + 1);
        add(TokenKind::Word, end);
    }

    bool read_prefixed_string(char prefix, std::size_t open) {
        switch (prefix | 0x20) {
            case 'e':
                if (!dialect_.escape_strings) return false;
                read_string(open, StringForm::Backslash);
                return true;
            case 'n':
                read_string(open, usual_form());
                return true;
            case 'b':
            case 'x':
                read_string(open, StringForm::Encoded);
                return true;
            default:
                return false;
        }
    }

    void read_dollar() {
        std::size_t end = pos_ + 1;
        if (is_digit(at(end))) {
            while (is_digit(at(end))) ++end;
            return add_placeholder(PlaceholderStyle::Numbered, pos_ + 1, end, end);
        }
        while (is_name_character(at(end)) && at(end) != '$' && end < text_.size()) ++end;
        if (dialect_.dollar_strings && at(end) == '$') return read_dollar_string(end + 1);
        if (dialect_.dollar_names && end > pos_ + 1) {
            return add_placeholder(PlaceholderStyle::Named, pos_ + 1, end, end);
        }
        add(TokenKind::Operator, pos_ + 1);
    }

    void read_dollar_string(std::size_t body) {
        const std::string_view tag = text_.substr(pos_, body - pos_);
        bool found_slot = false;
        std::size_t close = 0;
        // The closing tag may also occur inside a slot, so slots are stepped over one by one.
        for (std::size_t from = body;;) {
            close = text_.find(tag, std::max(from, close));
            if (close == std::string_view::npos) {
                fail(pos_, tag.size(), "this dollar-quoted string is never closed",
                     "end it with " + std::string(tag));
            }
            const std::size_t slot = text_.substr(0, close).find("{{", from);
            if (slot == std::string_view::npos) break;
            found_slot = true;
            from = require_slot_end(slot);
        }
        Token& token = add(TokenKind::String, close + tag.size());
        token.form = StringForm::Dollar;
        token.has_slot = found_slot;
        token.body_begin = body;
        token.body_end = close;
    }

    void read_colon() {
        if (ahead() == ':' || ahead() == '=') {
            add(TokenKind::Operator, pos_ + 2);
        } else if (is_name_start(ahead()) && !is_slice_colon()) {
            const std::size_t end = name_end(pos_ + 1);
            add_placeholder(PlaceholderStyle::Named, pos_ + 1, end, end);
        } else {
            add(TokenKind::Operator, pos_ + 1);
        }
    }

    /// `a[1:n]`
    [[nodiscard]] bool is_slice_colon() const { return brackets_ > 0 && previous_is_operand(); }

    [[nodiscard]] std::size_t name_end(std::size_t begin) const {
        while (begin < text_.size() && is_name_character(text_[begin]) && text_[begin] != '$') {
            ++begin;
        }
        return begin;
    }

    [[nodiscard]] bool previous_is_operand() const {
        if (tokens_.empty() || before_ >= tokens_.size()) return false;
        const Token& token = tokens_[before_];
        switch (token.kind) {
            case TokenKind::Word:
                return !expects_operand(token.of(text_));
            case TokenKind::QuotedName:
            case TokenKind::String:
            case TokenKind::Number:
            case TokenKind::Slot:
            case TokenKind::Placeholder:
            case TokenKind::Variable:
            case TokenKind::Close:
                return true;
            default:
                return false;
        }
    }

    void read_operator(char c) {
        if (c == '@' && read_at()) return;
        if (c == '%' && !previous_is_operand() && read_percent()) return;
        if (c == '?' && read_question_mark()) return;
        add(TokenKind::Operator, operator_end());
    }

    bool read_at() {
        if (dialect_.at_sign == AtSign::Variable) {  // @x, @'x', @`x`, @@global.x
            const std::size_t begin = pos_ + (ahead() == '@' ? 2 : 1);
            add(TokenKind::Variable, std::max(word_end(begin), pos_ + 1));
            return true;
        }
        if (ahead() == '@' && dialect_.at_sign == AtSign::ParameterOrSystem) {
            add(TokenKind::Variable, word_end(pos_ + 2));
            return true;
        }
        if (!is_name_start(ahead())) return false;
        const std::size_t end = name_end(pos_ + 1);
        const std::string_view name = text_.substr(pos_ + 1, end - pos_ - 1);
        const std::string_view native = dialect_.placeholder;  // @p1, in either case
        const bool numbered =
            native.starts_with('@') && name.size() >= native.size() &&
            equals_ignoring_case(text_.substr(pos_, native.size()), native) &&
            name.find_first_not_of("0123456789", native.size() - 1) == std::string_view::npos;
        if (numbered) {
            add_placeholder(PlaceholderStyle::Numbered, pos_ + native.size(), end, end);
        } else {
            add_placeholder(PlaceholderStyle::Named, pos_ + 1, end, end);
        }
        return true;
    }

    struct PercentPlaceholder {
        std::size_t name_end = 0;  ///< 0 for `%s`.
        std::size_t end = 0;       ///< 0 when there is none.
    };

    /// `%s` or `%(name)s` at `begin`.
    [[nodiscard]] PercentPlaceholder percent_placeholder(std::size_t begin) const {
        if (at(begin + 1) == 's' && !is_name_character(at(begin + 2))) return {0, begin + 2};
        if (at(begin + 1) != '(') return {};
        const std::size_t close = name_end(begin + 2);
        if (close == begin + 2 || at(close) != ')' || at(close + 1) != 's') return {};
        return {close, close + 2};
    }

    bool read_percent() {
        const PercentPlaceholder found = percent_placeholder(pos_);
        if (found.end == 0) return false;
        if (found.name_end == 0) {
            add_placeholder(PlaceholderStyle::Sequential, found.end, found.end, found.end);
        } else {
            add_placeholder(PlaceholderStyle::Named, pos_ + 2, found.name_end, found.end);
        }
        return true;
    }

    bool read_question_mark() {
        if (contains(dialect_.operator_characters, '?')) {
            if (ahead() == '?') {
                const bool longer = ahead(2) == '|' || ahead(2) == '&';
                add(TokenKind::EscapedOperator, pos_ + (longer ? 3 : 2));
                return true;
            }
            const std::size_t next = text_.find_first_not_of(kSpace, pos_ + 1);
            if (previous_is_operand() || at(next) == '\'') return false;
        }
        std::size_t end = pos_ + 1;
        while (is_digit(at(end))) ++end;
        if (end > pos_ + 1) {
            add_placeholder(PlaceholderStyle::Numbered, pos_ + 1, end, end);
        } else {
            add_placeholder(PlaceholderStyle::Sequential, end, end, end);
        }
        return true;
    }

    /// The end of the run of operator characters, less placeholder signs glued to a plain operator:
    /// `=?` and `=@id` are `=` and a placeholder; `<@`, `@?` and `<%` are operators.
    ///
    /// Source: PostgreSQL manual 4.1.3. No operator but `@?` has `?` behind its first character.
    [[nodiscard]] std::size_t operator_end() const {
        std::size_t end = pos_ + 1;
        while (end < text_.size() && contains(dialect_.operator_characters, text_[end]) &&
               text_.substr(end, 2) != "--" && text_.substr(end, 2) != "/*") {
            const bool first_of_path_operator = end == pos_ + 1 && text_[pos_] == '@';
            if (text_[end] == '?' && !first_of_path_operator) return end;
            ++end;
        }
        if (end - pos_ < 2) return end;
        const std::string_view rest = text_.substr(pos_, end - pos_ - 1);
        const char sign = text_[end - 1];
        const bool names = (sign == '@' && is_name_start(at(end))) ||
                           (sign == '%' && percent_placeholder(end - 1).end != 0);
        const bool plain =
            rest.find_first_of("@?%") == std::string_view::npos && rest.back() != '<';
        return names && plain ? end - 1 : end;
    }

    std::string_view text_;
    const TextOrigin& origin_;
    const Dialect& dialect_;
    std::vector<Token> tokens_;
    std::size_t pos_ = 0;
    std::size_t before_ = 0;    ///< Index of the last token that is no comment.
    std::size_t brackets_ = 0;  ///< Open `[` that quote no name.
};

}  // namespace

bool is_name_character(char c) {
    return is_name_start(c) || is_digit(c) || c == '$';
}

bool Token::is_word(std::string_view text, std::string_view lower_case) const {
    return kind == TokenKind::Word && equals_ignoring_case(of(text), lower_case);
}

std::vector<Token> tokenize(std::string_view text, const TextOrigin& origin,
                            const Dialect& dialect) {
    return Lexer(text, origin, dialect).run();
}

}  // namespace kdeps::sql
