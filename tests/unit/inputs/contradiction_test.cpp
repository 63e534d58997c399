#include <gtest/gtest.h>

#include "kdeps/inputs/rule.hpp"

namespace kdeps::inputs {
namespace {

struct PairCase {
    const char* name;
    Rule a;
    Rule b;
    const char* contradiction;  ///< Null: none.
};
class ContradictionTest : public testing::TestWithParam<PairCase> {};

TEST_P(ContradictionTest, IsFoundEitherWay) {
    const PairCase& c = GetParam();
    const auto found = contradiction(c.a, c.b);
    EXPECT_EQ(found.value_or("none"), c.contradiction == nullptr ? "none" : c.contradiction);
    EXPECT_EQ(contradiction(c.b, c.a).has_value(), found.has_value());
}

std::shared_ptr<const Rule> shared_rule(Rule rule) {
    return std::make_shared<const Rule>(std::move(rule));
}

const PairCase kPairCases[] = {
    {"Equal",
     {.type = Type::Integer, .fallback = 5},
     {.type = Type::Integer, .fallback = 5},
     nullptr},
    {"AnythingAndAType", {}, {.type = Type::Date}, nullptr},
    {"IntegersAreNumbers", {.type = Type::Number}, {.type = Type::Integer}, nullptr},
    {"UuidsAreStrings", {.type = Type::Uuid}, {.type = Type::String}, nullptr},
    {"Types", {.type = Type::Integer}, {.type = Type::String}, "type integer and type string"},
    {"TwoKindsOfText", {.type = Type::Uuid}, {.type = Type::Email}, "type uuid and type email"},
    {"DateAndTime", {.type = Type::Date}, {.type = Type::DateTime}, "type date and type datetime"},
    {"Defaults",
     {.type = Type::Integer, .fallback = 5},
     {.type = Type::Integer, .fallback = 6},
     "default 5 and default 6"},
    {"OneDefault", {.type = Type::Integer, .fallback = 5}, {.type = Type::Integer}, nullptr},
    {"DefaultOutsideOfTheOther",
     {.type = Type::Integer, .fallback = 5},
     {.type = Type::Integer, .maximum = 4},
     "default 5, which must be at most 4"},
    {"LimitsThatCross",
     {.type = Type::Integer, .minimum = 5},
     {.type = Type::Integer, .maximum = 4},
     "minimum 5 and maximum 4"},
    {"LimitsThatMeet",
     {.type = Type::Integer, .minimum = 5},
     {.type = Type::Integer, .maximum = 5},
     nullptr},
    {"LengthsThatCross",
     {.type = Type::String, .min_size = 5},
     {.type = Type::String, .max_size = 4},
     "at least 5 characters and at most 4 characters"},
    {"ChoicesApart",
     {.type = Type::String, .choices = {"a", "b"}},
     {.type = Type::String, .choices = {"c"}},
     "no choice of `enum` in common"},
    {"ChoicesThatMeet",
     {.type = Type::String, .choices = {"a", "b"}},
     {.type = Type::String, .choices = {"b", "c"}},
     nullptr},
    {"Elements",
     {.type = Type::Array, .items = shared_rule({.type = Type::Integer})},
     {.type = Type::Array, .items = shared_rule({.type = Type::Date})},
     "in `items`: type integer and type date"},
    {"Members",
     {.type = Type::Object, .properties = {{"a", {}}, {"n", {.type = Type::Integer}}}},
     {.type = Type::Object, .properties = {{"n", {.type = Type::Boolean}}}},
     "in 'n': type integer and type boolean"},
};
INSTANTIATE_TEST_SUITE_P(Cases, ContradictionTest, testing::ValuesIn(kPairCases),
                         [](const auto& c) { return c.param.name; });

TEST(TypeNameTest, EveryNameIsThatOfItsType) {
    for (const std::string& name : type_names()) EXPECT_EQ(type_name(*type_named(name)), name);
    EXPECT_FALSE(type_named("any"));
    EXPECT_FALSE(type_named("int"));
}

}  // namespace
}  // namespace kdeps::inputs
