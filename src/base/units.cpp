#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

namespace kdeps {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t size;
};

constexpr std::int64_t kMillisecond = 1'000'000;  // in nanoseconds
constexpr std::array kTimeUnits = {Unit{"d", 86'400'000 * kMillisecond},
                                   Unit{"h", 3'600'000 * kMillisecond},
                                   Unit{"m", 60'000 * kMillisecond},
                                   Unit{"s", 1000 * kMillisecond},
                                   Unit{"ms", kMillisecond},
                                   Unit{"us", 1000},
                                   Unit{"ns", 1}};

constexpr std::array kSizeUnits = {Unit{"", 1},
                                   Unit{"b", 1},
                                   Unit{"kb", 1000},
                                   Unit{"kib", 1024},
                                   Unit{"mb", 1'000'000},
                                   Unit{"mib", 1'048'576},
                                   Unit{"gb", 1'000'000'000},
                                   Unit{"gib", 1'073'741'824},
                                   Unit{"tb", 1'000'000'000'000},
                                   Unit{"tib", 1'099'511'627'776}};

template <std::size_t N>
std::optional<std::int64_t> unit_size(const std::array<Unit, N>& units, std::string_view name) {
    for (const Unit& unit : units) {
        if (unit.name == name) return unit.size;
    }
    return std::nullopt;
}

/// `0.digits` of `unit`, rounded up.
std::int64_t fraction_of(std::int64_t unit, std::string_view digits) {
    constexpr std::size_t kUsed = 14;  // as many digits as the largest unit has
    std::int64_t numerator = 0;
    std::int64_t denominator = 1;
    for (const char digit : digits.substr(0, kUsed)) {
        numerator = numerator * 10 + (digit - '0');
        denominator *= 10;
    }
    if (digits.size() > kUsed) ++numerator;
    const __int128 product = static_cast<__int128>(unit) * numerator + denominator - 1;
    return static_cast<std::int64_t>(product / denominator);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::int64_t total = 0;
    while (!text.empty()) {
        const std::string_view whole = take_digits(text);
        std::string_view fraction;
        if (text.starts_with('.')) {
            text.remove_prefix(1);
            fraction = take_digits(text);
            if (fraction.empty()) return std::nullopt;
        }
        const auto name_end = std::min(text.find_first_of("0123456789."), text.size());
        const auto unit = unit_size(kTimeUnits, text.substr(0, name_end));
        const auto count = parse_int64(whole);
        if (!unit || !count) return std::nullopt;
        text.remove_prefix(name_end);
        std::int64_t part = 0;
        if (__builtin_mul_overflow(*count, *unit, &part) ||
            __builtin_add_overflow(total, part, &total) ||
            __builtin_add_overflow(total, fraction_of(*unit, fraction), &total)) {
            return std::nullopt;
        }
    }
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::nanoseconds(total));
}

std::string duration_text(std::chrono::milliseconds duration) {
    const std::int64_t millis = duration.count();
    if (millis < 0) return '-' + duration_text(-duration);
    if (millis == 0) return "0s";
    if (millis % 1000 != 0) return fmt::format("{}ms", millis);
    std::string text;
    std::int64_t rest = millis;
    for (const Unit& unit : kTimeUnits) {
        const std::int64_t unit_millis = unit.size / kMillisecond;
        if (unit_millis < 1000) break;
        if (rest >= unit_millis) text += fmt::format("{}{}", rest / unit_millis, unit.name);
        rest %= unit_millis;
    }
    return text;
}

std::optional<std::size_t> parse_byte_size(std::string_view text) {
    const auto count = parse_int64(take_digits(text));
    const auto unit = unit_size(kSizeUnits, to_lower(text));
    std::int64_t bytes = 0;
    if (!count || !unit || __builtin_mul_overflow(*count, *unit, &bytes)) return std::nullopt;
    return static_cast<std::size_t>(bytes);
}

}  // namespace kdeps
