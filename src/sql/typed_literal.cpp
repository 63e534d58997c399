#include "typed_literal.hpp"

#include <algorithm>
#include <array>

#include "kdeps/base/text.hpp"

#include "words.hpp"

namespace kdeps::sql {
namespace {

/// Walks backwards over the tokens before a literal.
class TypePhrase {
 public:
    TypePhrase(std::string_view text, Dialect dialect, std::span<const Token> code,
               std::size_t literal)
        : text_(text), dialect_(dialect), code_(code), first_(literal) {}

    /// Index of the first token of the type's name.
    std::optional<std::size_t> find() {
        if (dialect_ == Dialect::Postgres) {
            if (skip_word("precision")) return skip_word("double") ? done() : std::nullopt;
            if (skip_word("varying")) {
                return skip_word("character") || skip_word("char") || skip_word("bit")
                           ? done()
                           : std::nullopt;
            }
            if (skip_word("zone")) {
                const bool typed = skip_word("time") && (skip_word("with") || skip_word("without"));
                if (!typed) return std::nullopt;  // AT TIME ZONE '...'
            }
            skip_modifier();
        }
        if (first_ == 0 || code_[first_ - 1].kind != TokenKind::Word ||
            !is_type_name(code_[first_ - 1].of(text_), dialect_)) {
            return std::nullopt;
        }
        --first_;
        return done();
    }

 private:
    bool skip_word(std::string_view word) {
        if (first_ == 0 || !code_[first_ - 1].is_word(text_, word)) return false;
        --first_;
        return true;
    }

    /// `(10,2)`
    void skip_modifier() {
        if (first_ == 0 || code_[first_ - 1].kind != TokenKind::Close) return;
        std::size_t index = first_ - 1;
        while (index > 0 && (code_[index - 1].kind == TokenKind::Number ||
                             code_[index - 1].kind == TokenKind::Comma)) {
            --index;
        }
        if (index > 0 && code_[index - 1].kind == TokenKind::Open) first_ = index - 1;
    }

    /// `t.date '...'` is no type.
    [[nodiscard]] std::optional<std::size_t> done() const {
        if (first_ > 0 && code_[first_ - 1].kind == TokenKind::Dot) return std::nullopt;
        return first_;
    }

    std::string_view text_;
    Dialect dialect_;
    std::span<const Token> code_;
    std::size_t first_;
};

bool is_interval_unit(std::string_view text, std::span<const Token> code, std::size_t index) {
    constexpr std::array<std::string_view, 6> kUnits = {"year", "month",  "day",
                                                        "hour", "minute", "second"};
    return index < code.size() && std::any_of(kUnits.begin(), kUnits.end(), [&](auto unit) {
               return code[index].is_word(text, unit);
           });
}

/// What a type is called in CAST where that differs from the name in front of a literal.
std::string cast_name(std::string_view type, Dialect dialect) {
    const bool time = equals_ignoring_case(type, "time");
    const bool stamp =
        equals_ignoring_case(type, "timestamp") || equals_ignoring_case(type, "datetime");
    // CAST(x AS TIME) and CAST(x AS DATETIME) cut fractions of a second on MySQL.
    if (dialect == Dialect::MySql && time) return "TIME(6)";
    if (dialect == Dialect::MySql && stamp) return "DATETIME(6)";
    // A T-SQL timestamp is a row version, not a time.
    if (dialect == Dialect::SqlServer && stamp) return "DATETIME2";
    return std::string(type);
}

}  // namespace

std::optional<TypedLiteral> typed_literal(std::string_view text, Dialect dialect,
                                          std::span<const Token> code, std::size_t literal) {
    const auto first = TypePhrase(text, dialect, code, literal).find();
    if (!first) return std::nullopt;
    const std::size_t begin = code[*first].begin;
    const std::string_view type = text.substr(begin, code[literal - 1].end - begin);
    if (dialect == Dialect::Sqlite) {
        // CAST(x AS DATE) is a number on SQLite; its date functions keep ISO text.
        const bool stamp = equals_ignoring_case(type, "timestamp");
        return TypedLiteral{*first, literal, (stamp ? "datetime" : to_lower(type)) + "(", ")"};
    }
    if (dialect == Dialect::Postgres && equals_ignoring_case(type, "interval") &&
        is_interval_unit(text, code, literal + 1)) {
        // The unit belongs to the literal: as a modifier of CAST it would only cut digits.
        return TypedLiteral{*first, literal + 1, "CAST(CAST(",
                            " AS text) || ' " + to_lower(code[literal + 1].of(text)) + "' AS " +
                                std::string(type) + ")"};
    }
    return TypedLiteral{*first, literal, "CAST(", " AS " + cast_name(type, dialect) + ")"};
}

}  // namespace kdeps::sql
