#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "kdeps/base/source.hpp"
#include "kdeps/sql/dialect.hpp"

namespace kdeps::sql {

struct ScriptStatement {
    std::size_t begin;      ///< Byte offset in the script.
    std::string_view text;  ///< Without its semicolon; borrowed from the script.
};

/// Cuts a script at the semicolons that end a statement: not those in literals, comments and the
/// bodies of triggers and routines.
///
/// Errors: Error(SqlSyntax) at the opening of whatever is not closed.
[[nodiscard]] std::vector<ScriptStatement> split_script(std::string_view text,
                                                        const TextOrigin& origin,
                                                        const Dialect& dialect);

}  // namespace kdeps::sql
