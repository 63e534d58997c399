#include "formats.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

namespace kdeps::inputs {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::string_view kNotInUrls = " \t\r\n\f\v\"<>\\^`{|}";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Whether there is nothing but letters and digits of ASCII, and the characters of `more`.
bool is_alphanumeric(std::string_view text, std::string_view more) {
    return std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
               more.find(c) != std::string_view::npos;
    });
}

bool is_label(std::string_view label) {
    constexpr std::size_t kMaxLabel = 63;
    return !label.empty() && label.size() <= kMaxLabel && is_alphanumeric(label, "-") &&
           label.front() != '-' && label.back() != '-';
}

bool is_domain(std::string_view text) {
    bool has_dot = false;
    for (;;) {
        const std::size_t dot = text.find('.');
        if (!is_label(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return has_dot;
        has_dot = true;
        text.remove_prefix(dot + 1);
    }
}

/// Reads parts of a text from its left.
class Reader {
 public:
    explicit Reader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool is_done() const { return rest_.empty(); }
    bool take(std::string_view any_of) {
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// A number of so many digits, within bounds.
    std::optional<int> number(std::size_t digits, int minimum, int maximum) {
        const std::string_view text = rest_.substr(0, digits);
        if (text.size() < digits || !std::ranges::all_of(text, is_digit)) return std::nullopt;
        rest_.remove_prefix(digits);
        int value = 0;
        for (const char digit : text) value = 10 * value + (digit - '0');
        return value >= minimum && value <= maximum ? std::optional(value) : std::nullopt;
    }
    std::string_view digits() { return take_digits(rest_); }

 private:
    std::string_view rest_;
};

std::optional<year_month_day> read_date(Reader& reader) {
    const auto year = reader.number(4, 1, 9999);
    if (!year || !reader.take("-")) return std::nullopt;
    const auto month = reader.number(2, 1, 12);
    if (!month || !reader.take("-")) return std::nullopt;
    const auto day = reader.number(2, 1, 31);
    if (!day) return std::nullopt;
    const year_month_day date{std::chrono::year(*year),
                              std::chrono::month(static_cast<unsigned>(*month)),
                              std::chrono::day(static_cast<unsigned>(*day))};
    return date.ok() ? std::optional(date) : std::nullopt;
}

/// The digits behind a second's point.
std::optional<microseconds> read_fraction(Reader& reader) {
    constexpr std::size_t kMicroseconds = 6;
    if (!reader.take(".")) return microseconds(0);
    std::string digits(reader.digits());
    if (digits.empty()) return std::nullopt;
    digits.resize(kMicroseconds, '0');
    return microseconds(*parse_int64(digits));
}

std::optional<microseconds> read_time(Reader& reader) {
    const auto hour = reader.number(2, 0, 23);
    if (!hour || !reader.take(":")) return std::nullopt;
    const auto minute = reader.number(2, 0, 59);
    if (!minute || !reader.take(":")) return std::nullopt;
    const auto second = reader.number(2, 0, 59);
    if (!second) return std::nullopt;
    const auto fraction = read_fraction(reader);
    if (!fraction) return std::nullopt;
    return std::chrono::hours(*hour) + minutes(*minute) + seconds(*second) + *fraction;
}

/// How far local time is ahead of UTC.
std::optional<minutes> read_offset(Reader& reader) {
    if (reader.take("Zz")) return minutes(0);
    const bool is_ahead = reader.take("+");
    if (!is_ahead && !reader.take("-")) return std::nullopt;
    const auto hour = reader.number(2, 0, 23);
    if (!hour || !reader.take(":")) return std::nullopt;
    const auto minute = reader.number(2, 0, 59);
    if (!minute) return std::nullopt;
    const minutes offset = std::chrono::hours(*hour) + minutes(*minute);
    return is_ahead ? offset : -offset;
}

std::string date_text(const year_month_day& date) {
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

/// Nullopt outside the years 1 to 9999, where an offset may lead.
std::optional<std::string> time_text(std::chrono::sys_time<microseconds> time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const year_month_day date(day);
    const int year = static_cast<int>(date.year());
    if (year < 1 || year > 9999) return std::nullopt;
    const std::chrono::hh_mm_ss clock(time - day);
    std::string text = fmt::format("{}T{:02}:{:02}:{:02}", date_text(date), clock.hours().count(),
                                   clock.minutes().count(), clock.seconds().count());
    const auto fraction = clock.subseconds().count();
    if (fraction != 0) text += fmt::format(".{:06}", fraction);
    return text;
}

}  // namespace

bool is_email(std::string_view text) {
    constexpr std::size_t kMaxLocal = 64;
    constexpr std::size_t kMaxAddress = 254;
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || at > kMaxLocal || text.size() > kMaxAddress) {
        return false;
    }
    const std::string_view local = text.substr(0, at);
    return is_alphanumeric(local, ".!#$%&'*+/=?^_`{|}~-") && is_domain(text.substr(at + 1));
}

bool is_url(std::string_view text) {
    const std::size_t scheme = text.find("://");
    if (scheme == std::string_view::npos) return false;
    const std::string_view name = text.substr(0, scheme);
    if (!equals_ignoring_case(name, "http") && !equals_ignoring_case(name, "https")) return false;
    if (text.find_first_of(kNotInUrls) != std::string_view::npos) return false;
    std::string_view authority = text.substr(scheme + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    const std::string_view host = authority.substr(authority.rfind('@') + 1);
    return !host.empty() && host.front() != ':';
}

bool is_uuid(std::string_view text) {
    constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    return std::ranges::equal(text, kShape, [](char c, char shape) {
        return shape == '-' ? c == '-' : hex_digit(c) >= 0;
    });
}

std::optional<Value> parse_date(std::string_view text) {
    Reader reader(text);
    const auto date = read_date(reader);
    if (!date || (!reader.is_done() && !parse_datetime(text))) return std::nullopt;
    constexpr std::size_t kDate = 10;
    return Value(Temporal{Kind::Date, std::string(text.substr(0, kDate))});
}

std::optional<Value> parse_datetime(std::string_view text) {
    Reader reader(text);
    const auto date = read_date(reader);
    if (!date || !reader.take("Tt ")) return std::nullopt;
    const auto time = read_time(reader);
    if (!time) return std::nullopt;
    const bool has_offset = !reader.is_done();
    const auto offset = has_offset ? read_offset(reader) : minutes(0);
    if (!offset || !reader.is_done()) return std::nullopt;
    auto written = time_text(sys_days(*date) + *time - *offset);
    if (!written) return std::nullopt;
    if (!has_offset) return Value(Temporal{Kind::Timestamp, *std::move(written)});
    return Value(Temporal{Kind::TimestampTz, *written + "Z"});
}

}  // namespace kdeps::inputs
