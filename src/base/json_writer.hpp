#pragma once

#include <string>
#include <string_view>

#include "kdeps/base/table.hpp"

#include "output_cursor.hpp"

namespace kdeps {

/// A JSON string with its quotes.
void put_json_string(std::string_view text, OutputCursor& out);
/// An array of objects, one per row.
void put_json_table(const Table& table, OutputCursor& out);

}  // namespace kdeps
