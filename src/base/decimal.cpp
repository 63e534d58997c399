#include "kdeps/base/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <boost/multiprecision/cpp_int.hpp>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps {

namespace {

using boost::multiprecision::cpp_int;

constexpr std::size_t kMaxDigits = 200'000;
constexpr std::size_t kQuotientDigits = 34;  // as IEEE 754 decimal128
constexpr std::size_t kInt64Digits = 18;     // any number of so many digits is an int64

[[noreturn]] void too_long() {
    throw Error(ErrorCode::ExpressionFailed, "a number would have more than 200,000 digits");
}

bool all_zero(std::string_view digits) {
    return digits.find_first_not_of('0') == std::string_view::npos;
}

std::string_view significant(std::string_view digits) {
    const auto first = digits.find_first_not_of('0');
    return first == std::string_view::npos ? digits.substr(digits.size() - 1)
                                           : digits.substr(first);
}

std::int64_t small_int(std::string_view digits) {
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

/// Digits without zeros at either end, and how many stood at the right one.
struct Factor {
    explicit Factor(std::string_view all) : digits(significant(all)) {
        zeros = std::min(digits.size() - 1, digits.size() - 1 - digits.find_last_not_of('0'));
        digits.remove_suffix(zeros);
    }
    std::string_view digits;
    std::size_t zeros;
};

/// Reading and writing a large cpp_int takes a time that grows with the square of its digits.
cpp_int big_int(std::string_view digits) {
    if (digits.size() > Decimal::kMaxFactorDigits) {
        throw Error(ErrorCode::ExpressionFailed,
                    "a number of more than 20,000 digits cannot be multiplied or divided");
    }
    return cpp_int(std::string(significant(digits)));  // a leading 0 would mean octal
}

cpp_int power_of_ten(std::size_t exponent) {
    return boost::multiprecision::pow(cpp_int(10), static_cast<unsigned>(exponent));
}

/// The exponent part of a number, empty included; nullopt if malformed. Far too large ones are cut
/// to a bound that no number can use.
std::optional<std::int64_t> parse_exponent(std::string_view text) {
    constexpr std::int64_t kBound = 1'000'000'000;
    if (text.empty()) return 0;
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    text.remove_prefix(1);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const auto digits = take_digits(text);
    if (digits.empty() || !text.empty()) return std::nullopt;
    const auto short_digits = significant(digits);
    const std::int64_t size = short_digits.size() > 9 ? kBound : small_int(short_digits);
    return negative ? -size : size;
}

/// a + b, both of the same length.
std::string add_digits(std::string_view a, std::string_view b) {
    std::string sum(a.size() + 1, '0');
    int carry = 0;
    for (std::size_t i = a.size(); i-- > 0;) {
        const int digit = (a[i] - '0') + (b[i] - '0') + carry;
        carry = digit / 10;
        sum[i + 1] = static_cast<char>('0' + digit % 10);
    }
    sum[0] = static_cast<char>('0' + carry);
    return sum;
}

/// a - b, both of the same length, a >= b.
std::string subtract_digits(std::string_view a, std::string_view b) {
    std::string difference(a);
    int borrow = 0;
    for (std::size_t i = a.size(); i-- > 0;) {
        const int digit = (a[i] - '0') - (b[i] - '0') - borrow;
        borrow = digit < 0 ? 1 : 0;
        difference[i] = static_cast<char>('0' + digit + 10 * borrow);
    }
    return difference;
}

/// `quotient` cut to kQuotientDigits, half even; `inexact` tells that more digits followed it.
/// Returns the number of digits cut.
std::size_t round_half_even(cpp_int& quotient, bool inexact) {
    const std::size_t length = quotient.str().size();
    if (length <= kQuotientDigits) return 0;
    const std::size_t cut = length - kQuotientDigits;
    const cpp_int unit = power_of_ten(cut);
    const cpp_int rest = quotient % unit;
    quotient /= unit;
    const cpp_int twice = rest * 2;
    const bool up = twice > unit || (twice == unit && (inexact || quotient % 2 != 0));
    if (up) ++quotient;
    return cut;
}

}  // namespace

Decimal::Decimal(std::int64_t value) : negative_(value < 0), digits_(std::to_string(value)) {
    if (negative_) digits_.erase(0, 1);
}

Decimal::Decimal(bool negative, std::string digits, int scale)
    : negative_(negative), digits_(std::move(digits)), scale_(scale) {
    const auto needed = static_cast<std::size_t>(scale) + 1;
    const auto leading = std::min(digits_.find_first_not_of('0'), digits_.size());
    if (std::max(digits_.size() - leading, needed) > kMaxDigits) too_long();
    if (digits_.size() < needed) digits_.insert(0, needed - digits_.size(), '0');
    const auto first = std::min(digits_.find_first_not_of('0'), digits_.size() - needed);
    digits_.erase(0, first);
    if (negative_ && all_zero(digits_)) negative_ = false;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const auto integer = take_digits(text);
    std::string_view fraction;
    if (integer.empty()) return std::nullopt;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take_digits(text);
        if (fraction.empty()) return std::nullopt;
    }
    const auto exponent = parse_exponent(text);
    if (!exponent) return std::nullopt;

    const bool zero = all_zero(integer) && all_zero(fraction);
    const std::int64_t scale = static_cast<std::int64_t>(fraction.size()) - *exponent;
    const std::int64_t zeros = zero ? 0 : std::max<std::int64_t>(0, -scale);
    const auto limit = static_cast<std::int64_t>(kMaxDigits);
    const auto digits = static_cast<std::int64_t>(significant(integer).size() + fraction.size());
    if (scale >= limit || zeros > limit || digits + zeros > limit + 1) return std::nullopt;

    std::string all(significant(integer));
    all.append(fraction).append(static_cast<std::size_t>(zeros), '0');
    if (significant(all).size() > kMaxDigits) return std::nullopt;
    return Decimal(negative, std::move(all), static_cast<int>(std::max<std::int64_t>(0, scale)));
}

std::string_view Decimal::integer_digits() const {
    return std::string_view(digits_).substr(0, digits_.size() - static_cast<std::size_t>(scale_));
}

std::string_view Decimal::fraction_digits() const {
    return std::string_view(digits_).substr(digits_.size() - static_cast<std::size_t>(scale_));
}

std::string Decimal::to_string() const {
    std::string text;
    text.reserve(digits_.size() + 2);
    if (negative_) text += '-';
    text += integer_digits();
    if (scale_ > 0) text.append(".").append(fraction_digits());
    return text;
}

double Decimal::to_double() const {
    const std::string text = to_string();
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc::result_out_of_range) return value;
    const double magnitude =
        integer_digits() == "0" ? 0.0 : std::numeric_limits<double>::infinity();
    return negative_ ? -magnitude : magnitude;
}

std::optional<std::int64_t> Decimal::to_int64() const {
    if (!is_integral()) return std::nullopt;
    const std::string_view digits = integer_digits();
    if (digits.size() > kInt64Digits + 1) return std::nullopt;
    return parse_int64((negative_ ? "-" : "") + std::string(digits));
}

bool Decimal::is_integral() const {
    return all_zero(fraction_digits());
}

bool Decimal::is_zero() const {
    return all_zero(digits_);
}

std::strong_ordering Decimal::compare_magnitude(const Decimal& other) const {
    const auto a = integer_digits();
    const auto b = other.integer_digits();
    if (a.size() != b.size()) return a.size() <=> b.size();
    if (const int order = a.compare(b); order != 0) return order <=> 0;
    const auto x = fraction_digits();
    const auto y = other.fraction_digits();
    const auto common = std::min(x.size(), y.size());
    if (const int order = x.substr(0, common).compare(y.substr(0, common)); order != 0) {
        return order <=> 0;
    }
    if (!all_zero(x.substr(common))) return std::strong_ordering::greater;
    if (!all_zero(y.substr(common))) return std::strong_ordering::less;
    return std::strong_ordering::equal;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
    if (a.negative_ != b.negative_) {
        return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    return a.negative_ ? b.compare_magnitude(a) : a.compare_magnitude(b);
}

bool operator==(const Decimal& a, const Decimal& b) {
    return (a <=> b) == std::strong_ordering::equal;
}

Decimal Decimal::operator-() const {
    Decimal opposite = *this;
    opposite.negative_ = !negative_ && !is_zero();
    return opposite;
}

Decimal Decimal::add(const Decimal& a, const Decimal& b, bool negate_b) {
    const std::size_t integer = std::max(a.integer_digits().size(), b.integer_digits().size());
    const int scale = std::max(a.scale_, b.scale_);
    if (integer + static_cast<std::size_t>(scale) > kMaxDigits) too_long();
    const auto aligned = [&](const Decimal& number) {
        std::string digits(integer - number.integer_digits().size(), '0');
        digits += number.digits_;
        digits.append(static_cast<std::size_t>(scale - number.scale_), '0');
        return digits;
    };
    const bool b_negative = b.negative_ != negate_b;
    if (a.negative_ == b_negative) {
        return Decimal(a.negative_, add_digits(aligned(a), aligned(b)), scale);
    }
    if (a.compare_magnitude(b) < 0) {
        return Decimal(b_negative, subtract_digits(aligned(b), aligned(a)), scale);
    }
    return Decimal(a.negative_, subtract_digits(aligned(a), aligned(b)), scale);
}

Decimal operator+(const Decimal& a, const Decimal& b) {
    return Decimal::add(a, b, false);
}

Decimal operator-(const Decimal& a, const Decimal& b) {
    return Decimal::add(a, b, true);
}

Decimal operator*(const Decimal& a, const Decimal& b) {
    const int scale = a.scale_ + b.scale_;
    const Factor x(a.digits_);
    const Factor y(b.digits_);
    const std::size_t zeros = x.zeros + y.zeros;
    const std::size_t length = x.digits.size() + y.digits.size();
    if (length + zeros > kMaxDigits + 1 || static_cast<std::size_t>(scale) >= kMaxDigits) {
        too_long();
    }
    std::string product = length <= kInt64Digits
                              ? std::to_string(small_int(x.digits) * small_int(y.digits))
                              : cpp_int(big_int(x.digits) * big_int(y.digits)).str();
    if (product != "0") product.append(zeros, '0');
    return Decimal(a.negative_ != b.negative_, std::move(product), scale);
}

Decimal operator/(const Decimal& a, const Decimal& b) {
    if (b.is_zero()) throw Error(ErrorCode::ExpressionFailed, "division by zero");
    const Factor x(a.digits_);
    const Factor y(b.digits_);
    const std::int64_t x_scale = a.scale_ - static_cast<std::int64_t>(x.zeros);
    const std::int64_t y_scale = b.scale_ - static_cast<std::int64_t>(y.zeros);
    const auto x_size = static_cast<std::int64_t>(x.digits.size());
    const auto y_size = static_cast<std::int64_t>(y.digits.size());
    // About the number of digits before the point, or minus the zeros behind it.
    const std::int64_t magnitude = (x_size - x_scale) - (y_size - y_scale);
    if (std::abs(magnitude) > static_cast<std::int64_t>(kMaxDigits) && !a.is_zero()) too_long();
    // One digit more than wanted, so that rounding sees the next digit and the remainder the rest.
    const std::int64_t shift = y_size + static_cast<std::int64_t>(kQuotientDigits) + 1 - x_size;
    cpp_int dividend = big_int(x.digits);
    cpp_int divisor = big_int(y.digits);
    (shift >= 0 ? dividend : divisor) *= power_of_ten(static_cast<std::size_t>(std::abs(shift)));
    cpp_int quotient;
    cpp_int remainder;
    divide_qr(dividend, divisor, quotient, remainder);
    const std::size_t cut = round_half_even(quotient, remainder != 0);

    std::int64_t scale = x_scale - y_scale + shift - static_cast<std::int64_t>(cut);
    std::string digits = quotient.str();
    // An exact result keeps no more zeros behind the point than the operands suggest.
    const std::int64_t wanted = std::max(0, a.scale_ - b.scale_);
    while (scale > wanted && digits.size() > 1 && digits.back() == '0') {
        digits.pop_back();
        --scale;
    }
    if (scale > wanted && digits == "0") scale = wanted;
    if (scale < 0) {
        if (digits.size() + static_cast<std::size_t>(-scale) > kMaxDigits) too_long();
        if (digits != "0") digits.append(static_cast<std::size_t>(-scale), '0');
        scale = 0;
    }
    if (scale >= static_cast<std::int64_t>(kMaxDigits)) too_long();
    return Decimal(a.negative_ != b.negative_, std::move(digits), static_cast<int>(scale));
}

Decimal operator%(const Decimal& a, const Decimal& b) {
    for (const Decimal* number : {&a, &b}) {
        if (number->is_integral()) continue;
        throw Error(ErrorCode::ExpressionFailed, "the remainder needs two whole numbers");
    }
    if (b.is_zero()) throw Error(ErrorCode::ExpressionFailed, "division by zero");
    const std::string_view x = a.integer_digits();
    const std::string_view y = b.integer_digits();
    if (x.size() <= kInt64Digits && y.size() <= kInt64Digits) {
        return Decimal(a.negative_, std::to_string(small_int(x) % small_int(y)), 0);
    }
    return Decimal(a.negative_, cpp_int(big_int(x) % big_int(y)).str(), 0);
}

}  // namespace kdeps
