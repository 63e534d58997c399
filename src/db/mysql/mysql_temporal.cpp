#include "mysql/mysql_temporal.hpp"

#include <iterator>

#include <fmt/format.h>

namespace kdeps::db {

CellType mysql_temporal(const MYSQL_TIME& value, std::string& text) {
    text.clear();
    const auto out = std::back_inserter(text);
    const bool is_time = value.time_type == MYSQL_TIMESTAMP_TIME;
    const bool is_date = value.time_type == MYSQL_TIMESTAMP_DATE;
    if (!is_time) fmt::format_to(out, "{:04}-{:02}-{:02}", value.year, value.month, value.day);
    if (!is_date) {
        if (!is_time) text += 'T';
        if (value.neg) text += '-';
        fmt::format_to(out, "{:02}:{:02}:{:02}", value.day * (is_time ? 24 : 0) + value.hour,
                       value.minute, value.second);
        if (value.second_part != 0) fmt::format_to(out, ".{:06}", value.second_part);
    }
    if (is_time) {
        const bool fits = !value.neg && value.day == 0 && value.hour < 24;
        return fits ? CellType::Time : CellType::Text;
    }
    if (value.year == 0 || value.month == 0 || value.day == 0) return CellType::Text;
    return is_date ? CellType::Date : CellType::Timestamp;
}

}  // namespace kdeps::db
