#include "mysql/mysql_temporal.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <iterator>

#include <fmt/format.h>

namespace kdeps::db {

namespace {

/// Takes a text apart from its front.
class Scanner {
 public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    /// The character taken, which is one of `accepted`; 0 if the next one is none of them.
    char take(std::string_view accepted) {
        if (rest_.empty() || accepted.find(rest_.front()) == std::string_view::npos) return 0;
        const char taken = rest_.front();
        rest_.remove_prefix(1);
        return taken;
    }
    std::string_view digits(std::size_t most) {
        const std::string_view range = rest_.substr(0, most);
        const auto end = std::find_if(range.begin(), range.end(),
                                      [](unsigned char c) { return std::isdigit(c) == 0; });
        const auto count = static_cast<std::size_t>(end - range.begin());
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    /// Exactly `width` digits.
    bool number(std::size_t width, int& value) {
        const std::string_view text = digits(width);
        value = 0;
        for (const char digit : text) value = value * 10 + (digit - '0');
        return text.size() == width;
    }
    [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

 private:
    std::string_view rest_;
};

/// `Z`, `+02:00`, `-0330`, `+02`; nullopt for anything else.
std::optional<std::chrono::minutes> zone_offset(Scanner& in) {
    if (in.take("Zz") != 0) return std::chrono::minutes(0);
    const char sign = in.take("+-");
    int hours = 0;
    int minutes = 0;
    if (sign == 0 || !in.number(2, hours)) return std::nullopt;
    const bool has_minutes = in.take(":") != 0 || !in.is_at_end();
    if (has_minutes && !in.number(2, minutes)) return std::nullopt;
    if (hours > 15 || minutes > 59) return std::nullopt;
    return (sign == '-' ? -1 : 1) * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
}

}  // namespace

std::optional<std::string> mysql_utc_text(std::string_view text) {
    using namespace std::chrono;
    Scanner in(text);
    int y = 0;
    int m = 0;
    int d = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    const bool is_date = in.number(4, y) && in.take("-") && in.number(2, m) && in.take("-") &&
                         in.number(2, d) && in.take("T ");
    if (!is_date || !in.number(2, hour) || !in.take(":") || !in.number(2, minute)) return {};
    if (in.take(":") && !in.number(2, second)) return {};
    std::string fraction;
    if (in.take(".")) {
        fraction = fmt::format(".{}", in.digits(text.size()));
        if (fraction.size() == 1) return {};
    }
    const auto offset = zone_offset(in);
    const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                              day(static_cast<unsigned>(d))};
    if (!offset || !in.is_at_end() || !date.ok()) return {};
    if (hour > 23 || minute > 59 || second > 59) return {};
    const auto utc = sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - *offset;
    const auto midnight = floor<days>(utc);
    const year_month_day utc_date(midnight);
    const int utc_year = static_cast<int>(utc_date.year());
    if (utc_year < 1 || utc_year > 9999) return {};
    const hh_mm_ss time(utc - midnight);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}", utc_year,
                       static_cast<unsigned>(utc_date.month()),
                       static_cast<unsigned>(utc_date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), fraction.substr(0, 7));
}

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
