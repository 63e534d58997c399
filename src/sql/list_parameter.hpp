#pragma once

#include <string>

#include "kdeps/base/value.hpp"
#include "kdeps/sql/sql_template.hpp"

namespace kdeps::sql {

/// The elements a List slot stands for: those of a list, the column of a table, or the value alone.
///
/// Errors: Error(BadRequest) for a table with several columns.
[[nodiscard]] Value::List list_elements(const Slot& slot, const Value& value);

/// The elements as JSON text for json_each(): a decimal is a number or text as stored_number()
/// says.
///
/// Errors: Error(BadRequest) for bytes, which JSON cannot carry.
[[nodiscard]] std::string json_list(const Slot& slot, const Value::List& elements,
                                    const Dialect& dialect);

/// How many placeholders `count` elements get where there is room for them: the next power of two,
/// so that a server sees few different texts.
[[nodiscard]] std::size_t expanded_size(std::size_t count);

}  // namespace kdeps::sql
