#pragma once

#include <string>
#include <string_view>

#include "kdeps/expr/function_table.hpp"

namespace kdeps::expr {

// What to write here for a name that people bring along from other languages; empty if unknown.

[[nodiscard]] std::string hint_for_function(std::string_view name);
/// For a name that is no near miss of a function: it resembles such a name (`lenght`), or has the
/// beginning of a function (`uppercase`).
[[nodiscard]] std::string hint_for_similar_function(std::string_view name,
                                                    const FunctionTable& functions);
/// For `x.name()`.
[[nodiscard]] std::string hint_for_method(std::string_view name, const FunctionTable& functions);
/// For `space.name()`, where `space` has functions: all of them.
[[nodiscard]] std::string hint_for_space(std::string_view name, const FunctionTable& functions);
/// For `x.name` on a value without members.
[[nodiscard]] std::string hint_for_member(std::string_view name);

}  // namespace kdeps::expr
