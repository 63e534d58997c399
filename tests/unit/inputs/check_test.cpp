#include "kdeps/inputs/check.hpp"

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/inputs/pattern.hpp"

namespace kdeps::inputs {
namespace {

/// What was sent, as it prints: `"7"` as ClientText is `7`, as JSON it is `"7"`.
Value sent(const char* text) {
    return Value(ClientText{text});
}

/// The value that a rule makes of one that was sent, as its kind and JSON, or the mistakes.
std::string outcome(const Rule& rule, const Value& value) {
    InputMistakes mistakes;
    const auto changed = check(rule, value, {.in = "query", .name = "x"}, mistakes);
    if (mistakes.empty()) {
        const Value& result = changed ? *changed : value;
        return std::string(kind_name(result.kind())) + " " + to_json(result);
    }
    std::string text;
    for (const InputMistake& mistake : mistakes) {
        if (!text.empty()) text += "; ";
        text += mistake.field + " " + mistake.type + ": " + mistake.message;
    }
    return text;
}

struct TypeCase {
    const char* name;
    Type type;
    Value value;
    const char* outcome;
};
class TypeTest : public testing::TestWithParam<TypeCase> {};

TEST_P(TypeTest, ConvertsOrRefuses) {
    const TypeCase& c = GetParam();
    EXPECT_EQ(outcome({.type = c.type}, c.value), c.outcome);
}

const char* const kNoInteger = "x type: must be an integer of at most 64 bits";
const char* const kNoNumber = "x type: must be a number";
const char* const kNoBoolean = "x type: must be true or false";
const char* const kNoDate = "x type: must be a date such as 2026-01-31";
const char* const kNoTime = "x type: must be a date and time such as 2026-01-31T09:30:00Z";
const char* const kNoUuid = "x type: must be a UUID";
const char* const kNoEmail = "x type: must be an email address";
const char* const kNoUrl = "x type: must be an http or https URL";

const TypeCase kTypeCases[] = {
    {"AnyStaysAsItIs", Type::Any, sent("7"), "string \"7\""},
    {"StringStays", Type::String, "a", "string \"a\""},
    {"StringTakesClientText", Type::String, sent("007"), "string \"007\""},
    {"StringIsNoNumber", Type::String, 7, "x type: must be a string"},
    {"IntegerOfJson", Type::Integer, 7, "int 7"},
    {"IntegerOfIntegralDecimal", Type::Integer, *Decimal::parse("7.00"), "int 7"},
    {"IntegerOfText", Type::Integer, sent("-7"), "int -7"},
    {"IntegerOfIntegralText", Type::Integer, sent("1e3"), "int 1000"},
    {"IntegerAtItsEnd", Type::Integer, sent("-9223372036854775808"), "int -9223372036854775808"},
    {"IntegerBeyond64Bits", Type::Integer, sent("9223372036854775808"), kNoInteger},
    {"IntegerOfJsonText", Type::Integer, "7", kNoInteger},
    {"IntegerOfFraction", Type::Integer, sent("7.5"), kNoInteger},
    {"IntegerOfNothing", Type::Integer, sent(""), kNoInteger},
    {"IntegerWithSpace", Type::Integer, sent(" 7"), kNoInteger},
    {"IntegerWithPlus", Type::Integer, sent("+7"), kNoInteger},
    {"IntegerOfWord", Type::Integer, sent("seven"), kNoInteger},
    {"IntegerOfTruth", Type::Integer, true, kNoInteger},
    {"IntegerOfHugeExponent", Type::Integer, sent("1e150000"), kNoInteger},
    {"NumberKeepsItsDigits", Type::Number, sent("19.90"), "decimal 19.90"},
    {"NumberOfIntegerText", Type::Number, sent("5"), "int 5"},
    {"NumberOfJson", Type::Number, *Decimal::parse("0.5"), "decimal 0.5"},
    {"NumberIsNoInfinity", Type::Number, sent("Infinity"), kNoNumber},
    {"NumberIsNoNan", Type::Number, sent("NaN"), kNoNumber},
    {"NumberOfHugeExponent", Type::Number, sent("1e150000"), kNoNumber},
    {"NumberOfJsonText", Type::Number, "5", kNoNumber},
    {"BooleanOfJson", Type::Boolean, false, "bool false"},
    {"BooleanOfWord", Type::Boolean, sent("TRUE"), "bool true"},
    {"BooleanOfCheckbox", Type::Boolean, sent("on"), "bool true"},
    {"BooleanOfDigit", Type::Boolean, sent("0"), "bool false"},
    {"BooleanOfOther", Type::Boolean, sent("maybe"), kNoBoolean},
    {"BooleanOfJsonNumber", Type::Boolean, 1, kNoBoolean},
    {"BooleanOfJsonText", Type::Boolean, "true", kNoBoolean},
    {"DateOfText", Type::Date, sent("2024-02-29"), "date \"2024-02-29\""},
    {"DateOfJsonText", Type::Date, "0001-01-01", "date \"0001-01-01\""},
    {"DateOfTime", Type::Date, "2024-02-29T23:59:59-05:00", "date \"2024-02-29\""},
    {"DateThatIsNone", Type::Date, sent("2023-02-29"), kNoDate},
    {"DateOfMonth13", Type::Date, sent("2023-13-01"), kNoDate},
    {"DateWithShortMonth", Type::Date, sent("2023-1-01"), kNoDate},
    {"DateWithMore", Type::Date, sent("2023-01-01x"), kNoDate},
    {"DateOfYear0", Type::Date, sent("0000-01-01"), kNoDate},
    {"TimeInUtc", Type::DateTime, sent("2024-05-06T07:08:09Z"),
     "timestamptz \"2024-05-06T07:08:09Z\""},
    {"TimeWithOffset", Type::DateTime, sent("2024-01-01t00:30:00.25+02:00"),
     "timestamptz \"2023-12-31T22:30:00.250000Z\""},
    {"TimeBehindUtc", Type::DateTime, "2024-12-31 23:00:00-01:30",
     "timestamptz \"2025-01-01T00:30:00Z\""},
    {"TimeWithoutZone", Type::DateTime, sent("2024-05-06 07:08:09.1234567"),
     "timestamp \"2024-05-06T07:08:09.123456\""},
    {"TimeOfDate", Type::DateTime, sent("2024-05-06"), kNoTime},
    {"TimeOfHour24", Type::DateTime, sent("2024-05-06T24:00:00Z"), kNoTime},
    {"TimeWithoutSeconds", Type::DateTime, sent("2024-05-06T07:08Z"), kNoTime},
    {"TimeWithEmptyFraction", Type::DateTime, sent("2024-05-06T07:08:09.Z"), kNoTime},
    {"TimeBeforeYear1", Type::DateTime, sent("0001-01-01T00:00:00+01:00"), kNoTime},
    {"TimeWithMore", Type::DateTime, sent("2024-05-06T07:08:09Z!"), kNoTime},
    {"Uuid", Type::Uuid, sent("00000000-0000-4000-8000-00000000000F"),
     "string \"00000000-0000-4000-8000-00000000000F\""},
    {"UuidTooShort", Type::Uuid, sent("00000000-0000-4000-8000-00000000000"), kNoUuid},
    {"UuidTooLong", Type::Uuid, sent("00000000-0000-4000-8000-00000000000F0"), kNoUuid},
    {"UuidWithBraces", Type::Uuid, sent("{0000000-0000-4000-8000-00000000000}"), kNoUuid},
    {"Email", Type::Email, "first.last+tag@mail.example.org",
     "string \"first.last+tag@mail.example.org\""},
    {"EmailWithoutDot", Type::Email, "root@localhost", kNoEmail},
    {"EmailWithTwoAts", Type::Email, "a@b@example.org", kNoEmail},
    {"EmailWithSpace", Type::Email, "a b@example.org", kNoEmail},
    {"EmailWithDotAtEnd", Type::Email, "a@example.org.", kNoEmail},
    {"EmailWithHyphenFirst", Type::Email, "a@-example.org", kNoEmail},
    {"EmailWithoutName", Type::Email, "@example.org", kNoEmail},
    {"EmailWithLineBreak", Type::Email, "a@example.org\n", kNoEmail},
    {"Url", Type::Url, "HTTPS://user@example.org:8443/a?b=c#d",
     "string \"HTTPS://user@example.org:8443/a?b=c#d\""},
    {"UrlOfOtherScheme", Type::Url, "ftp://example.org", kNoUrl},
    {"UrlOfScript", Type::Url, "javascript://example.org", kNoUrl},
    {"UrlWithoutHost", Type::Url, "http:///a", kNoUrl},
    {"UrlOfPort", Type::Url, "http://:80/", kNoUrl},
    {"UrlWithSpace", Type::Url, "http://example.org/a b", kNoUrl},
    {"UrlRelative", Type::Url, "/a", kNoUrl},
    {"ArrayOfJson", Type::Array, Value::List{1, "a"}, "list [1,\"a\"]"},
    {"ArrayOfOneText", Type::Array, sent("7"), "list [\"7\"]"},
    {"ArrayOfJsonText", Type::Array, "7", "x type: must be a list"},
    {"ObjectOfJson", Type::Object, Object{{"a", 1}}, "object {\"a\":1}"},
    {"ObjectOfText", Type::Object, sent("{}"), "x type: must be an object"},
    {"ObjectOfList", Type::Object, Value::List{}, "x type: must be an object"},
};
INSTANTIATE_TEST_SUITE_P(Cases, TypeTest, testing::ValuesIn(kTypeCases),
                         [](const auto& c) { return c.param.name; });

struct LimitCase {
    const char* name;
    Rule rule;
    Value value;
    const char* outcome;
};
class LimitTest : public testing::TestWithParam<LimitCase> {};

TEST_P(LimitTest, TellsEveryMistake) {
    const LimitCase& c = GetParam();
    EXPECT_EQ(outcome(c.rule, c.value), c.outcome);
}

Value date(const char* text) {
    return Value(Temporal{Kind::Date, text});
}
std::shared_ptr<const Pattern> pattern(const char* text) {
    return std::make_shared<const Pattern>(text);
}
std::shared_ptr<const Rule> shared(Rule rule) {
    return std::make_shared<const Rule>(std::move(rule));
}

const LimitCase kLimitCases[] = {
    {"AtMinimum", {.type = Type::Integer, .minimum = 1}, sent("1"), "int 1"},
    {"BelowMinimum", {.type = Type::Integer, .minimum = 1}, sent("0"), "x min: must be at least 1"},
    {"AboveMaximum",
     {.type = Type::Number, .maximum = *Decimal::parse("0.5")},
     sent("0.51"),
     "x max: must be at most 0.5"},
    {"DateBeforeMinimum",
     {.type = Type::Date, .minimum = date("2020-01-01")},
     sent("2019-12-31"),
     "x min: must be at least 2020-01-01"},
    {"DateAtMaximum",
     {.type = Type::Date, .maximum = date("2020-01-01")},
     sent("2020-01-01"),
     "date \"2020-01-01\""},
    {"ShortText",
     {.type = Type::String, .min_size = 2},
     sent("ä"),
     "x minLength: must have at least 2 characters"},
    {"LengthIsOfCharacters", {.type = Type::String, .max_size = 3}, sent("äöü"), "string \"äöü\""},
    {"LongText",
     {.type = Type::String, .max_size = 1},
     sent("ab"),
     "x maxLength: must have at most 1 character"},
    {"PatternIsFoundAnywhere",
     {.type = Type::String, .pattern = pattern("[0-9]")},
     sent("a1b"),
     "string \"a1b\""},
    {"PatternThatIsNotThere",
     {.type = Type::String, .pattern = pattern("^[A-Z]{2}$")},
     sent("ABC"),
     "x pattern: must match the pattern ^[A-Z]{2}$"},
    {"AllMistakesOfOneValue",
     {.type = Type::String, .choices = {"b"}, .min_size = 2, .pattern = pattern("b")},
     sent("a"),
     "x enum: must be one of: b; x minLength: must have at least 2 characters; x pattern: must "
     "match the pattern b"},
    {"OneOfTheChoices", {.type = Type::Integer, .choices = {1, 2}}, sent("2"), "int 2"},
    {"NoneOfTheChoices",
     {.type = Type::Integer, .choices = {1, 2}},
     sent("3"),
     "x enum: must be one of: 1, 2"},
    {"OwnMessage",
     {.type = Type::Integer, .message = "pages are numbered"},
     sent("a"),
     "x type: pages are numbered"},
    {"FewElements",
     {.type = Type::Array, .min_size = 2},
     sent("a"),
     "x minItems: must have at least 2 elements"},
    {"ManyElements",
     {.type = Type::Array, .max_size = 1},
     Value::List{1, 2},
     "x maxItems: must have at most 1 element"},
    {"ElementsAreConverted",
     {.type = Type::Array, .items = shared({.type = Type::Integer})},
     Value::List{sent("1"), 2, sent("3")},
     "list [1,2,3]"},
    {"ElementsAreNamed",
     {.type = Type::Array, .items = shared({.type = Type::Integer})},
     Value::List{1, "a", nullptr},
     "x[1] type: must be an integer of at most 64 bits; x[2] type: must be an integer of at most "
     "64 bits"},
    {"MembersAreConverted",
     {.type = Type::Object,
      .properties = {{"on", {.type = Type::Date}}, {"n", {.type = Type::Integer}}}},
     Object{{"n", 1}, {"on", "2024-01-01"}},
     "object {\"n\":1,\"on\":\"2024-01-01\"}"},
    {"DefaultsAreFilledIn",
     {.type = Type::Object, .properties = {{"n", {.type = Type::Integer, .fallback = 5}}}},
     Object{{"m", 1}},
     "object {\"m\":1,\"n\":5}"},
    {"NilIsAbsent",
     {.type = Type::Object, .properties = {{"n", {.type = Type::Integer, .fallback = 5}}}},
     Object{{"n", nullptr}},
     "object {\"n\":5}"},
    {"MissingMember",
     {.type = Type::Object, .properties = {{"n", {.is_required = true}}}},
     Object{},
     "x.n required: is required"},
    {"EmptyMemberThatIsRequired",
     {.type = Type::Object, .properties = {{"n", {.is_required = true}}}},
     Object{{"n", ""}},
     "x.n required: is required"},
    {"UnknownMember",
     {.type = Type::Object, .properties = {{"n", {}}}, .allows_additional = false},
     Object{{"n", 1}, {"m", 2}},
     "x.m additional: is not known"},
    {"NestedNames",
     {.type = Type::Object,
      .properties = {{"lines",
                      {.type = Type::Array,
                       .items = shared(
                           {.type = Type::Object,
                            .properties = {{"qty", {.type = Type::Integer, .minimum = 1}}}})}}}},
     Object{{"lines", Value::List{Object{{"qty", 1}}, Object{{"qty", 0}}}}},
     "x.lines[1].qty min: must be at least 1"},
};
INSTANTIATE_TEST_SUITE_P(Cases, LimitTest, testing::ValuesIn(kLimitCases),
                         [](const auto& c) { return c.param.name; });

TEST(CheckTest, WhatStaysAsItIsIsNotGivenBack) {
    InputMistakes mistakes;
    const Path path{.in = "body", .name = "x"};
    EXPECT_FALSE(check({.type = Type::Integer}, 7, path, mistakes));
    EXPECT_FALSE(check({.type = Type::Object, .properties = {{"n", {.type = Type::Integer}}}},
                       Object{{"n", 1}}, path, mistakes));
    EXPECT_TRUE(mistakes.empty());
}

TEST(CheckTest, TextIsNoClientTextOnceItIsDeclared) {
    InputMistakes mistakes;
    const auto value = check({.type = Type::String}, sent("7"), {.in = "query"}, mistakes);
    ASSERT_TRUE(value);
    EXPECT_FALSE(value->is_client_text());
}

TEST(CheckTest, MistakesAreCountedOut) {
    InputMistakes mistakes;
    const Value list(Value::List(5000, Value("a")));
    const Rule rule{.type = Type::Array, .items = shared({.type = Type::Integer})};
    EXPECT_FALSE(check(rule, list, {.in = "body", .name = "x"}, mistakes));
    EXPECT_EQ(mistakes.size(), kMaxMistakes);
}

TEST(CheckTest, PartsOfASecretAreNotShown) {
    InputMistakes mistakes;
    const Rule rule{.type = Type::Array, .items = shared({.type = Type::Integer})};
    (void)check(rule, Value::List{"hunter2"}, {.in = "body", .name = "passwords"}, mistakes);
    ASSERT_EQ(mistakes.size(), 1U);
    EXPECT_EQ(*mistakes.front().value, Value("***"));
}

TEST(PatternTest, SaysWhatIsWrongWithIt) {
    try {
        const Pattern refused("a(b");
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "the pattern cannot be read: missing ): a(b");
    }
}

TEST(PatternTest, TakesTimeInProportionToTheText) {
    const Pattern nested("^(a+)+$");
    EXPECT_FALSE(nested.is_in(std::string(100'000, 'a') + "b"));
}

}  // namespace
}  // namespace kdeps::inputs
