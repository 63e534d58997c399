#include "scalar.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace kdeps::workflow
