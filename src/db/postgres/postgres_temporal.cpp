#include "postgres/postgres_temporal.hpp"

#include <cstdint>
#include <iterator>
#include <optional>

#include <fmt/format.h>

namespace kdeps::db {

namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Reads a text from left to right; each step says whether it fitted.
class Scanner {
 public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool literal(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    bool digits(std::size_t at_least, std::size_t at_most, std::int64_t& value) {
        std::size_t count = 0;
        value = 0;
        while (count < at_most && count < text_.size() && is_digit(text_[count])) {
            value = value * 10 + (text_[count++] - '0');
        }
        text_.remove_prefix(count);
        return count >= at_least;
    }
    bool word(std::string_view expected) {
        if (!text_.starts_with(expected)) return false;
        text_.remove_prefix(expected.size());
        return true;
    }
    [[nodiscard]] bool at_end() const { return text_.empty(); }

 private:
    std::string_view text_;
};

struct Date {
    std::int64_t year = 0;  ///< Counted from 1, also before Christ; see `before_christ`.
    std::int64_t month = 0;
    std::int64_t day = 0;
    bool before_christ = false;
};

struct TimeOfDay {
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    std::int64_t micros = 0;
};

bool scan_date(Scanner& in, Date& date) {
    return in.digits(4, 6, date.year) && in.literal('-') && in.digits(2, 2, date.month) &&
           in.literal('-') && in.digits(2, 2, date.day);
}

bool scan_time(Scanner& in, TimeOfDay& time) {
    if (!in.digits(2, 2, time.hour) || !in.literal(':') || !in.digits(2, 2, time.minute) ||
        !in.literal(':') || !in.digits(2, 2, time.second)) {
        return false;
    }
    if (!in.literal('.')) return true;
    std::int64_t digit = 0;
    std::int64_t scale = 100'000;
    if (!in.digits(1, 1, digit)) return false;
    do {
        time.micros += digit * scale;
        scale /= 10;
    } while (scale > 0 && in.digits(1, 1, digit));
    return true;
}

/// `+02`, `-05:30`, `+01:19:32` (local mean times of before 1900 have seconds).
bool scan_offset(Scanner& in, std::int64_t& seconds) {
    const bool is_west = in.literal('-');
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    std::int64_t rest = 0;
    if (!is_west && !in.literal('+')) return false;
    if (!in.digits(2, 2, hours)) return false;
    if (in.literal(':') && !in.digits(2, 2, minutes)) return false;
    if (in.literal(':') && !in.digits(2, 2, rest)) return false;
    seconds = hours * 3600 + minutes * 60 + rest;
    if (is_west) seconds = -seconds;
    return true;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar, where year 0 is 1 BC.
// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". std::chrono::year would
// end at 32767; PostgreSQL goes to 294276.
std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day) {
    if (month <= 2) --year;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

Date civil_from_days(std::int64_t days) {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const std::int64_t day_of_era = days - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
    Date date;
    date.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    date.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    const std::int64_t astronomical = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
    date.before_christ = astronomical <= 0;
    date.year = date.before_christ ? 1 - astronomical : astronomical;
    return date;
}

void shift_to_utc(Date& date, TimeOfDay& time, std::int64_t offset_seconds) {
    const std::int64_t year = date.before_christ ? 1 - date.year : date.year;
    std::int64_t days = days_from_civil(year, date.month, date.day);
    std::int64_t seconds = time.hour * 3600 + time.minute * 60 + time.second - offset_seconds;
    days += seconds >= 0 ? seconds / kSecondsPerDay
                         : -((kSecondsPerDay - 1 - seconds) / kSecondsPerDay);
    seconds = ((seconds % kSecondsPerDay) + kSecondsPerDay) % kSecondsPerDay;
    date = civil_from_days(days);
    time.hour = seconds / 3600;
    time.minute = seconds / 60 % 60;
    time.second = seconds % 60;
}

void append_time(const TimeOfDay& time, std::string& out) {
    fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}", time.hour, time.minute,
                   time.second);
    if (time.micros != 0) fmt::format_to(std::back_inserter(out), ".{:06}", time.micros);
}

bool is_iso_year(const Date& date) {
    return !date.before_christ && date.year <= 9999;
}

CellText timestamp_text(CellType type, const Date& date, const TimeOfDay& time,
                        std::string& scratch) {
    scratch.clear();
    fmt::format_to(std::back_inserter(scratch), "{:04}-{:02}-{:02}T", date.year, date.month,
                   date.day);
    append_time(time, scratch);
    if (type == CellType::TimestampTz) scratch += 'Z';
    if (date.before_christ) scratch += " BC";
    return {is_iso_year(date) ? type : CellType::Text, scratch};
}

}  // namespace

CellText date_cell(std::string_view text) {
    Scanner in(text);
    Date date;
    const bool fits = scan_date(in, date) && in.at_end() && is_iso_year(date);
    return {fits ? CellType::Date : CellType::Text, text};
}

CellText time_cell(std::string_view text, std::string& scratch) {
    Scanner in(text);
    TimeOfDay time;
    if (!scan_time(in, time) || time.hour == 24) return {CellType::Text, text};
    scratch.clear();
    append_time(time, scratch);
    if (in.at_end()) return {CellType::Time, scratch};
    std::int64_t offset = 0;
    if (!scan_offset(in, offset) || !in.at_end()) return {CellType::Text, text};
    const std::int64_t east = offset < 0 ? -offset : offset;
    fmt::format_to(std::back_inserter(scratch), "{}{:02}:{:02}", offset < 0 ? '-' : '+',
                   east / 3600, east / 60 % 60);
    if (east % 60 != 0) fmt::format_to(std::back_inserter(scratch), ":{:02}", east % 60);
    return {CellType::Time, scratch};
}

CellText timestamp_cell(std::string_view text, std::string& scratch) {
    Scanner in(text);
    Date date;
    TimeOfDay time;
    if (!scan_date(in, date) || !in.literal(' ') || !scan_time(in, time)) {
        return {CellType::Text, text};
    }
    date.before_christ = in.word(" BC");
    if (!in.at_end()) return {CellType::Text, text};
    return timestamp_text(CellType::Timestamp, date, time, scratch);
}

CellText timestamptz_cell(std::string_view text, std::string& scratch) {
    Scanner in(text);
    Date date;
    TimeOfDay time;
    std::int64_t offset = 0;
    if (!scan_date(in, date) || !in.literal(' ') || !scan_time(in, time) ||
        !scan_offset(in, offset)) {
        return {CellType::Text, text};
    }
    date.before_christ = in.word(" BC");
    if (!in.at_end()) return {CellType::Text, text};
    shift_to_utc(date, time, offset);
    return timestamp_text(CellType::TimestampTz, date, time, scratch);
}

}  // namespace kdeps::db
