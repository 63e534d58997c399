#pragma once

#include "kdeps/expr/function_table.hpp"

#include "ast.hpp"

namespace kdeps::expr {

constexpr std::size_t kMaxSourceBytes = 64 * 1024;
constexpr std::size_t kMaxNesting = 200;

/// Reads a whole expression.
///
/// Errors: Error(ExpressionSyntax) with its place: syntax, unknown functions, argument counts,
///         `#` outside of a predicate, and texts or nesting beyond the limits above.
[[nodiscard]] Tree parse(const Source& source, const FunctionTable& functions);

}  // namespace kdeps::expr
