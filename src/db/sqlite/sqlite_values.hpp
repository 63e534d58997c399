#pragma once

#include <span>

#include "kdeps/base/table.hpp"
#include "kdeps/base/value.hpp"

struct sqlite3_stmt;

namespace kdeps::db {

/// Binds all parameters. Texts and bytes are borrowed: `parameters` must live until the statement
/// is reset and its bindings are cleared.
///
/// Values:  bool as 0 or 1; a decimal as INTEGER if it is one, else as TEXT, so that no digit is
///          lost; dates and times as ISO 8601 TEXT; lists, objects and tables as JSON TEXT.
/// Errors:  QueryFailed for a wrong number of parameters or a text over SQLite's limit.
void bind_all(sqlite3_stmt* statement, std::span<const Value> parameters);

/// Appends a row by the storage class of each value, whatever its column declares.
void append_row(sqlite3_stmt* statement, RowSink& sink);

}  // namespace kdeps::db
