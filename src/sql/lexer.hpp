#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "kdeps/base/source.hpp"
#include "kdeps/sql/dialect.hpp"

namespace kdeps::sql {

enum class TokenKind {
    Word,        ///< Keyword or bare name.
    QuotedName,  ///< "x", `x` or [x], as the dialect has them.
    String,      ///< Any string literal with its prefix.
    Number,
    Comment,
    Slot,         ///< `{{ ... }}` outside of literals and comments.
    Placeholder,  ///< `$1 ? :name @name %s %(name)s`.
    Variable,     ///< `@x` on MySQL, `@@x`: left as it is.
    Operator,
    EscapedOperator,  ///< `??`, `??|`, `??&` on PostgreSQL: sent without the first `?`.
    Open,             ///< ( or [
    Close,            ///< ) or ]
    Comma,
    Dot,
    Semicolon,
};

enum class StringForm {
    Plain,      ///< '...', N'...': only a doubled quote is special.
    Backslash,  ///< E'...', and every string where the dialect says so.
    Dollar,     ///< $tag$...$tag$
    Encoded,    ///< B'...', X'...', U&'...': no room for a slot.
};

enum class PlaceholderStyle {
    Numbered,    ///< $1, ?1, @p1 where the driver takes it
    Sequential,  ///< ?, %s
    Named,       ///< :name, @name, %(name)s, $name where the dialect has it
};

struct Token {
    TokenKind kind;
    std::size_t begin;
    std::size_t end;
    bool has_slot = false;  ///< A literal, quoted name or comment with `{{` in it.
    StringForm form = StringForm::Plain;
    PlaceholderStyle style = PlaceholderStyle::Sequential;
    std::size_t body_begin = 0;  ///< String: inside the quotes; Placeholder: its name or number.
    std::size_t body_end = 0;

    [[nodiscard]] std::string_view of(std::string_view text) const {
        return text.substr(begin, end - begin);
    }
    [[nodiscard]] std::string_view body(std::string_view text) const {
        return text.substr(body_begin, body_end - body_begin);
    }
    [[nodiscard]] bool is_word(std::string_view text, std::string_view lower_case) const;
};

/// Cuts a statement into tokens; white space between them is left out.
///
/// Errors: Error(SqlSyntax) at the opening of whatever is not closed, and for a NUL.
[[nodiscard]] std::vector<Token> tokenize(std::string_view text, const TextOrigin& origin,
                                          const Dialect& dialect);

/// Letters, digits, `_`, `$` and every byte of a non-ASCII character.
[[nodiscard]] bool is_name_character(char c);

}  // namespace kdeps::sql
