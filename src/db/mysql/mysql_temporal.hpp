#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <mysql.h>

#include "kdeps/base/table.hpp"

namespace kdeps::db {

/// Writes a date, time or datetime as ISO text and says what cell it makes.
///
/// Values:  six fraction digits when they are not all zero. Zero dates (`2024-00-00` too) and times
///          below 0 or from 24 h on are CellType::Text: no ISO value can say them.
[[nodiscard]] CellType mysql_temporal(const MYSQL_TIME& value, std::string& text);

/// A date and time with a zone, `2024-01-15T10:00:00.250Z` or `2024-01-15 10:00+02:00`, as MySQL
/// writes it in UTC: `2024-01-15 10:00:00.250`. Nullopt for any other text.
[[nodiscard]] std::optional<std::string> mysql_utc_text(std::string_view text);

}  // namespace kdeps::db
