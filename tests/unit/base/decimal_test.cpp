#include "kdeps/base/decimal.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"

namespace kdeps {

namespace {

Decimal dec(std::string_view text) {
    const auto number = Decimal::parse(text);
    EXPECT_TRUE(number) << text;
    return number.value_or(Decimal{});
}

std::string calculate(const std::string& a, char op, const std::string& b) {
    try {
        switch (op) {
            case '+':
                return (dec(a) + dec(b)).to_string();
            case '-':
                return (dec(a) - dec(b)).to_string();
            case '*':
                return (dec(a) * dec(b)).to_string();
            case '/':
                return (dec(a) / dec(b)).to_string();
            default:
                return (dec(a) % dec(b)).to_string();
        }
    } catch (const Error& error) {
        return render(error);
    }
}

std::string zeros(std::size_t count) {
    return std::string(count, '0');
}

}  // namespace

struct ParseCase {
    const char *name, *text, *printed;  ///< `printed` null: no decimal.
};
class DecimalParseTest : public testing::TestWithParam<ParseCase> {};

TEST_P(DecimalParseTest, PrintsPlainDigits) {
    const auto number = Decimal::parse(GetParam().text);
    ASSERT_EQ(number.has_value(), GetParam().printed != nullptr);
    if (number) {
        EXPECT_EQ(number->to_string(), GetParam().printed);
    }
}
constexpr ParseCase kParseCases[] = {
    {"Zero", "0", "0"},
    {"KeepsTrailingZeros", "19.90", "19.90"},
    {"DropsLeadingZeros", "0019.90", "19.90"},
    {"KeepsZerosOfZero", "0.00", "0.00"},
    {"NegativeZeroIsZero", "-0.0", "0.0"},
    {"Plus", "+1.5", "1.5"},
    {"Minus", "-1.5", "-1.5"},
    {"SmallFraction", "0.05", "0.05"},
    {"Exponent", "1e3", "1000"},
    {"ExponentMovesPoint", "1.25e1", "12.5"},
    {"ExponentKeepsZeros", "1.50e1", "15.0"},
    {"CapitalExponentWithPlus", "1E+2", "100"},
    {"NegativeExponent", "15e-3", "0.015"},
    {"ZeroWithHugeExponent", "0e999999999", "0"},
    {"ExponentWithLeadingZeros", "1e00000000000002", "100"},
    {"BeyondUint64", "18446744073709551616", "18446744073709551616"},
    {"Empty", "", nullptr},
    {"SignOnly", "-", nullptr},
    {"TwoSigns", "+-1", nullptr},
    {"NoIntegerPart", ".5", nullptr},
    {"NoFraction", "5.", nullptr},
    {"NoExponentDigits", "5e", nullptr},
    {"NoExponentDigitsAfterSign", "5e+", nullptr},
    {"Space", " 5", nullptr},
    {"TrailingText", "5x", nullptr},
    {"Hexadecimal", "0x10", nullptr},
    {"NotANumber", "NaN", nullptr},
    {"HugeExponent", "1e999999999", nullptr},
    {"HugerExponent", "1e99999999999999999999999", nullptr},
    {"HugeNegativeExponent", "1e-999999999", nullptr},
};
INSTANTIATE_TEST_SUITE_P(Cases, DecimalParseTest, testing::ValuesIn(kParseCases),
                         [](const auto& c) { return c.param.name; });

TEST(DecimalLimitTest, TakesExactly200000Digits) {
    EXPECT_TRUE(Decimal::parse("1e199999"));
    EXPECT_FALSE(Decimal::parse("1e200000"));
    EXPECT_TRUE(Decimal::parse("1e-199999"));
    EXPECT_FALSE(Decimal::parse("1e-200000"));
    EXPECT_TRUE(Decimal::parse(std::string(200'000, '9')));
    EXPECT_FALSE(Decimal::parse(std::string(200'001, '9')));
    EXPECT_TRUE(Decimal::parse(zeros(300'000) + "1"));
}

struct ArithmeticCase {
    const char *name, *a;
    char op;
    const char *b, *result;
};
class DecimalArithmeticTest : public testing::TestWithParam<ArithmeticCase> {};

TEST_P(DecimalArithmeticTest, IsExact) {
    const auto& c = GetParam();
    EXPECT_EQ(calculate(c.a, c.op, c.b), c.result);
}
constexpr ArithmeticCase kArithmeticCases[] = {
    {"AddAligns", "19.90", '+', "0.1", "20.00"},
    {"AddCarries", "999.9", '+', "0.1", "1000.0"},
    {"AddOppositeSigns", "1.5", '+', "-2.25", "-0.75"},
    {"AddToZero", "1.5", '+', "-1.5", "0.0"},
    {"AddBeyondInt64", "9223372036854775807", '+', "1", "9223372036854775808"},
    {"SubtractBorrows", "1000", '-', "0.001", "999.999"},
    {"SubtractNegative", "-1", '-', "-3", "2"},
    {"SubtractFromZero", "0", '-', "1.10", "-1.10"},
    {"MultiplyAddsScales", "1.10", '*', "2.5", "2.750"},
    {"MultiplySmallFractions", "0.001", '*', "-0.02", "-0.00002"},
    {"MultiplyByZero", "-5.5", '*', "0", "0.0"},
    {"MultiplyBig", "99999999999999999999", '*', "99999999999999999999",
     "9999999999999999999800000000000000000001"},
    {"MultiplyEighteenDigits", "999999999", '*', "999999999", "999999998000000001"},
    {"MultiplyNineteenDigits", "9999999999", '*', "999999999", "9999999989000000001"},
    {"DivideExactly", "1", '/', "4", "0.25"},
    {"DivideWhole", "10", '/', "2", "5"},
    {"DivideKeepsScale", "19.90", '/', "1", "19.90"},
    {"DivideByFraction", "1", '/', "0.05", "20"},
    {"DivideThird", "1", '/', "3", "0.3333333333333333333333333333333333"},
    {"DivideTwoThirdsRoundsUp", "2", '/', "3", "0.6666666666666666666666666666666667"},
    {"DivideNegative", "-2", '/', "3", "-0.6666666666666666666666666666666667"},
    {"DivideZero", "0", '/', "7", "0"},
    {"DivideZeroKeepsScale", "0.00", '/', "7", "0.00"},
    {"DivideLargeFillsZeros", "1e40", '/', "3", "3333333333333333333333333333333333000000"},
    {"DivideRoundsUpToMoreDigits", "99999999999999999999999999999999999", '/', "1",
     "100000000000000000000000000000000000"},
    {"DivideHalfToEvenDown", "10000000000000000000000000000000000.5", '/', "1",
     "10000000000000000000000000000000000"},
    {"DivideHalfDown", "12345678901234567890123456789012345", '/', "10",
     "1234567890123456789012345678901234"},
    {"DivideHalfUp", "12345678901234567890123456789012335", '/', "10",
     "1234567890123456789012345678901234"},
    {"DivideJustAboveHalf", "123456789012345678901234567890123450001", '/', "100000",
     "1234567890123456789012345678901235"},
    {"RemainderSignOfDividend", "-7", '%', "3", "-1"},
    {"RemainderPositive", "7", '%', "-3", "1"},
    {"RemainderOfWholeFraction", "7.00", '%', "4", "3"},
    {"RemainderBig", "100000000000000000000000001", '%', "10", "1"},
    {"DivideByZero", "1", '/', "0.0", "division by zero [EXPRESSION_FAILED]"},
    {"RemainderByZero", "1", '%', "0", "division by zero [EXPRESSION_FAILED]"},
    {"RemainderOfFraction", "1.5", '%', "1",
     "the remainder needs two whole numbers [EXPRESSION_FAILED]"},
    {"MultiplyTooLong", "1e150000", '*', "1e150000",
     "a number would have more than 200,000 digits [EXPRESSION_FAILED]"},
    {"MultiplyScaleTooLong", "1e-150000", '*', "1e-150000",
     "a number would have more than 200,000 digits [EXPRESSION_FAILED]"},
    {"AddTooLong", "1e150000", '+', "1e-150000",
     "a number would have more than 200,000 digits [EXPRESSION_FAILED]"},
    {"DivideTooLong", "1e199999", '/', "1e-199999",
     "a number would have more than 200,000 digits [EXPRESSION_FAILED]"},
    {"DivideScaleTooLong", "1e-199990", '/', "3",
     "a number would have more than 200,000 digits [EXPRESSION_FAILED]"},
};
INSTANTIATE_TEST_SUITE_P(Cases, DecimalArithmeticTest, testing::ValuesIn(kArithmeticCases),
                         [](const auto& c) { return c.param.name; });

TEST(DecimalPropertyTest, VeryLongProductsAreRight) {
    // (10^n - 1)^2 = 10^2n - 2 * 10^n + 1.
    for (const std::size_t n : {9, 10, 18, 19, 34, 1000, 5000}) {
        const std::string nines(n, '9');
        const std::string expected = std::string(n - 1, '9') + '8' + zeros(n - 1) + '1';
        EXPECT_EQ((dec(nines) * dec(nines)).to_string(), expected) << n;
        EXPECT_EQ((dec(expected) % dec(nines)).to_string(), "0") << n;
        EXPECT_EQ((dec(expected) / dec(expected)).to_string(), "1") << n;
    }
}

TEST(DecimalCompareTest, OrdersByValue) {
    const char* ascending[] = {"-1e100", "-10.01",  "-10", "-0.5", "0",    "0.0001",
                               "0.5",    "0.50001", "1",   "9.99", "10.0", "1e100"};
    for (std::size_t i = 0; i < std::size(ascending); ++i) {
        for (std::size_t j = 0; j < std::size(ascending); ++j) {
            EXPECT_EQ(dec(ascending[i]) <=> dec(ascending[j]), i <=> j)
                << ascending[i] << " and " << ascending[j];
        }
    }
    EXPECT_EQ(dec("1.0"), dec("1"));
    EXPECT_EQ(dec("-0.00"), Decimal{});
}

TEST(DecimalConversionTest, Int64KeepsItsRange) {
    EXPECT_EQ(dec("9223372036854775807").to_int64(), INT64_MAX);
    EXPECT_EQ(dec("-9223372036854775808").to_int64(), INT64_MIN);
    EXPECT_EQ(dec("5.00").to_int64(), 5);
    EXPECT_EQ(dec("9223372036854775808").to_int64(), std::nullopt);
    EXPECT_EQ(dec("1e30").to_int64(), std::nullopt);
    EXPECT_EQ(dec("5.01").to_int64(), std::nullopt);
    EXPECT_EQ(Decimal(INT64_MIN).to_string(), "-9223372036854775808");
    EXPECT_EQ((-Decimal(INT64_MIN)).to_string(), "9223372036854775808");
}

TEST(DecimalConversionTest, DoubleIsTheNearest) {
    EXPECT_EQ(dec("0.1").to_double(), 0.1);
    EXPECT_EQ(dec("-2.5").to_double(), -2.5);
    EXPECT_EQ(dec("1e400").to_double(), std::numeric_limits<double>::infinity());
    EXPECT_EQ(dec("-1e400").to_double(), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(dec("1e-400").to_double(), 0.0);
    EXPECT_EQ(dec("4.9e-324").to_double(), std::numeric_limits<double>::denorm_min());
}

TEST(DecimalPropertyTest, SmallNumbersAgreeWithIntegerArithmetic) {
    std::mt19937_64 random(20260131);
    std::uniform_int_distribution<std::int64_t> numbers(-3'000'000, 3'000'000);
    for (int i = 0; i < 2000; ++i) {
        const std::int64_t a = numbers(random);
        const std::int64_t b = numbers(random);
        EXPECT_EQ((Decimal(a) + Decimal(b)).to_int64(), a + b);
        EXPECT_EQ((Decimal(a) - Decimal(b)).to_int64(), a - b);
        EXPECT_EQ((Decimal(a) * Decimal(b)).to_int64(), a * b);
        EXPECT_EQ(Decimal(a) <=> Decimal(b), a <=> b);
        if (b == 0) continue;
        EXPECT_EQ((Decimal(a) % Decimal(b)).to_int64(), a % b);
    }
}

TEST(DecimalPropertyTest, LongNumbersKeepTheLawsOfArithmetic) {
    std::mt19937_64 random(7);
    const auto number = [&] {
        std::string text = random() % 2 == 0 ? "-" : "";
        for (std::size_t i = random() % 60 + 1; i > 0; --i)
            text += static_cast<char>('0' + random() % 10);
        text += '.';
        for (std::size_t i = random() % 20 + 1; i > 0; --i)
            text += static_cast<char>('0' + random() % 10);
        return dec(text);
    };
    for (int i = 0; i < 300; ++i) {
        const Decimal a = number();
        const Decimal b = number();
        const Decimal c = number();
        EXPECT_EQ(a + b - b, a);
        EXPECT_EQ(a * (b + c), a * b + a * c);
        EXPECT_EQ(Decimal::parse(a.to_string())->to_string(), a.to_string());
        if (!b.is_zero() && !a.is_zero()) {
            // The quotient is off by at most half a unit in its 34th digit.
            const Decimal error = a / b * b - a;
            const Decimal size = error.is_negative() ? -error : error;
            const Decimal bound = (a.is_negative() ? -a : a) * *Decimal::parse("5e-34");
            EXPECT_LE(size, bound) << a.to_string() << " / " << b.to_string();
        }
    }
}

}  // namespace kdeps
