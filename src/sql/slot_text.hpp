#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "kdeps/sql/sql_template.hpp"

#include "lexer.hpp"

namespace kdeps::sql {

/// Identifier for one whole call `ident(...)`, Fragment for `oneOf(...)`, otherwise Value.
[[nodiscard]] SlotRole role_of(std::string_view expression);

/// A literal's body as the text it stands for: doubled quotes and, where the form has them,
/// backslash escapes are resolved; what is inside `{{ }}` stays as it is.
[[nodiscard]] std::string unescape_literal(std::string_view body, char quote, StringForm form,
                                           const Dialect& dialect);

}  // namespace kdeps::sql
