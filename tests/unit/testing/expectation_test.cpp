#include "kdeps/testing/expectation.hpp"

#include <string>

#include <gtest/gtest.h>

#include "kdeps/base/json.hpp"
#include "kdeps/workflow/workflow.hpp"

#include "support/temp_dir.hpp"

namespace kdeps::testing {
namespace {

/// What `expected`, YAML, finds wrong with `actual`, JSON: `path: message` per line.
std::string differences(const std::string& expected, const std::string& actual, Match match) {
    const test::TempDir folder;
    Diagnostics diagnostics;
    SourceTexts texts;
    const auto documents =
        workflow::read_documents(folder.write("e.yaml", expected + "\n"), diagnostics, texts);
    const Expectation read = Expectation::read(*documents.at(0), match, diagnostics);
    EXPECT_EQ(render(diagnostics, texts), "");
    Mismatches found;
    const Value value = parse_json(actual);
    read.check(&value, "$", found);
    EXPECT_EQ(found.empty(), read.holds(&value));
    std::string text;
    for (const Mismatch& each : found) {
        text += (text.empty() ? "" : "\n") + each.path + ": " + each.message;
    }
    return text;
}

struct Case {
    const char *name, *expected, *actual, *differences;
};

class WholeTest : public ::testing::TestWithParam<Case> {};

TEST_P(WholeTest, TellsWhatDiffers) {
    EXPECT_EQ(differences(GetParam().expected, GetParam().actual, Match::Whole),
              GetParam().differences);
}

constexpr Case kWhole[] = {
    {"Number", "3", "3", ""},
    {"NumberByValue", "1.50", "1.5", ""},
    {"OtherNumber", "3", "4", "$: expected 3, found 4"},
    {"NumberIsNoText", "\"3\"", "3", "$: expected \"3\", found 3"},
    {"Null", "{a: null}", R"({"a": null})", ""},
    {"NullIsThere", "{a: null}", "{}", "$.a: expected null, found nothing"},
    {"Map", "{a: 1, b: {c: [x]}}", R"({"b": {"c": ["x"]}, "a": 1})", ""},
    {"MissingMember", "{a: 1}", "{}", "$.a: expected 1, found nothing"},
    {"FurtherMember", "{a: 1}", R"({"a": 1, "b c": 2})", "$[\"b c\"]: expected nothing, found 2"},
    {"MapIsNoList", "{a: 1}", "[1]", "$: expected {a: 1}, found [1]"},
    {"ListInOrder", "[1, 2]", "[2, 1]", "$[0]: expected 1, found 2\n$[1]: expected 2, found 1"},
    {"ShortList", "[1, 2]", "[1]", "$: expected 2 elements, found 1: [1]"},
    {"LongList", "[]", "[1, 2]", "$: expected 0 elements, found 2: [1,2]"},
    {"Any", "{a: {$any: true}}", R"({"a": null})", ""},
    {"AnyIsThere", "{a: {$any: true}}", "{}", "$.a: expected any value, found nothing"},
    {"Absent", "{a: {$absent: true}}", "{}", ""},
    {"IsNotAbsent", "{a: {$absent: true}}", R"({"a": null})", "$.a: expected nothing, found null"},
    {"Type", "{$type: integer}", "3", ""},
    {"WholeFloatIsNoText", "{$type: string}", "3", "$: expected type string, found 3"},
    {"TypeOfText", "{$type: uuid}", "\"x\"", "$: expected type uuid, found \"x\""},
    {"DateTime", "{$type: datetime}", "\"2026-01-31T10:00:00Z\"", ""},
    {"TypeNull", "{$type: null}", "null", ""},
    {"TypeIsNotNull", "{$type: string}", "null", "$: expected type string, found null"},
    {"Regex", "{$regex: '^o-\\d+$'}", "\"o-17\"", ""},
    {"OtherText", "{$regex: '^o'}", "\"no\"", "$: expected what matches /^o/, found \"no\""},
    {"RegexOfNumber", "{$regex: '1'}", "1", "$: expected what matches /1/, found 1"},
    {"Range", "{$range: [1, 3]}", "3", ""},
    {"BelowRange", "{$range: [1, 3]}", "0.99", "$: expected from 1 to 3, found 0.99"},
    {"OpenRange", "{$range: [null, 3]}", "4", "$: expected at most 3, found 4"},
    {"RangeOfText", "{$range: ['2026-01-01', null]}", "\"2025-12-31\"",
     "$: expected at least \"2026-01-01\", found \"2025-12-31\""},
    {"RangeOfOther", "{$range: [1, 3]}", "\"2\"", "$: expected from 1 to 3, found \"2\""},
    {"Length", "{$length: 2}", "[1, 2]", ""},
    {"LengthOfLetters", "{$length: [2, 2]}", "\"äö\"", ""},
    {"OtherLength", "{$length: 2}", "{}", "$: expected length 2, found {}"},
    {"LengthOfNumber", "{$length: 1}", "7", "$: expected length 1, found 7"},
    {"Several", "{$type: integer, $range: [5, null]}", "3", "$: expected at least 5, found 3"},
    {"Contains", "{$contains: ea}", "\"tea\"", ""},
    {"ContainsElement", "{$contains: 2}", "[1, 2]", ""},
    {"ContainsNot", "{$contains: x}", "\"tea\"", "$: expected what contains \"x\", found \"tea\""},
    {"ContainsMembers", "{$contains: {a: 1}}", R"({"a": 1, "b": 2})", ""},
    {"EqualsDollarKeys", "{$equals: {$type: 1}}", R"({"$type": 1})", ""},
    {"EqualsWhole", "{$equals: {a: 1}}", R"({"a": 1, "b": 2})", "$.b: expected nothing, found 2"},
};
INSTANTIATE_TEST_SUITE_P(Cases, WholeTest, ::testing::ValuesIn(kWhole),
                         [](const auto& c) { return c.param.name; });

class PartTest : public ::testing::TestWithParam<Case> {};

TEST_P(PartTest, TellsWhatIsMissing) {
    EXPECT_EQ(differences(GetParam().expected, GetParam().actual, Match::Part),
              GetParam().differences);
}

constexpr Case kPart[] = {
    {"Members", "{a: {b: 1}}", R"({"a": {"b": 1, "c": 2}, "d": 3})", ""},
    {"Missing", "{a: {b: 1}}", R"({"a": {"c": 2}})", "$.a.b: expected 1, found nothing"},
    {"AnyElement", "[{id: 2}]", R"([{"id": 1}, {"id": 2, "x": 0}])", ""},
    {"NoElement", "[{id: 3}]", R"([{"id": 1}])",
     "$: expected an element {id: 3}, found [{\"id\":1}]"},
    {"Matchers", "{a: {$range: [2, null]}}", R"({"a": 1})", "$.a: expected at least 2, found 1"},
    {"WholeWithin", "{a: {$equals: [1]}}", R"({"a": [1, 2]})",
     "$.a: expected 1 elements, found 2: [1,2]"},
};
INSTANTIATE_TEST_SUITE_P(Cases, PartTest, ::testing::ValuesIn(kPart),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::testing
