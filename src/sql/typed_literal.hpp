#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lexer.hpp"

namespace kdeps::sql {

/// How `TYPE '...{{ }}...'` is sent: `before` + placeholder + `after` in place of its tokens.
struct TypedLiteral {
    std::size_t first;  ///< Index of the first token of the type's name.
    std::size_t last;   ///< Index of the last token: the literal, or an interval's unit.
    std::string before;
    std::string after;
};

/// Recognises a type name before the string literal `code[literal]`: `DATE '...'`,
/// `numeric(10,2) '...'`, `timestamp with time zone '...'`, `INTERVAL '...' DAY`.
[[nodiscard]] std::optional<TypedLiteral> typed_literal(std::string_view text,
                                                        const Dialect& dialect,
                                                        std::span<const Token> code,
                                                        std::size_t literal);

}  // namespace kdeps::sql
