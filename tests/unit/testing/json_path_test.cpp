#include "kdeps/testing/json_path.hpp"

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"

namespace kdeps::testing {
namespace {

struct FoundCase {
    const char *name, *path, *found, *text;
};

class JsonPathTest : public ::testing::TestWithParam<FoundCase> {};

TEST_P(JsonPathTest, FindsThePlace) {
    const Value root =
        parse_json(R"({"a": {"b": [1, {"c": null}], "x-y": 2, "d e": 3}, "0": "zero"})");
    const JsonPath path = JsonPath::parse(GetParam().path, {});
    const auto found = path.find(root);
    EXPECT_EQ(found ? to_json(*found) : "nothing", GetParam().found);
    EXPECT_EQ(path.text(), GetParam().text);
}

constexpr FoundCase kCases[] = {
    {"Member", "$.a.b[0]", "1", "$.a.b[0]"},
    {"WithoutDollar", "a.b[1].c", "null", "$.a.b[1].c"},
    {"DottedIndex", "$.a.b.0", "1", "$.a.b.0"},
    {"NameOfDigits", "$.0", "\"zero\"", "$.0"},
    {"Dash", "$.a.x-y", "2", "$.a.x-y"},
    {"Quoted", "$.a[\"d e\"]", "3", "$.a[\"d e\"]"},
    {"SingleQuotes", "$['a']['x-y']", "2", "$.a.x-y"},
    {"PastTheEnd", "$.a.b[2]", "nothing", "$.a.b[2]"},
    {"IndexOfAMap", "$.a[0]", "nothing", "$.a[0]"},
    {"MemberOfANumber", "$.a.b[0].c", "nothing", "$.a.b[0].c"},
};
INSTANTIATE_TEST_SUITE_P(Cases, JsonPathTest, ::testing::ValuesIn(kCases),
                         [](const auto& c) { return c.param.name; });

TEST(JsonPathRootTest, IsTheWholeValue) {
    EXPECT_EQ(*JsonPath::parse("$", {}).find(Value(7)), Value(7));
    EXPECT_EQ(JsonPath().text(), "$");
}

struct WrongCase {
    const char *name, *path;
    int column;
};

class JsonPathErrorTest : public ::testing::TestWithParam<WrongCase> {};

TEST_P(JsonPathErrorTest, PointsAtTheMistake) {
    try {
        (void)JsonPath::parse(GetParam().path, {});
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::InvalidValue);
        EXPECT_EQ(error.detail().where->column, GetParam().column);
    }
}

constexpr WrongCase kWrong[] = {
    {"EmptyName", "$.a..b", 5}, {"EndsWithDot", "$.a.", 4}, {"NoIndex", "$.a[]", 5},
    {"Negative", "$.a[-1]", 5}, {"NotClosed", "$.a[1", 4},  {"QuoteNotClosed", "$[\"a]", 3},
    {"Space", "$.a b", 4},      {"Wildcard", "$.a[*]", 5},
};
INSTANTIATE_TEST_SUITE_P(Cases, JsonPathErrorTest, ::testing::ValuesIn(kWrong),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::testing
