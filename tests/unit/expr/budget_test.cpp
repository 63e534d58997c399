#include <gtest/gtest.h>

#include "fake_scope.hpp"

namespace kdeps::test {
namespace {

std::string many(std::string_view part, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += part;
    return text;
}

/// The first line of the error, without its place.
std::string message_of(const std::string& source, const expr::Budget& budget = {}) {
    try {
        return "no error: " + to_json(evaluate(source, budget)).substr(0, 60);
    } catch (const Error& error) {
        return error.what();
    }
}

constexpr const char* kTooLong = "expression is longer than 65536 bytes";
constexpr const char* kTooDeep = "expression is nested more than 200 levels deep";
constexpr const char* kTooManyBytes = "expression builds more than 67108864 bytes";
constexpr const char* kTooManySteps = "expression takes more than 1000000 steps";

TEST(ExprBudget, RefusesLongSources) {
    EXPECT_EQ(message_of(many("(", 100'000)), kTooLong);
    EXPECT_EQ(message_of("'" + many("x", 70'000) + "'"), kTooLong);
}

TEST(ExprBudget, RefusesDeepNesting) {
    EXPECT_EQ(message_of(many("(", 60'000)), kTooDeep);
    EXPECT_EQ(message_of(many("[", 60'000)), kTooDeep);
    EXPECT_EQ(message_of(many("{a:", 20'000)), kTooDeep);
    EXPECT_EQ(message_of(many("-", 60'000) + "1"), kTooDeep);
    EXPECT_EQ(message_of(many("!", 60'000) + "1"), kTooDeep);
    EXPECT_EQ(message_of(many("1 ? 1 : ", 8'000) + "1"), kTooDeep);
    EXPECT_EQ(message_of(many("2**", 20'000) + "1"), kTooDeep);
    EXPECT_EQ(message_of(many("let a=1;", 8'000) + "1"), kTooDeep);
    EXPECT_EQ(message_of(many("json(", 10'000)), kTooDeep);
    EXPECT_EQ(message_of(many("map(nums,", 6'000)), kTooDeep);
    EXPECT_EQ(message_of(many("[", 150) + many("]", 150)), "no error: " + many("[", 60));
}

TEST(ExprBudget, LongChainsAreFine) {
    EXPECT_EQ(message_of("1" + many("+1", 30'000)), "no error: 30001");
    EXPECT_EQ(message_of("user" + many("?.x", 20'000)), "no error: null");
    EXPECT_EQ(message_of("nums" + many("[:]", 20'000)), "no error: [3,1,2]");
    EXPECT_EQ(message_of("1" + many("==1<2", 10'000)).substr(0, 8), "cannot c");
    EXPECT_EQ(message_of("text" + many("|trim", 10'000)), "no error: \"hello\"");
    EXPECT_EQ(message_of("nil" + many("??nil", 10'000)), "no error: null");
    EXPECT_EQ(message_of("1" + many(" not in[]", 7'000)), "no error: true");
}

TEST(ExprBudget, EndsHugeResultsBeforeTheyAreBuilt) {
    EXPECT_EQ(message_of("repeat('x', 1000000000)"), kTooManyBytes);
    EXPECT_EQ(message_of("repeat('ab', 9223372036854775807)"), kTooManyBytes);
    EXPECT_EQ(message_of("1..1000000000"), kTooManyBytes);
    EXPECT_EQ(message_of("-9223372036854775808..9223372036854775807"), kTooManyBytes);
    EXPECT_EQ(message_of("len(split(repeat('x', 20000000), ''))"), kTooManyBytes);
    EXPECT_EQ(message_of("replace(repeat('x', 10000), 'x', repeat('y', 10000))"), kTooManyBytes);
    EXPECT_EQ(message_of("let a = repeat('x', 30000000); a + a"), kTooManyBytes);
    EXPECT_EQ(message_of("json(map(1..100, repeat('x', 600000)))"), kTooManyBytes);
}

TEST(ExprBudget, CountsSharedPartsAsOftenAsTheyPrint) {
    std::string source = "let a = [1,1,1,1,1,1,1,1,1,1]; ";
    for (char c = 'b'; c < 'l'; ++c) {
        const std::string before(1, static_cast<char>(c - 1));
        source += "let " + std::string(1, c) + " = [" + many(before + ",", 10) + "]; ";
    }
    EXPECT_EQ(message_of(source + "json(k)"), kTooManySteps);
    EXPECT_EQ(message_of(source + "k == k"), kTooManySteps);
    EXPECT_EQ(message_of(source + "flatten(k)"), kTooManySteps);
    EXPECT_EQ(message_of(source + "join([k])"), kTooManySteps);
}

TEST(ExprBudget, CountsSteps) {
    EXPECT_EQ(message_of("map(1..2000, len(map(1..1000, #)))"), kTooManySteps);
    EXPECT_EQ(message_of("count(1..900000, # in [1]) "), kTooManySteps);
    EXPECT_EQ(message_of("nums | map(# * 2)", {.max_steps = 3}),
              "expression takes more than 3 steps");
    EXPECT_EQ(message_of("1..100", {.max_bytes = 1000}), "expression builds more than 1000 bytes");
}

TEST(ExprBudget, NamesThePlaceAndAWayOut) {
    EXPECT_EQ(error_of("1 + len(repeat('x', 1000000000))"),
              "<expression>:1:9: expression builds more than 67108864 bytes [EXPRESSION_FAILED]\n"
              "  1 | 1 + len(repeat('x', 1000000000))\n"
              "    |         ^^^^^^\n"
              "  hint: let the database filter, count and sort large results");
}

TEST(ExprBudget, SearchingHostileTextIsLinear) {
    // Quadratic search would compare some 10^13 bytes.
    EXPECT_EQ(message_of("let a = repeat('a', 8000000); "
                         "indexOf(a, repeat('a', 4000000) + 'b' + repeat('a', 1000000))"),
              "no error: -1");
    EXPECT_EQ(message_of("let a = repeat('a', 8000000); "
                         "lastIndexOf(a, repeat('a', 1000000) + 'b' + repeat('a', 4000000))"),
              "no error: -1");
}

}  // namespace
}  // namespace kdeps::test
