#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lexer.hpp"

namespace kdeps::sql {

/// Why a bound value cannot stand where it was written, and what to write instead.
struct Refusal {
    std::string message;
    std::string hint;
};

/// What surrounds the tokens of a statement, read from left to right: open parentheses and ORDER BY
/// or GROUP BY lists. Tells where a value may stand, which a name or a fragment may not replace.
class SlotRules {
 public:
    /// REQUIRES: `text` and `code` (a statement without comments) outlive this object.
    SlotRules(std::string_view text, const Dialect& dialect, std::span<const Token> code);

    /// Takes note of `code[index]`; called for each token in turn.
    void pass(std::size_t index);
    /// Whether the value at `code[index]`, whose expression is `expression`, must be refused.
    [[nodiscard]] std::optional<Refusal> refusal(std::size_t index,
                                                 std::string_view expression) const;
    /// Whether the slot at `code[index]` has a letter or digit directly before or behind it.
    [[nodiscard]] bool touches_name(std::size_t index) const;
    /// Whether `code[index]` stands right behind IN, where a list begins with a parenthesis.
    [[nodiscard]] bool lacks_parentheses(std::size_t index) const;
    /// Whether `code[index]` is the whole list of `IN ( )`.
    [[nodiscard]] bool is_in_list(std::size_t index) const;
    /// Whether `code[index]` is one of the values of `IN ( )`.
    [[nodiscard]] bool is_element(std::size_t index) const;

 private:
    struct Level {
        std::string_view opener;     ///< The word before the parenthesis: the function's name.
        std::string_view list = {};  ///< "ORDER" or "GROUP" while in such a list.
    };

    [[nodiscard]] bool is_word(std::size_t index, std::string_view word) const;
    [[nodiscard]] bool is_kind(std::size_t index, TokenKind kind) const;
    [[nodiscard]] bool level_is(std::size_t depth_from_top, std::string_view opener) const;
    [[nodiscard]] bool is_value_after_from(std::size_t index) const;
    [[nodiscard]] bool is_whole_list_item(std::size_t index) const;
    [[nodiscard]] std::string_view name_position(std::size_t index) const;

    std::string_view text_;
    const Dialect& dialect_;
    std::span<const Token> code_;
    std::vector<Level> levels_;
};

/// The hints every refusal uses, with the user's own expression where it is short.
[[nodiscard]] std::string ident_hint(std::string_view expression);
[[nodiscard]] std::string fragment_hint(std::string_view expression);

}  // namespace kdeps::sql
