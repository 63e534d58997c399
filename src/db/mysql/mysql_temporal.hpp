#pragma once

#include <string>

#include <mysql.h>

#include "kdeps/base/table.hpp"

namespace kdeps::db {

/// Writes a date, time or datetime as ISO text and says what cell it makes.
///
/// Values:  six fraction digits when they are not all zero. Zero dates (`2024-00-00` too) and times
///          below 0 or from 24 h on are CellType::Text: no ISO value can say them.
[[nodiscard]] CellType mysql_temporal(const MYSQL_TIME& value, std::string& text);

}  // namespace kdeps::db
