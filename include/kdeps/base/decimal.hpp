#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kdeps {

/// An exact decimal number: sign, digits, and how many of them stand behind the point.
///
/// Values:  keeps the digits it was read with, so 19.90 prints as 19.90. At most 200,000 digits, of
///          which 20,000 may be other than zeros at the end in a factor, divisor or dividend.
/// Source:  arithmetic rules are docs/reference/expressions.md: + - * exact, / to 34 significant
///          digits, half even.
class Decimal {
 public:
    static constexpr std::size_t kMaxFactorDigits = 20'000;

    Decimal() = default;  ///< 0
    explicit Decimal(std::int64_t value);
    /// Reads `[+-]digits[.digits][e[+-]digits]`; nullopt if the text is anything else or too long.
    [[nodiscard]] static std::optional<Decimal> parse(std::string_view text);

    [[nodiscard]] std::string to_string() const;  ///< Plain digits, never an exponent.
    [[nodiscard]] double to_double() const;
    [[nodiscard]] std::optional<std::int64_t> to_int64() const;  ///< Only if integral and in range.
    [[nodiscard]] bool is_integral() const;
    [[nodiscard]] bool is_zero() const;
    [[nodiscard]] bool is_negative() const { return negative_; }
    [[nodiscard]] int scale() const { return scale_; }
    [[nodiscard]] std::size_t digit_count() const { return digits_.size(); }

    [[nodiscard]] Decimal operator-() const;
    /// Errors: Error(ExpressionFailed) when a result would pass 200,000 digits, an operand of * / %
    ///         has more than 20,000, on division by zero, and for the remainder of a number that is
    ///         not integral.
    friend Decimal operator+(const Decimal& a, const Decimal& b);
    friend Decimal operator-(const Decimal& a, const Decimal& b);
    friend Decimal operator*(const Decimal& a, const Decimal& b);
    friend Decimal operator/(const Decimal& a, const Decimal& b);
    friend Decimal operator%(const Decimal& a, const Decimal& b);
    /// By numeric value: 1.0 equals 1.
    friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
    friend bool operator==(const Decimal& a, const Decimal& b);

 private:
    /// Brings the parts into the form described below. A zero is never negative.
    /// Errors: Error(ExpressionFailed) when there are more than 200,000 digits.
    Decimal(bool negative, std::string digits, int scale);
    /// Magnitudes only.
    [[nodiscard]] std::strong_ordering compare_magnitude(const Decimal& other) const;
    [[nodiscard]] std::string_view integer_digits() const;
    [[nodiscard]] std::string_view fraction_digits() const;
    static Decimal add(const Decimal& a, const Decimal& b, bool negate_b);

    bool negative_ = false;
    std::string digits_ = "0";  ///< No leading zeros except those needed to reach the point.
    int scale_ = 0;             ///< Digits behind the point, at least 0.
};

}  // namespace kdeps
