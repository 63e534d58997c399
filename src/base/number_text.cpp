#include "number_text.hpp"

#include <charconv>
#include <cmath>
#include <string>

#include "kdeps/base/value.hpp"

namespace kdeps {

namespace {

template <typename Float>
std::string_view text_of(Float value, NumberBuffer& buffer) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    const Float size = std::abs(value);
    const bool plain = size == 0 || (size >= Float(1e-6) && size < Float(1e21));
    const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size() - 2, value, format).ptr;
    if (plain && std::trunc(value) == value) {
        *end++ = '.';
        *end++ = '0';
    }
    return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

}  // namespace

std::string_view number_text(double value, NumberBuffer& buffer) {
    return text_of(value, buffer);
}

std::string_view number_text(float value, NumberBuffer& buffer) {
    return text_of(value, buffer);
}

std::string double_text(double value) {
    NumberBuffer buffer;
    return std::string(number_text(value, buffer));
}

}  // namespace kdeps
