// PostgreSQL's text forms, as libpq hands them over, without a server.
#include <string>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"

#include "postgres/postgres_parameters.hpp"
#include "postgres/postgres_temporal.hpp"
#include "postgres/postgres_types.hpp"

namespace kdeps::db {
namespace {

struct TimestampTzCase {
    const char *name, *text;
    CellType type;
    const char* expected;
};

class TimestampTzTest : public testing::TestWithParam<TimestampTzCase> {};

TEST_P(TimestampTzTest, BecomesUtc) {
    std::string scratch = "left over";
    const CellText cell = timestamptz_cell(GetParam().text, scratch);
    EXPECT_EQ(cell.text, GetParam().expected);
    EXPECT_EQ(cell.type, GetParam().type);
}

constexpr TimestampTzCase kTimestampTz[] = {
    {"Utc", "2024-01-15 10:00:00+00", CellType::TimestampTz, "2024-01-15T10:00:00Z"},
    {"East", "2024-01-01 00:30:00+01", CellType::TimestampTz, "2023-12-31T23:30:00Z"},
    {"West", "2023-12-31 20:00:00-05", CellType::TimestampTz, "2024-01-01T01:00:00Z"},
    {"HalfHour", "2024-03-01 05:29:59+05:30", CellType::TimestampTz, "2024-02-29T23:59:59Z"},
    {"QuarterHourWest", "2024-02-29 23:00:00-09:45", CellType::TimestampTz, "2024-03-01T08:45:00Z"},
    {"Seconds", "1880-01-01 00:53:28+00:53:28", CellType::TimestampTz, "1880-01-01T00:00:00Z"},
    {"NoLeapDayIn1900", "1900-03-01 00:30:00+01", CellType::TimestampTz, "1900-02-28T23:30:00Z"},
    {"LeapDayIn2000", "2000-03-01 00:30:00+01", CellType::TimestampTz, "2000-02-29T23:30:00Z"},
    {"Fraction", "2024-01-15 10:00:00.5+01", CellType::TimestampTz, "2024-01-15T09:00:00.500000Z"},
    {"OneMicrosecond", "2024-01-15 10:00:00.000001+01", CellType::TimestampTz,
     "2024-01-15T09:00:00.000001Z"},
    {"FirstYear", "0001-01-01 00:00:00+00", CellType::TimestampTz, "0001-01-01T00:00:00Z"},
    {"IntoBeforeChrist", "0001-01-01 00:00:00+01", CellType::Text, "0001-12-31T23:00:00Z BC"},
    {"OutOfBeforeChrist", "0001-12-31 23:30:00-01 BC", CellType::TimestampTz,
     "0001-01-01T00:30:00Z"},
    {"BeforeChrist", "0044-03-15 12:00:00+00:53:28 BC", CellType::Text, "0044-03-15T11:06:32Z BC"},
    {"LeapDayBeforeChrist", "0005-03-01 00:00:00+01 BC", CellType::Text, "0005-02-29T23:00:00Z BC"},
    {"First", "4714-11-24 01:00:00+01 BC", CellType::Text, "4714-11-24T00:00:00Z BC"},
    {"IntoYear10000", "9999-12-31 23:00:00-01", CellType::Text, "10000-01-01T00:00:00Z"},
    {"Last", "294276-12-31 23:59:59.999999+00", CellType::Text, "294276-12-31T23:59:59.999999Z"},
    {"Infinity", "infinity", CellType::Text, "infinity"},
    {"MinusInfinity", "-infinity", CellType::Text, "-infinity"},
    {"OtherDateStyle", "15.01.2024 10:00:00 CET", CellType::Text, "15.01.2024 10:00:00 CET"},
    {"Cut", "2024-01-15 10:00", CellType::Text, "2024-01-15 10:00"},
    {"Empty", "", CellType::Text, ""},
};
INSTANTIATE_TEST_SUITE_P(Cases, TimestampTzTest, testing::ValuesIn(kTimestampTz),
                         [](const auto& c) { return c.param.name; });

TEST(PostgresTemporalTest, DatesTimesAndTimestamps) {
    std::string scratch;
    EXPECT_EQ(date_cell("2024-02-29").type, CellType::Date);
    EXPECT_EQ(date_cell("0044-03-15 BC").type, CellType::Text);
    EXPECT_EQ(date_cell("10000-01-01").type, CellType::Text);
    EXPECT_EQ(time_cell("10:00:00.25", scratch).text, "10:00:00.250000");
    EXPECT_EQ(time_cell("10:00:00-03:30", scratch).text, "10:00:00-03:30");
    EXPECT_EQ(time_cell("10:00:00+01:19:32", scratch).text, "10:00:00+01:19:32");
    EXPECT_EQ(time_cell("24:00:00", scratch).type, CellType::Text);
    EXPECT_EQ(timestamp_cell("2024-01-15 10:00:00", scratch).text, "2024-01-15T10:00:00");
    EXPECT_EQ(timestamp_cell("0044-03-15 00:00:00 BC", scratch).type, CellType::Text);
}

TEST(PostgresMoneyTest, DigitsInAnyLocale) {
    EXPECT_EQ(money_digits("$1,234.56"), "1234.56");
    EXPECT_EQ(money_digits("-$1,234,567.89"), "-1234567.89");
    EXPECT_EQ(money_digits("($1.00)"), "-1.00");
    EXPECT_EQ(money_digits("1.234,56 \u20ac"), "1234.56");
    EXPECT_EQ(money_digits("\u00a51,234"), "1234");
    EXPECT_EQ(money_digits("\u00a51,234,567"), "1234567");
    EXPECT_EQ(money_digits("1'234.50 CHF"), "1234.50");
    EXPECT_EQ(money_digits("1,234.567 KD"), "1234.567");
    EXPECT_EQ(money_digits("$0.05"), "0.05");
}

std::string json_of(PgReader element, const char* literal, char delimiter = ',') {
    return array_json({PgReader::Array, element, delimiter}, literal).value_or("no array");
}

TEST(PostgresArrayTest, BecomesJson) {
    EXPECT_EQ(json_of(PgReader::Int, "{1,NULL,3}"), "[1,null,3]");
    EXPECT_EQ(json_of(PgReader::Int, "{}"), "[]");
    EXPECT_EQ(json_of(PgReader::Int, "{{1,2},{3,4}}"), "[[1,2],[3,4]]");
    EXPECT_EQ(json_of(PgReader::Int, "[-1:1][2:2]={{1},{2},{3}}"), "[[1],[2],[3]]");
    EXPECT_EQ(json_of(PgReader::Text, R"({a,"b,c","d\"e\\f","NULL",""})"),
              R"(["a","b,c","d\"e\\f","NULL",""])");
    EXPECT_EQ(json_of(PgReader::Text, R"({"}","{"})"), R"(["}","{"])");
    EXPECT_EQ(json_of(PgReader::Bool, "{t,f}"), "[true,false]");
    EXPECT_EQ(json_of(PgReader::Float, "{NaN,Infinity,-1e-10}"), R"(["NaN","Infinity",-1e-10])");
    EXPECT_EQ(json_of(PgReader::Numeric, "{1.10,NaN}"), R"([1.10,"NaN"])");
    EXPECT_EQ(json_of(PgReader::Bytes, R"({"\\x00ff"})"), R"(["AP8="])");
    EXPECT_EQ(json_of(PgReader::Json, R"({"{\"a\": 1}"})"), R"([{"a": 1}])");
    EXPECT_EQ(json_of(PgReader::TimestampTz, R"({"2024-01-15 10:00:00+01"})"),
              R"(["2024-01-15T09:00:00Z"])");
    EXPECT_EQ(json_of(PgReader::Text, "{(1,1),(0,0);(2,2),(1,1)}", ';'),
              R"json(["(1,1),(0,0)","(2,2),(1,1)"])json");
}

TEST(PostgresArrayTest, WhatIsNoLiteralIsNotGuessed) {
    for (const char* text :
         {"", "{", "{1", "{1,", "{,}", "{\"a}", "{\"a\\", "1,2", "{1}x", "[0:1]"}) {
        EXPECT_EQ(json_of(PgReader::Int, text), "no array") << text;
    }
}

std::string sent(const Value& value, PgOid type) {
    const PgParameters parameters({&value, 1}, {&type, 1});
    return parameters.pointers()[0];
}

constexpr PgOid kTextArray = 1009;
constexpr PgOid kJsonb = 3802;

TEST(PostgresParametersTest, ListBecomesArrayLiteral) {
    struct Case {
        const char* name;
        Value::List list;
        const char* literal;
    };
    const Case cases[] = {
        {"Empty", {}, "{}"},
        {"Numbers", {1, -2, 0.1, *Decimal::parse("19.90")}, R"({"1","-2","0.1","19.90"})"},
        {"Extremes",
         {std::int64_t{INT64_MIN}, *Decimal::parse("123456789012345678901234567890.10")},
         R"({"-9223372036854775808","123456789012345678901234567890.10"})"},
        {"NullAndItsName", {nullptr, "NULL", "null"}, R"({NULL,"NULL","null"})"},
        {"Bools", {true, false}, R"({"true","false"})"},
        {"Quoting", {"", " a ", "a\"b", "a\\b", "{a,b}"}, R"({""," a ","a\"b","a\\b","{a,b}"})"},
        {"NewlineAndUnicode", {"a\nb", "é"}, "{\"a\nb\",\"é\"}"},
        {"Nested", {Value::List{1, 2}, Value::List{3, nullptr}}, R"({{"1","2"},{"3",NULL}})"},
        {"Temporals",
         {Temporal{Kind::Date, "2024-01-31"}, Temporal{Kind::TimestampTz, "2024-01-31T10:00:00Z"}},
         R"({"2024-01-31","2024-01-31T10:00:00Z"})"},
        {"Bytes", {Bytes{std::string("\x00\xff", 2)}}, R"({"\\x00ff"})"},
        {"Objects", {Object{{"a", "b"}}}, R"({"{\"a\":\"b\"}"})"},
    };
    for (const Case& c : cases) EXPECT_EQ(sent(c.list, kTextArray), c.literal) << c.name;
}

TEST(PostgresParametersTest, ListIsJsonWhereTheParameterIs) {
    EXPECT_EQ(sent(Value::List{1, "a", nullptr}, kJsonb), R"([1,"a",null])");
}

TEST(PostgresParametersTest, NulIsRefused) {
    const Value nul(std::string("a\0b", 3));
    EXPECT_THROW(static_cast<void>(sent(nul, kTextArray)), Error);
    EXPECT_THROW(static_cast<void>(sent(Value::List{nul}, kTextArray)), Error);
}

}  // namespace
}  // namespace kdeps::db
