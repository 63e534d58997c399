#pragma once

#include <string>
#include <string_view>

#include "kdeps/base/table.hpp"

namespace kdeps::db {

/// A cell to be: its type, and its text borrowed from the input or from a scratch string.
struct CellText {
    CellType type;
    std::string_view text;
};

// PostgreSQL's ISO date style -> the text of docs/reference/sql-types.md.
//
// Values:  six fraction digits when they are not all zero; 'T' between date and time; timestamptz
//          in UTC, whatever the session's time zone. What no ISO date can say (infinity, years
//          before 1 or after 9999, the time 24:00:00) and text of another date style come back
//          with CellType::Text.
// Shape:   the result borrows from `scratch` (overwritten) or from `text`.
[[nodiscard]] CellText date_cell(std::string_view text);
[[nodiscard]] CellText time_cell(std::string_view text, std::string& scratch);
[[nodiscard]] CellText timestamp_cell(std::string_view text, std::string& scratch);
[[nodiscard]] CellText timestamptz_cell(std::string_view text, std::string& scratch);

}  // namespace kdeps::db
