#include <gtest/gtest.h>

#include "kdeps/expr/text.hpp"

#include "fake_scope.hpp"

namespace kdeps::test {
namespace {

struct ValueCase {
    const char *name, *source, *json;
};
class ExprValueTest : public testing::TestWithParam<ValueCase> {};

TEST_P(ExprValueTest, Gives) {
    EXPECT_EQ(to_json(evaluate(GetParam().source)), GetParam().json);
}

std::string value_case_name(const testing::TestParamInfo<ValueCase>& c) {
    return c.param.name;
}

constexpr ValueCase kLiterals[] = {
    {"True", "true", "true"},
    {"Nil", "nil", "null"},
    {"Null", "null", "null"},
    {"None", "None", "null"},
    {"Int", "42", "42"},
    {"IntMax", "9223372036854775807", "9223372036854775807"},
    {"IntMin", "-9223372036854775808", "-9223372036854775808"},
    {"BeyondInt", "9223372036854775808", "9223372036854775808"},
    {"FractionKeepsDigits", "19.90", "19.90"},
    {"Exponent", "1.5e3", "1500"},
    {"SmallExponent", "1e-3", "0.001"},
    {"SingleQuotes", "'it\\'s'", "\"it's\""},
    {"DoubleQuotes", "\"a\\tb\"", "\"a\\tb\""},
    {"Raw", "`a\\tb`", "\"a\\\\tb\""},
    {"Unicode", "'\\u00e9\\ud83d\\ude00'", "\"é😀\""},
    {"List", "[1, 'a', nil,]", "[1,\"a\",null]"},
    {"Map", "{a: 1, 'b c': 2, ('x' + 'y'): 3, in: 4}", "{\"a\":1,\"b c\":2,\"xy\":3,\"in\":4}"},
    {"EmptyMap", "{}", "{}"},
};
INSTANTIATE_TEST_SUITE_P(Literals, ExprValueTest, testing::ValuesIn(kLiterals), value_case_name);

constexpr ValueCase kArithmetic[] = {
    {"AddOverflowIsExact", "9223372036854775807 + 1", "9223372036854775808"},
    {"SubtractOverflowIsExact", "-9223372036854775808 - 1", "-9223372036854775809"},
    {"MultiplyOverflowIsExact", "9223372036854775807 * 10", "92233720368547758070"},
    {"NegateSmallest", "-(-9223372036854775807 - 1)", "9223372036854775808"},
    {"IntegralQuotientIsInt", "6 / 3", "2"},
    {"QuotientIsExact", "1 / 8", "0.125"},
    {"QuotientHas34Digits", "1 / 3", "0.3333333333333333333333333333333333"},
    {"SmallestByMinusOne", "(-9223372036854775807 - 1) / -1", "9223372036854775808"},
    {"RemainderOfSmallest", "(-9223372036854775807 - 1) % -1", "0"},
    {"Remainder", "-7 % 3", "-1"},
    {"DecimalsAreExact", "0.1 + 0.2", "0.3"},
    {"DoubleMakesDouble", "rate * 3", "1.5"},
    {"Power", "2 ** 10", "1024"},
    {"PowerCaret", "2 ^ 3", "8"},
    {"PowerBig", "2 ** 64", "18446744073709551616"},
    {"PowerNegative", "2 ** -1", "0.5"},
    {"PowerRightToLeft", "2 ** 3 ** 2", "512"},
    {"MinusBeforePower", "-2 ** 2", "-4"},
    {"Concatenate", "'a' + 'b'", "\"ab\""},
    {"TextAndNumber", "'n=' + 3", "\"n=3\""},
    {"NumberAndText", "1.50 + ' EUR'", "\"1.50 EUR\""},
    {"DateIsText", "'on ' + day", "\"on 2024-01-15\""},
    {"CsvTableIsText", "'x,' + csv", "\"x,id,name,price\\r\\n1,Ann,19.90\\r\\n2,Bob,\\r\\n\""},
    {"MinusWithoutSpaces", "5-3", "2"},
};
INSTANTIATE_TEST_SUITE_P(Arithmetic, ExprValueTest, testing::ValuesIn(kArithmetic),
                         value_case_name);

constexpr ValueCase kPrecedence[] = {
    {"ProductBeforeSum", "1 + 2 * 3", "7"},
    {"LeftToRight", "10 - 4 - 3", "3"},
    {"SumBeforeComparison", "1 + 1 == 2", "true"},
    {"AndBeforeOr", "true or false and false", "true"},
    {"NotBindsTighterThanComparison", "not 1 == false", "true"},
    {"RangeWeakerThanSum", "1..1 + 2", "[1,2,3]"},
    {"CoalesceTightest", "1 + user.address ?? 2 * 10", "21"},
    {"CoalesceBeforePower", "2 ** nil ?? 3", "8"},
    {"PipeWeakest", "1 + 2 | str()", "\"3\""},
    {"PipeThenOperator", "nums | len() + 1", "4"},
    {"TernaryBehindPipe", "nums | len() ? 'y' : 'n'", "\"y\""},
    {"TernaryNests", "false ? 1 : false ? 2 : 3", "3"},
    {"ParenthesesWin", "(1 + 2) * 3", "9"},
    {"LetBody", "let x = 2; let y = x * 3; x + y", "8"},
    {"LetInsidePredicate", "map(nums, {let y = # * 2; y + 1})", "[7,3,5]"},
    {"LetHidesName", "let text = 1; text", "1"},
};
INSTANTIATE_TEST_SUITE_P(Precedence, ExprValueTest, testing::ValuesIn(kPrecedence),
                         value_case_name);

constexpr ValueCase kComparison[] = {
    {"ChainTrue", "1 < 2 <= 2 < 3", "true"},
    {"ChainFalse", "1 < 3 < 2", "false"},
    {"IntEqualsDecimal", "1 == 1.0", "true"},
    {"DoubleEqualsDecimal", "rate == 0.5", "true"},
    {"KindsDiffer", "1 == '1'", "false"},
    {"NilEqualsNil", "nil == nil", "true"},
    {"TextOrder", "'a' < 'b'", "true"},
    {"DateWithText", "day == '2024-01-15' and day > '2023-12-31'", "true"},
    {"In", "2 in nums", "true"},
    {"NotIn", "9 not in nums", "true"},
    {"InNil", "1 in nil", "false"},
    {"InKeys", "'age' in user", "true"},
    {"InText", "'ell' in text", "true"},
    {"DateInTexts", "day in ['2024-01-15']", "true"},
    {"RowInTable", "{name: 'Bob', id: 2, price: nil} in people", "true"},
    {"TableEqualsList",
     "people == [{id: 1, name: 'Ann', price: 19.9}, {id: 2, name: 'Bob', price: nil}]", "true"},
    {"Contains", "text contains 'll'", "true"},
    {"NotContains", "text not contains 'x'", "true"},
    {"StartsWith", "text startsWith 'he'", "true"},
    {"EndsWith", "text endsWith 'lo'", "true"},
    {"CsvContains", "csv contains 'Ann'", "true"},
};
INSTANTIATE_TEST_SUITE_P(Comparison, ExprValueTest, testing::ValuesIn(kComparison),
                         value_case_name);

constexpr ValueCase kLogic[] = {
    {"AndWords", "true and false", "false"},
    {"AndSymbols", "true && true", "true"},
    {"OrGivesOperand", "'' || 'fallback'", "\"fallback\""},
    {"AndSkipsRight", "false and nope", "false"},
    {"OrSkipsRight", "true or nope", "true"},
    {"TernarySkipsOther", "true ? 1 : nope", "1"},
    {"CoalesceSkipsRight", "1 ?? nope", "1"},
    {"NotEmptyList", "!empty", "false"},
    {"NotZero", "!0", "true"},
    {"NotDecimalZero", "!0.00", "true"},
    {"NotEmptyText", "not ''", "true"},
    {"NotNil", "not nil", "true"},
};
INSTANTIATE_TEST_SUITE_P(Logic, ExprValueTest, testing::ValuesIn(kLogic), value_case_name);

constexpr ValueCase kAccess[] = {
    {"Member", "user.name", "\"Zoë\""},
    {"MissingMemberIsNil", "user.nope", "null"},
    {"Key", "user['age']", "42"},
    {"Element", "user.tags[0]", "\"a\""},
    {"FromTheEnd", "nums[-1]", "2"},
    {"OptionalOnNil", "user.address?.city", "null"},
    {"OptionalSkipsTheRest", "user.address?.city.street[0]", "null"},
    {"OptionalKey", "user.address?.['city']", "null"},
    {"OptionalOnValue", "user?.name", "\"Zoë\""},
    {"MemberNamedLikeOperator", "{in: 1}.in", "1"},
    {"MemberNamedLength", "user.length", "7"},
    {"SliceMiddle", "nums[1:2]", "[1]"},
    {"SliceOpen", "nums[1:]", "[1,2]"},
    {"SliceFromTheEnd", "nums[-2:]", "[1,2]"},
    {"SliceBeyond", "nums[1:99]", "[1,2]"},
    {"SliceCrossed", "nums[2:1]", "[]"},
    {"TextElement", "user.name[2]", "\"ë\""},
    {"TextSlice", "user.name[1:3]", "\"oë\""},
    {"TableRow", "people[1].name", "\"Bob\""},
    {"TableSlice", "people[:1]", "[{\"id\":1,\"name\":\"Ann\",\"price\":19.90}]"},
    {"CsvTableIsRows", "csv[0].price", "19.90"},
    {"ItemCall", "item.index() + item.index", "8"},
    {"InputIsAFunctionToo", "input('a')[0]", "\"a\""},
    {"RequestParams", "request.params('q')", "[\"q\"]"},
    {"Facet", "python.stdout('job')", "[\"python.stdout\",\"job\"]"},
    {"Session", "session()", "[]"},
    {"GetDefault", "get('nope', 5)", "5"},
};
INSTANTIATE_TEST_SUITE_P(Access, ExprValueTest, testing::ValuesIn(kAccess), value_case_name);

constexpr ValueCase kPredicates[] = {
    {"Braces", "filter(items, {.n >= 3})", "[{\"n\":5,\"k\":\"y\"},{\"n\":3,\"k\":\"x\"}]"},
    {"Bare", "filter(items, .n >= 3) | len()", "2"},
    {"Element", "map(nums, # * 2)", "[6,2,4]"},
    {"Index", "map(nums, #index)", "[0,1,2]"},
    {"ElementInBraces", "map(nums, {#})", "[3,1,2]"},
    {"MapToObject", "map(nums, {value: #})", "[{\"value\":3},{\"value\":1},{\"value\":2}]"},
    {"MapToBracedObject", "map(nums, {{value: #}})", "[{\"value\":3},{\"value\":1},{\"value\":2}]"},
    {"Nested", "map(nums, filter(nums, # > 2))", "[[3],[3],[3]]"},
    {"OuterVariable", "let least = 2; filter(nums, # >= least)", "[3,2]"},
    {"OnTable", "filter(people, .id == 2)[0].name", "\"Bob\""},
    {"Piped", "items | filter(.k == 'x') | map(.n) | sum()", "4"},
    {"PipeWithoutParentheses", "text | upper", "\"HELLO\""},
};
INSTANTIATE_TEST_SUITE_P(Predicates, ExprValueTest, testing::ValuesIn(kPredicates),
                         value_case_name);

TEST(ExprEvaluate, ConditionFollowsTruth) {
    const auto holds = [](std::string_view source) {
        FakeScope scope;
        return expr::Text::compile_expression(source, {}, functions()).evaluate_condition(scope);
    };
    EXPECT_TRUE(holds("empty"));
    EXPECT_TRUE(holds("user"));
    EXPECT_TRUE(holds("people"));
    EXPECT_FALSE(holds("0.0"));
    EXPECT_FALSE(holds("rate - rate"));
}

TEST(ExprEvaluate, KeepsATableAsItIs) {
    EXPECT_EQ(evaluate("csv").kind(), Kind::Table);
    EXPECT_EQ(evaluate("csv").as_table().format, TableFormat::Csv);
}

TEST(ExprEvaluate, CallsTheWorldFunctionThatIsWritten) {
    using enum expr::WorldFunction;
    FakeScope scope;
    (void)parsed(
        "[get('a'), set('a', 1), info('now'), input('a'), output('a'), failed('a'), error('a'), "
        "env('A'), session(), request.data(), request.params('a'), request.header('a'), "
        "result(0), result('a')]")
        .evaluate(scope);
    const std::vector<expr::WorldFunction> expected = {
        Get, Set,     Info,        Input,         Output,        Failed, Failure,
        Env, Session, RequestData, RequestParams, RequestHeader, Result, Result};
    EXPECT_EQ(scope.calls, expected);
}

struct ResourceCase {
    const char *name, *source, *json;
};
class ExprResourceTest : public testing::TestWithParam<ResourceCase> {};

TEST_P(ExprResourceTest, TellsTheScopeWhichResourceIsMeant) {
    EXPECT_EQ(to_json(evaluate(GetParam().source)), GetParam().json);
}

constexpr ResourceCase kResources[] = {
    {"Written", "get('job-1')", R"("resource 1")"},
    {"WrittenWithADefault", "get('orders', 5)", R"("resource 0")"},
    {"Computed", "get('job-' + str(1))", R"("resource 1")"},
    {"ComputedPerElement", "map(['orders', 'job-1', 'text'], get(#))",
     R"(["resource 0","resource 1","hello"])"},
    {"Name", "orders", R"("resource 0")"},
    {"Output", "output('orders')", R"("resource 0")"},
    {"Facet", "python.stdout('job-1')", R"("python.stdout of 1")"},
    {"ComputedFacet", "python.stdout('job-' + '1')", R"("python.stdout of 1")"},
    {"NoResource", "get('text')", R"("hello")"},
    {"NoText", "output(1)", "[1]"},
};
INSTANTIATE_TEST_SUITE_P(Cases, ExprResourceTest, testing::ValuesIn(kResources),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(ExprEvaluate, ResourcesAreThoseOfTheTableItWasCompiledWith) {
    FakeScope scope;
    const auto json = [&](const expr::FunctionTable& table) {
        return to_json(expr::Expression::parse("get('text')", {}, table).evaluate(scope));
    };
    EXPECT_EQ(json(functions()), R"("hello")");
    EXPECT_EQ(json(functions().with_resources({"other", "text"})), R"("resource 1")");
}

}  // namespace
}  // namespace kdeps::test
