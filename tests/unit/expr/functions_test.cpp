#include <memory>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include "fake_scope.hpp"

namespace kdeps::test {
namespace {

struct FunctionCase {
    const char *name, *source, *json;
};
class ExprFunctionTest : public testing::TestWithParam<FunctionCase> {};

TEST_P(ExprFunctionTest, Gives) {
    EXPECT_EQ(to_json(evaluate(GetParam().source)), GetParam().json);
}

std::string function_case_name(const testing::TestParamInfo<FunctionCase>& c) {
    return c.param.name;
}

constexpr FunctionCase kValues[] = {
    {"Json", "json({a: [1, 2.50]})", "\"{\\\"a\\\":[1,2.50]}\""},
    {"JsonOfCsvTableIsRows", "fromJSON(json(csv))[1].name", "\"Bob\""},
    {"ToJsonPiped", "nums | toJSON()", "\"[3,1,2]\""},
    {"FromJson", "fromJSON('{\"a\": 1.10}').a", "1.10"},
    {"FromJsonInvalid", "fromJSON('{')", "null"},
    {"FromJsonNil", "fromJSON(nil)", "null"},
    {"Debug", "debug([1])", "\"[\\n  1\\n]\""},
    {"StrOfCsv", "str(csv)", "\"id,name,price\\r\\n1,Ann,19.90\\r\\n2,Bob,\\r\\n\""},
    {"StrOfNil", "str(nil)", "\"\""},
    {"StringOfList", "string([1, nil])", "\"[1,null]\""},
    {"TypeOfTable", "type(people)", "\"array\""},
    {"TypeOfRow", "type(people[0])", "\"map\""},
    {"TypeOfFraction", "type(1.5)", "\"decimal\""},
    {"TypeOfDouble", "type(rate)", "\"float\""},
    {"TypeOfNil", "type(nil)", "\"nil\""},
    {"TypeOfDate", "type(day)", "\"date\""},
    {"LenOfText", "len(user.name)", "3"},
    {"LenOfCsvTable", "len(csv)", "2"},
    {"LenOfObject", "len({a: 1})", "1"},
    {"DefaultNil", "default(nil, 1)", "1"},
    {"DefaultEmpty", "default('', 1)", "1"},
    {"DefaultZeroStays", "default(0, 1)", "0"},
    {"Ternary", "ternary(1 < 2, 'a', 'b')", "\"a\""},
    {"Safe", "safe(user, 'address.city.x')", "null"},
    {"SafeIndex", "safe(user, 'tags.1')", "\"b\""},
    {"SafeIndexBeyond", "safe(user, 'tags.9')", "null"},
    {"Base64", "toBase64('hé')", "\"aMOp\""},
    {"FromBase64", "fromBase64('aMOp')", "\"hé\""},
    {"OneOf", "oneOf('b', ['a', 'b'])", "\"b\""},
    {"Ident", "ident(text, ['hello'])", "\"hello\""},
};
INSTANTIATE_TEST_SUITE_P(Values, ExprFunctionTest, testing::ValuesIn(kValues), function_case_name);

constexpr FunctionCase kTexts[] = {
    {"Trim", "trim('  a b \\n')", "\"a b\""},
    {"TrimLetters", "trim('éaé', 'é')", "\"a\""},
    {"TrimAll", "trim('   ')", "\"\""},
    {"TrimPrefix", "trimPrefix('https://x', 'https://')", "\"x\""},
    {"TrimPrefixAbsent", "trimPrefix('x', 'y')", "\"x\""},
    {"TrimSuffix", "trimSuffix('a.csv', '.csv')", "\"a\""},
    {"Upper", "upper('straße é ж')", "\"STRAßE É Ж\""},
    {"Lower", "lower('ÀB')", "\"àb\""},
    {"Split", "split('a,b,,c', ',')", "[\"a\",\"b\",\"\",\"c\"]"},
    {"SplitMost", "split('a,b,c', ',', 2)", "[\"a\",\"b,c\"]"},
    {"SplitMostZero", "split('a,b,c', ',', 0)", "[]"},
    {"SplitLetters", "split('aéb', '')", "[\"a\",\"é\",\"b\"]"},
    {"SplitEmptyText", "split('', ',')", "[\"\"]"},
    {"SplitEmptyByNothing", "split('', '')", "[]"},
    {"SplitAfter", "splitAfter('a,b', ',')", "[\"a,\",\"b\"]"},
    {"SplitCsvTable", "len(split(csv, '\\r\\n'))", "4"},
    {"Replace", "replace('a-b-c', '-', '+')", "\"a+b+c\""},
    {"Repeat", "repeat('ab', 3)", "\"ababab\""},
    {"RepeatZero", "repeat('ab', 0)", "\"\""},
    {"RepeatNothing", "repeat('', 999999999999)", "\"\""},
    {"Join", "join([1, 'a', nil, 2.50], '; ')", "\"1; a; ; 2.50\""},
    {"JoinWithoutSeparator", "join(['a', 'b'])", "\"ab\""},
    {"IndexOf", "indexOf('éaba', 'a')", "1"},
    {"IndexOfAbsent", "indexOf('a', 'b')", "-1"},
    {"LastIndexOf", "lastIndexOf('éabab', 'ab')", "3"},
    {"LastIndexOfAbsent", "lastIndexOf('a', 'ab')", "-1"},
    {"HasPrefix", "hasPrefix(text, 'he')", "true"},
    {"HasSuffix", "hasSuffix(text, 'x')", "false"},
    {"UrlEncode", "urlencode('a b&c/é~')", "\"a+b%26c%2F%C3%A9~\""},
    {"UrlEncodeNumber", "urlencode(1.50)", "\"1.50\""},
};
INSTANTIATE_TEST_SUITE_P(Texts, ExprFunctionTest, testing::ValuesIn(kTexts), function_case_name);

constexpr FunctionCase kLists[] = {
    {"All", "[all(nums, # > 0), all(nums, # > 1), all([], # > 1)]", "[true,false,true]"},
    {"Any", "[any(nums, # > 2), any(nums, # > 3), any([], # > 1)]", "[true,false,false]"},
    {"NoneOfThem", "[none(nums, # > 3), none(nums, # > 2)]", "[true,false]"},
    {"One", "[one(nums, # > 2), one(nums, # > 1), one(nums, # > 9)]", "[true,false,false]"},
    {"Find", "[find(items, .k == 'x').n, find(items, .k == 'z')]", "[1,null]"},
    {"FindLast", "findLast(items, .k == 'x').n", "3"},
    {"FindIndex", "[findIndex(nums, # == 1), findIndex(nums, # == 9)]", "[1,-1]"},
    {"FindLastIndex", "findLastIndex(items, .k == 'x')", "2"},
    {"Count", "[count(nums, # > 1), count([true, false, 1])]", "[2,2]"},
    {"Sum", "[sum(nums), sum(items, .n), sum([])]", "[6,9,0]"},
    {"SumIsExact", "sum([0.1, 0.2])", "0.3"},
    {"GroupBy", "groupBy(items, .k)",
     "{\"x\":[{\"n\":1,\"k\":\"x\"},{\"n\":3,\"k\":\"x\"}],\"y\":[{\"n\":5,\"k\":\"y\"}]}"},
    {"SortBy", "map(sortBy(items, .n), .n)", "[1,3,5]"},
    {"SortByDescending", "map(sortBy(items, .n, 'desc'), .n)", "[5,3,1]"},
    {"SortByKeepsOrderOfEquals", "map(sortBy(items, .k), .n)", "[1,3,5]"},
    {"SortByNilFirst", "map(sortBy(people, .price), .id)", "[2,1]"},
    {"Sort", "sort(nums)", "[1,2,3]"},
    {"SortDescending", "sort(nums, 'desc')", "[3,2,1]"},
    {"SortMixedNumbers", "sort([2, 1.5, rate])", "[0.5,1.5,2]"},
    {"Reverse", "reverse(nums)", "[2,1,3]"},
    {"Uniq", "uniq([1, '1', 1.0, 2, nil, nil, [1], [1.0], {a: 1}, {a: 1}])",
     "[1,\"1\",2,null,[1],{\"a\":1}]"},
    {"Concat", "concat(nums, [4], people[:0])", "[3,1,2,4]"},
    {"Flatten", "flatten([1, [2, [3]], []])", "[1,2,3]"},
    {"First", "[first(nums), first([])]", "[3,null]"},
    {"Last", "[last(nums), last([])]", "[2,null]"},
    {"Take", "[take(nums, 2), take(nums, 9)]", "[[3,1],[3,1,2]]"},
    {"Where", "where(items, 'n', 3) | map(.n)", "[5,3]"},
    {"WhereOnTable", "where(people, 'price', 10) | map(.id)", "[1]"},
    {"Keys", "keys(people[0])", "[\"id\",\"name\",\"price\"]"},
    {"ValuesOfObject", "values({a: 1, b: 2})", "[1,2]"},
    {"ToPairs", "toPairs({a: 1})", "[[\"a\",1]]"},
    {"FromPairs", "fromPairs([['a', 1], ['b', 2]])", "{\"a\":1,\"b\":2}"},
};
INSTANTIATE_TEST_SUITE_P(Lists, ExprFunctionTest, testing::ValuesIn(kLists), function_case_name);

constexpr FunctionCase kNumbers[] = {
    {"Abs", "[abs(-3), abs(-1.50), abs(-9223372036854775808)]", "[3,1.50,9223372036854775808]"},
    {"Floor", "[floor(1.5), floor(-1.5), floor(-0.1), floor(rate)]", "[1,-2,-1,0]"},
    {"Ceil", "[ceil(1.5), ceil(-1.5), ceil(2.0), ceil(rate)]", "[2,-1,2,1]"},
    {"Round", "[round(2.5), round(-2.5), round(2.4), round(-0.4)]", "[3,-3,2,0]"},
    {"RoundDigits", "[round(2.345, 2), round(1.999, 2), round(3, 2), round(2.30, 4)]",
     "[2.35,2.00,3,2.30]"},
    {"RoundDouble", "round(rate / 3, 2)", "0.17"},
    {"Int", "[int('42'), int(' 7 '), int(3.9), int(-3.9), int(rate)]", "[42,7,3,-3,0]"},
    {"IntOfBigText", "int('9223372036854775808')", "9223372036854775808"},
    {"Float", "type(float('1.5'))", "\"float\""},
    {"DecimalOfText", "decimal('19.90')", "19.90"},
    {"DecimalOfDouble", "decimal(rate) + 0.1", "0.6"},
    {"Min", "[min(3, 1.5, 2), min(nums), min([])]", "[1.5,1,null]"},
    {"Max", "[max(3, 1.5), max(nums)]", "[3,3]"},
    {"Mean", "[mean(1, 2), mean(nums), mean([])]", "[1.5,2,null]"},
    {"Median", "[median(nums), median(1, 2), median(5)]", "[2,1.5,5]"},
};
INSTANTIATE_TEST_SUITE_P(Numbers, ExprFunctionTest, testing::ValuesIn(kNumbers),
                         function_case_name);

TEST(ExprFunctions, TidiedTextIsStillTypedByAClient) {
    FakeScope scope;
    scope.names.set("typed", ClientText{" 2.5 "});
    const auto is_typed = [&](const char* source) {
        return parsed(source).evaluate(scope).is_client_text();
    };
    for (const char* const source :
         {"trim(typed)", "trim(typed, ' 2')", "trimPrefix(typed, ' ')", "trimSuffix(typed, 'x')",
          "upper(typed)", "lower(typed)", "typed | trim() | lower()"}) {
        EXPECT_TRUE(is_typed(source)) << source;
    }
    for (const char* const source :
         {"trim(' 2.5 ')", "trim('2.5', typed)", "upper('a')", "str(typed)", "typed + ''",
          "replace(typed, ' ', '')", "split(typed, '.')[0]"}) {
        EXPECT_FALSE(is_typed(source)) << source;
    }
}

TEST(ExprFunctionTable, NamesAreUnique) {
    std::set<std::string> names;
    for (const expr::FunctionInfo& row : functions().describe()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_LE(row.min_arguments, row.max_arguments) << row.name;
        EXPECT_TRUE(row.help.starts_with(row.name + "(")) << row.help;
    }
}

TEST(ExprFunctionTable, AFacetNeedsANameOfItsOwn) {
    using Facets = std::vector<expr::Facet>;
    EXPECT_THROW(expr::FunctionTable(Facets{{"get", ""}}), std::logic_error);
    EXPECT_THROW(expr::FunctionTable(Facets{{"a.b", ""}, {"a.b", ""}}), std::logic_error);
}

TEST(ExprFunctionTable, FacetsAreKnownWhereTheyWereGivenOnly) {
    const auto parse = [](const expr::FunctionTable& known) {
        return expr::Expression::parse("python.stdout('x')", {}, known).text();
    };
    EXPECT_THROW((void)parse({}), Error);
    EXPECT_EQ(parse(functions()), "python.stdout('x')");
}

TEST(ExprFunctionTable, OutlivesWhoeverMadeIt) {
    FakeScope scope;
    auto table = std::make_unique<expr::FunctionTable>(
        std::vector<expr::Facet>{{"space.of_a_name_longer_than_any_short_string", "help"}});
    const auto expression =
        expr::Expression::parse("space.of_a_name_longer_than_any_short_string('x')", {}, *table);
    table.reset();
    EXPECT_EQ(to_json(expression.evaluate(scope)),
              "[\"space.of_a_name_longer_than_any_short_string\",\"x\"]");
}

std::string json_of(std::string_view source) {
    return to_json(evaluate(source));
}

TEST(ExprGroupBy, EqualNumbersAreOneGroupWithTheFirstOnesName) {
    EXPECT_EQ(json_of("groupBy([1.5, 1.50, 15e-1], #)"), R"({"1.5":[1.5,1.50,1.5]})");
    EXPECT_EQ(json_of("groupBy([19.90, 19.9], #)"), R"({"19.90":[19.90,19.9]})");
    EXPECT_EQ(json_of("groupBy([1, 1.0, float('1')], #) | toPairs() | len()"), "1");
    EXPECT_EQ(json_of("groupBy([1.0, '1.0', 1, '1'], #)"), R"({"1.0":[1.0,"1.0",1],"1":["1"]})");
    EXPECT_EQ(json_of("groupBy([0, -0.0, 0.00], #)"), R"({"0":[0,0.0,0.00]})");
    EXPECT_EQ(json_of("len(uniq([1, 1.0, 1.00, float('1')]))"), "1");
}

TEST(ExprNil, TestsOfTextAreFalseBesideIt) {
    for (const char* test :
         {"nil contains 'a'", "'a' contains nil", "5 contains nil", "nil startsWith 'a'",
          "'a' startsWith nil", "nil endsWith 'a'", "'a' endsWith nil", "hasPrefix(nil, 'a')",
          "hasSuffix('a', nil)", "'a' in nil"}) {
        EXPECT_EQ(json_of(test), "false") << test;
    }
    EXPECT_EQ(json_of("nil not contains 'a'"), "true");
}

}  // namespace
}  // namespace kdeps::test
