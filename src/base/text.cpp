#include "kdeps/base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <system_error>

#include <fmt/format.h>
#include <sys/random.h>

#include "kdeps/base/error.hpp"

namespace kdeps {

namespace {

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

// Table 3-7 of the Unicode standard: shortest form only, no surrogates, nothing above U+10FFFF.
std::size_t utf8_sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    if (text.empty()) return 0;
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    if (first < 0xE0) return text.size() >= 2 && continues(1) ? 2 : 0;
    if (text.size() < 3 || !continues(1) || !continues(2)) return 0;
    const unsigned second = byte(1);
    if (first < 0xF0) {
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool too_large = first == 0xF4 && second >= 0x90;
    return text.size() < 4 || !continues(3) || overlong || too_large ? 0 : 4;
}

std::optional<std::size_t> invalid_utf8(std::string_view text) {
    for (std::size_t offset = 0; offset < text.size();) {
        const std::size_t bytes = utf8_sequence(text.substr(offset));
        if (bytes == 0) return offset;
        offset += bytes;
    }
    return std::nullopt;
}

std::size_t code_points(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t offset = 0; offset < text.size(); ++count) {
        const bool is_ascii = static_cast<unsigned char>(text[offset]) < 0x80;
        offset += is_ascii ? 1 : std::max<std::size_t>(1, utf8_sequence(text.substr(offset)));
    }
    return count;
}

char32_t decode_utf8(std::string_view sequence) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (sequence.size() == 1) return byte(0);
    char32_t code = byte(0) & (0xFFU >> (sequence.size() + 1));
    for (std::size_t i = 1; i < sequence.size(); ++i) code = code << 6U | (byte(i) & 0x3FU);
    return code;
}

void append_utf8(std::string& out, char32_t code) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | (code >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

std::optional<std::int64_t> parse_int64(std::string_view text) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view take_digits(std::string_view& text) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string to_lower(std::string_view text) {
    std::string lowered(text);
    std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
    return lowered;
}

std::string to_upper(std::string_view text) {
    std::string raised(text);
    std::transform(raised.begin(), raised.end(), raised.begin(), upper);
    return raised;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

void append_utc_text(std::string& out, std::chrono::system_clock::time_point time,
                     bool with_millis) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    // Every request asks for the same second thousands of times, and a calendar is slow.
    thread_local std::chrono::sys_seconds formatted = std::chrono::sys_seconds::min();
    thread_local std::string to_seconds;
    if (seconds != formatted) {
        const std::time_t epoch = std::chrono::system_clock::to_time_t(seconds);
        std::tm utc{};
        gmtime_r(&epoch, &utc);
        to_seconds = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", utc.tm_year + 1900,
                                 utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
        formatted = seconds;
    }
    out += to_seconds;
    if (with_millis) {
        const auto millis = std::chrono::floor<std::chrono::milliseconds>(time - seconds).count();
        out += '.';
        for (const auto unit : {100, 10, 1}) out += static_cast<char>('0' + millis / unit % 10);
    }
    out += 'Z';
}

std::string utc_text(std::chrono::system_clock::time_point time, bool with_millis) {
    std::string text;
    text.reserve(sizeof "2026-01-31T09:30:00.123Z");
    append_utc_text(text, time, with_millis);
    return text;
}

std::string uuid_text(const std::array<unsigned char, 16>& random) {
    constexpr std::string_view kHex = "0123456789abcdef";
    auto bytes = random;
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);  // version 4
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);  // variant of RFC 4122
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += kHex[bytes[i] >> 4U];
        text += kHex[bytes[i] & 15U];
    }
    return text;
}

std::string random_uuid() {
    std::array<unsigned char, 16> bytes{};
    if (getentropy(bytes.data(), bytes.size()) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot read random numbers");
    }
    return uuid_text(bytes);
}

}  // namespace kdeps
