#include "scalar.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/base/json.hpp"

namespace kdeps::workflow {
namespace {

using Kind = Node::Kind;

struct KindCase {
    const char *name, *text;
    Kind kind;
};
class PlainKindTest : public testing::TestWithParam<KindCase> {};

TEST_P(PlainKindTest, FollowsTheCoreSchema) {
    EXPECT_EQ(plain_kind(GetParam().text), GetParam().kind) << GetParam().text;
}

constexpr KindCase kKinds[] = {
    {"Empty", "", Kind::Null},
    {"Tilde", "~", Kind::Null},
    {"Null", "Null", Kind::Null},
    {"NullMixedCase", "nUll", Kind::String},
    {"True", "TRUE", Kind::Bool},
    {"TrueMixedCase", "tRue", Kind::String},
    {"Yes", "yes", Kind::String},
    {"On", "on", Kind::String},
    {"LetterN", "n", Kind::String},
    {"Int", "-42", Kind::Int},
    {"IntPlus", "+42", Kind::Int},
    {"LeadingZero", "017", Kind::Int},
    {"Hex", "0x1F", Kind::Int},
    {"HexUpperX", "0X1F", Kind::String},
    {"HexEmpty", "0x", Kind::String},
    {"HexSigned", "-0x1F", Kind::String},
    {"Octal", "0o17", Kind::Int},
    {"OctalBadDigit", "0o8", Kind::String},
    {"Underscore", "1_000", Kind::String},
    {"SignOnly", "-", Kind::String},
    {"Float", "1.5", Kind::Float},
    {"FloatNoFraction", "1.", Kind::Float},
    {"FloatNoWhole", ".5", Kind::Float},
    {"PointOnly", ".", Kind::String},
    {"Exponent", "1e3", Kind::Float},
    {"ExponentSigned", "-1.5E-3", Kind::Float},
    {"ExponentEmpty", "1e", Kind::String},
    {"Infinity", "-.inf", Kind::Float},
    {"NotANumber", ".NaN", Kind::Float},
    {"NotANumberSigned", "-.nan", Kind::String},
    {"Version", "1.0.0", Kind::String},
    {"Date", "2024-01-15", Kind::String},
    {"Time", "12:30", Kind::String},
};
INSTANTIATE_TEST_SUITE_P(Cases, PlainKindTest, testing::ValuesIn(kKinds),
                         [](const auto& c) { return c.param.name; });

TEST(CoreIntTest, ReadsEveryForm) {
    EXPECT_EQ(core_int("017"), 17);
    EXPECT_EQ(core_int("0o17"), 15);
    EXPECT_EQ(core_int("0x1F"), 31);
    EXPECT_EQ(core_int("-9223372036854775808"), INT64_MIN);
    EXPECT_EQ(core_int("9223372036854775808"), std::nullopt);
    EXPECT_EQ(core_int("0x8000000000000000"), std::nullopt);
}

/// The value of a plain scalar.
std::optional<Value> value_of(const std::string& text) {
    Node node;
    node.kind = plain_kind(text);
    node.text = text;
    return scalar_value(node);
}

struct ValueCase {
    const char *name, *text;
    kdeps::Kind kind;
    const char* json;
};
class ScalarValueTest : public testing::TestWithParam<ValueCase> {};

TEST_P(ScalarValueTest, FollowsTheCoreSchema) {
    const auto value = value_of(GetParam().text);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(value->kind(), GetParam().kind);
    EXPECT_EQ(to_json(*value), GetParam().json);
}

constexpr ValueCase kValues[] = {
    {"Null", "~", kdeps::Kind::Null, "null"},
    {"True", "TRUE", kdeps::Kind::Bool, "true"},
    {"False", "False", kdeps::Kind::Bool, "false"},
    {"Int", "-42", kdeps::Kind::Int, "-42"},
    {"LeadingZero", "017", kdeps::Kind::Int, "17"},
    {"Hex", "0x1F", kdeps::Kind::Int, "31"},
    {"HexOf64Bits", "0xFFFFFFFFFFFFFFFF", kdeps::Kind::Decimal, "18446744073709551615"},
    {"Octal", "0o17", kdeps::Kind::Int, "15"},
    {"BeyondInt64", "123456789012345678901234567890", kdeps::Kind::Decimal,
     "123456789012345678901234567890"},
    {"Float", "19.90", kdeps::Kind::Decimal, "19.90"},
    {"NoWhole", ".5", kdeps::Kind::Decimal, "0.5"},
    {"NoWholeNegative", "-.5", kdeps::Kind::Decimal, "-0.5"},
    {"NoFraction", "5.", kdeps::Kind::Decimal, "5"},
    {"NoFractionExponent", "+5.e2", kdeps::Kind::Decimal, "500"},
    {"NoWholeExponent", ".5e1", kdeps::Kind::Decimal, "5"},
    {"Exponent", "1e3", kdeps::Kind::Decimal, "1000"},
    {"Infinity", ".inf", kdeps::Kind::Double, "\"Infinity\""},
    {"InfinityNegative", "-.INF", kdeps::Kind::Double, "\"-Infinity\""},
    {"NotANumber", ".nan", kdeps::Kind::Double, "\"NaN\""},
    {"Text", "1_000", kdeps::Kind::String, "\"1_000\""},
};
INSTANTIATE_TEST_SUITE_P(Cases, ScalarValueTest, testing::ValuesIn(kValues),
                         [](const auto& c) { return c.param.name; });

TEST(ScalarValueTest, NumbersHaveABound) {
    EXPECT_EQ(value_of("0x10000000000000000"), std::nullopt);
    EXPECT_EQ(value_of("1e999999"), std::nullopt);
    EXPECT_EQ(value_of(std::string(200'001, '9')), std::nullopt);
}

}  // namespace
}  // namespace kdeps::workflow
