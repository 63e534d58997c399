#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/source.hpp"
#include "kdeps/sql/dialect.hpp"

namespace kdeps::sql {

/// Something in a statement that the database would take, but hardly as it was meant.
struct Advice {
    SourceSpan where;
    std::string message;
    std::string hint;
};

/// Functions of expressions that stand in SQL text (`WHERE id = get('id')`, `input.id`), and quotes
/// round the value that something is compared with (`id = '{{ x }}'`).
///
/// REQUIRES: SqlTemplate::compile() takes the text.
[[nodiscard]] std::vector<Advice> advise(std::string_view text, const TextOrigin& origin,
                                         const Dialect& dialect);

}  // namespace kdeps::sql
