#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kdeps/sql/statement_class.hpp"

#include "lexer.hpp"

namespace kdeps::sql {

/// The one statement of a text: its tokens without comments, leading and trailing semicolons.
///
/// Semicolons inside the body of a trigger or routine (BEGIN ... END) do not end a statement.
/// Errors: Error(SqlSyntax) without a statement, and at the second one.
[[nodiscard]] std::vector<Token> single_statement(std::string_view text, const TextOrigin& origin,
                                                  const Dialect& dialect,
                                                  std::span<const Token> tokens);

/// As classify() of the public header, for a text that is already cut into tokens.
[[nodiscard]] StatementClass classify_tokens(std::string_view text, const Dialect& dialect,
                                             std::span<const Token> tokens);

}  // namespace kdeps::sql
