#include "typed_literal.hpp"

#include <algorithm>
#include <array>

#include "kdeps/base/text.hpp"

namespace kdeps::sql {
namespace {

const TypeName* find_type(const Dialect& dialect, std::string_view word) {
    const auto type = std::ranges::find_if(dialect.types, [word](const TypeName& known) {
        return equals_ignoring_case(known.name, word);
    });
    return type == dialect.types.end() ? nullptr : &*type;
}

/// Walks backwards over the tokens before a literal.
class TypePhrase {
 public:
    TypePhrase(std::string_view text, const Dialect& dialect, std::span<const Token> code,
               std::size_t literal)
        : text_(text), dialect_(dialect), code_(code), first_(literal) {}

    /// Index of the first token of the type's name.
    std::optional<std::size_t> find() {
        if (dialect_.long_types) {
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
            find_type(dialect_, code_[first_ - 1].of(text_)) == nullptr) {
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
    const Dialect& dialect_;
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

}  // namespace

std::optional<TypedLiteral> typed_literal(std::string_view text, const Dialect& dialect,
                                          std::span<const Token> code, std::size_t literal) {
    const auto first = TypePhrase(text, dialect, code, literal).find();
    if (!first) return std::nullopt;
    const std::size_t begin = code[*first].begin;
    const std::string_view type = text.substr(begin, code[literal - 1].end - begin);
    if (equals_ignoring_case(type, "interval") && is_interval_unit(text, code, literal + 1)) {
        // The unit belongs to the literal: as a modifier of CAST it would only cut digits.
        return TypedLiteral{*first, literal + 1, "CAST(CAST(",
                            " AS text) || ' " + to_lower(code[literal + 1].of(text)) + "' AS " +
                                std::string(type) + ")"};
    }
    const TypeName* known = find_type(dialect, type);
    if (known == nullptr || known->cast.empty()) {
        return TypedLiteral{*first, literal, "CAST(", " AS " + std::string(type) + ")"};
    }
    const std::size_t value = known->cast.find('?');
    return TypedLiteral{*first, literal, std::string(known->cast.substr(0, value)),
                        std::string(known->cast.substr(value + 1))};
}

}  // namespace kdeps::sql
