#pragma once

#include <string>
#include <vector>

#include "ast.hpp"

namespace kdeps::expr {

enum class TokenKind {
    Number,
    String,
    Name,     // also `true`, `nil` and the like: the parser tells them apart
    Symbol,   // punctuation and operators, keyword operators too
    Pointer,  // `#`, `#index`
    End,
};

struct Token {
    TokenKind kind;
    Range range;
    std::string text = {};  ///< As written; for a String its value.
    Value value = {};       ///< Number
};

/// All tokens of an expression, the last one is End.
///
/// Errors: Error(ExpressionSyntax) with its place.
[[nodiscard]] std::vector<Token> tokenize(const Source& source);

}  // namespace kdeps::expr
