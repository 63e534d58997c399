#include <gtest/gtest.h>

#include "kdeps/expr/text.hpp"

#include "fake_scope.hpp"
#include "support/hostile_scope.hpp"

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
constexpr const char* kPastMebibyte = "expression builds more than 1048576 bytes";
constexpr const char* kPastTenThousand = "expression takes more than 10000 steps";
constexpr const char* kPrintsTooMuch = "expression gives a value of more than 67108864 bytes";

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
    EXPECT_EQ(message_of(source + "1"), kPrintsTooMuch);
    source.erase(source.find("let e"));
    const expr::Budget small{.max_steps = 10'000, .max_bytes = 1u << 20};
    EXPECT_EQ(message_of(source + "count(1..100, json(d) == '')", small), kPastMebibyte);
    EXPECT_EQ(message_of(source + "count(1..100, join([d]) == '')", small), kPastMebibyte);
    EXPECT_EQ(message_of(source + "count(1..100, d == d)", small), kPastTenThousand);
    EXPECT_EQ(message_of(source + "flatten(d)", small), kPastTenThousand);
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

/// How an evaluation over hostile values ends.
std::string end_of(const std::string& source, HostileScope& scope, const expr::Budget& budget) {
    try {
        return "no error: " + to_json(parsed(source).evaluate(scope, budget)).substr(0, 60);
    } catch (const Error& error) {
        return error.what();
    }
}

TEST(ExprBudget, KeepingALongTextInManyElementsEnds) {
    HostileScope scope;
    for (const char* source :
         {"map(ints, {id: #, note: ascii})", "map(ints, ascii)", "map(1..3000, [letters]) | len()",
          "map(1..300, rows[0])", "map(1..300, bytes)", "map(1..5000, number)",
          "map(1..100000, 1e199990)", "map(1..10000, object)",
          "let t = [ascii, ascii, ascii]; "
          "let u = [t, t, t, t, t]; [u, u, u, u, u, u]"}) {
        const std::string end = end_of(source, scope, {});
        EXPECT_TRUE(end.starts_with("expression gives a value of more than")) << source << end;
    }
}

TEST(ExprBudget, ALargeValueMayBePassedOnAndBuiltUpon) {
    HostileScope scope;
    const expr::Budget budget{.max_bytes = 100'000};  // less than each of the values
    EXPECT_EQ(end_of("len([ascii])", scope, budget), "no error: 1");
    EXPECT_EQ(end_of("len({a: letters, b: 1})", scope, budget), "no error: 2");
    EXPECT_EQ(end_of("rows | filter(.n > 0) | map(.n)", scope, budget), "no error: [1,2]");
    EXPECT_EQ(end_of("[ascii, ascii]", scope, budget),
              "expression gives a value of more than 1148578 bytes");
}

/// Each would read or make gigabytes, or compute for hours, if its length were not charged.
class ExprWorkTest : public testing::TestWithParam<const char*> {};

TEST_P(ExprWorkTest, IsChargedByLength) {
    static HostileScope scope;
    const expr::Budget budget{.max_steps = 20'000, .max_bytes = 8u << 20};
    scope.checks = 0;
    const std::string end =
        end_of("count(1..1500, " + std::string(GetParam()) + ")", scope, budget);
    EXPECT_TRUE(end == "expression takes more than 20000 steps" ||
                end == "expression builds more than 8388608 bytes")
        << end;
    // Twenty thousand steps of 256 bytes are five mebibytes; two looks at the Scope are more than
    // one mebibyte apart.
    EXPECT_LE(scope.checks, 10U);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ExprWorkTest,
    testing::Values(
        "len(letters) > #", "len(ascii) > #", "letters[#] == 'x'", "ascii[#:1000] == ''",
        "ascii contains 'zz'", "ascii endsWith ascii", "ascii startsWith ascii", "'zz' in ascii",
        "ascii == ascii", "ascii < other", "[ascii] == [ascii]", "ascii in [other, ascii]",
        "ascii + '' == ''", "upper(letters) == ''", "lower(ascii) == ''", "trim(ascii, letters)",
        "trim(ascii, 'a')", "trimPrefix(ascii, other)", "trimSuffix(ascii, 'b')",
        "len(split(ascii, 'b'))", "len(splitAfter(ascii, 'b'))", "replace(ascii, 'b', 'c')",
        "repeat(ascii, 2)", "join([ascii])", "join(['', ''], ascii)", "indexOf(ascii, 'b')",
        "lastIndexOf(ascii, 'b')", "hasPrefix(ascii, other)", "hasSuffix(ascii, other)",
        "urlencode(ascii)", "json(ascii)", "json(rows)", "str(csv)", "str([ascii])", "debug(ascii)",
        "toBase64(ascii)", "toBase64(bytes)", "fromBase64(ascii)", "fromJSON(zeros)",
        "fromJSON(ascii)", "csv contains 'zz'", "rows[0].a == ''", "rows[0]['a'] == ''",
        "safe(rows[0], 'a')", "len(values(rows[0])[0])", "len(toPairs(rows[0]))",
        "rows[0] == rows[1]", "len(keys(object))", "len(values(object))", "len(toPairs(object))",
        "len(fromPairs([[ascii, 1]]))", "[{(ascii): 1}] == nil", "ints == ints", "len(uniq(texts))",
        "len(sort(texts))", "len(sortBy(texts, #))", "len(groupBy(texts, #))", "len(reverse(ints))",
        "len(concat(ints, ints))", "len(flatten([ints]))", "max(ints)", "sum(ints)", "median(ints)",
        "len(take(ints, 100000))", "len(ints[1:])", "-1 in ints", "len(where(ints, 'a', 1))",
        "int(digits)", "decimal(digits)", "float(digits)", "decimal('1e199990')", "number + 1",
        "number - #", "number * number", "number / 7", "1 / number", "number % 7", "-number",
        "number < #", "number == fraction", "factor * 1.7 > #", "3e199990 / 7 > #",
        "1e199990 + # > 1", "9999999999 ** 1000 > #", "round(fraction, 2)", "floor(fraction)",
        "ceil(number)", "abs(number)", "str(number)", "json([number])", "mean(number, number)",
        "max(number, number)", "int(fraction)", "len(uniq([number, number]))",
        "len(groupBy([number], #))", "default(ascii, 1) == ascii"));

TEST(ExprBudget, TheScopeEndsAnEvaluationSoon) {
    HostileScope scope;
    scope.patience = 3;
    const expr::Expression endless = parsed("count(1..1000, len(ascii) > #)");
    try {
        (void)endless.evaluate(scope);
        FAIL() << "it went on";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Cancelled);
        EXPECT_FALSE(error.detail().where.has_value());  // no mistake of the expression
    }
    EXPECT_EQ(scope.checks, 3U);
}

TEST(ExprBudget, OneLongCallAsksTheScopeInBetween) {
    HostileScope scope(std::size_t{20} << 20U);
    for (const char* source :
         {"len(letters)", "upper(letters)", "json(ascii)", "urlencode(ascii)", "debug([ascii])"}) {
        scope.checks = 0;
        (void)end_of(source, scope, {.max_steps = 10'000'000, .max_bytes = 1u << 30});
        EXPECT_GE(scope.checks, 15U) << source;
    }
}

TEST(ExprBudget, TextsWithSlotsAreBoundedAsAWhole) {
    HostileScope scope;
    std::string text = "all:";
    for (int i = 0; i < 100; ++i) text += " {{ ascii }}";
    try {
        (void)expr::Text::compile_template(text, {}, functions()).evaluate(scope);
        FAIL() << "it was built";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), kTooManyBytes);
        EXPECT_TRUE(error.detail().where.has_value());
    }
}

}  // namespace
}  // namespace kdeps::test
