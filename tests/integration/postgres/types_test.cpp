// The value table of docs/reference/sql-types.md for PostgreSQL, with extremes. The test server's
// time zone is Europe/Berlin, so that a missing conversion to UTC shows.
#include "postgres_fixture.hpp"

namespace kdeps::test {
namespace {

struct TypeCase {
    const char *name, *expression, *cell;
};

class PostgresTypesTest : public PostgresTest, public testing::WithParamInterface<TypeCase> {};

TEST_P(PostgresTypesTest, ReadsAs) {
    EXPECT_EQ(one(*connection, std::string("SELECT ") + GetParam().expression), GetParam().cell);
}

constexpr TypeCase kCases[] = {
    {"Null", "NULL::int", "Null"},
    {"True", "true", "Bool:true"},
    {"False", "false", "Bool:false"},
    {"Int2Min", "(-32768)::int2", "Int:-32768"},
    {"Int4Max", "2147483647::int4", "Int:2147483647"},
    {"Int8Max", "9223372036854775807", "Int:9223372036854775807"},
    {"Int8Min", "(-9223372036854775808)::int8", "Int:-9223372036854775808"},
    {"Oid", "4294967295::oid", "Int:4294967295"},
    {"NumericKeepsZeros", "19.90::numeric(10,2)", "Decimal:19.90"},
    {"NumericLong", "123456789012345678901234567890.123456789012345678901234567890",
     "Decimal:123456789012345678901234567890.123456789012345678901234567890"},
    {"NumericNegative", "-0.00000000000000000001", "Decimal:-0.00000000000000000001"},
    {"NumericNan", "'NaN'::numeric", "Double:NaN"},
    {"NumericInfinity", "'-Infinity'::numeric", "Double:-Infinity"},
    {"Float4", "0.1::float4", "Double:0.1"},
    {"Float8", "0.1::float8 + 0.2::float8", "Double:0.30000000000000004"},
    {"Float8Small", "'4.9406564584124654e-324'::float8", "Double:5e-324"},
    {"Float8Nan", "'NaN'::float8", "Double:NaN"},
    {"Float8Infinity", "'Infinity'::float8", "Double:Infinity"},
    {"Money", "'-1234567.89'::money", "Decimal:-1234567.89"},
    {"Text", "'h\u00e9llo \U0001F600'::text", "Text:h\u00e9llo \U0001F600"},
    {"EmptyText", "''::text", "Text:"},
    {"UntypedLiteral", "'x'", "Text:x"},
    {"BpcharIsPadded", "'ab'::char(4)", "Text:ab  "},
    {"Uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid",
     "Text:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"Inet", "'10.1.0.0/16'::inet", "Text:10.1.0.0/16"},
    {"Interval", "interval '1 year 2 days 03:04:05.5'", "Text:1 year 2 days 03:04:05.5"},
    {"Bit", "B'1011'", "Text:1011"},
    {"Point", "point(1,2)", "Text:(1,2)"},
    {"Range", "int4range(1,5)", "Text:[1,5)"},
    {"Bytes", "'\\x00ff10'::bytea = '\\x00ff10'::bytea", "Bool:true"},
    {"Date", "date '2024-02-29'", "Date:2024-02-29"},
    {"DateBeforeChrist", "date '0044-03-15 BC'", "Text:0044-03-15 BC"},
    {"DateInfinity", "date 'infinity'", "Text:infinity"},
    {"Time", "time '10:00:00'", "Time:10:00:00"},
    {"TimeFraction", "time '10:00:00.5'", "Time:10:00:00.500000"},
    {"TimeMidnightAtTheEnd", "time '24:00:00'", "Text:24:00:00"},
    {"TimeTz", "timetz '10:00:00+05:30'", "Time:10:00:00+05:30"},
    {"Timestamp", "timestamp '2024-01-15 10:00:00'", "Timestamp:2024-01-15T10:00:00"},
    {"TimestampMicros", "timestamp '2024-01-15 10:00:00.000001'",
     "Timestamp:2024-01-15T10:00:00.000001"},
    {"TimestampInfinity", "timestamp '-infinity'", "Text:-infinity"},
    {"TimestampLast", "timestamp '294276-12-31 23:59:59'", "Text:294276-12-31T23:59:59"},
    {"TimestampTzWinter", "timestamptz '2024-01-15 10:00:00+01'",
     "TimestampTz:2024-01-15T09:00:00Z"},
    {"TimestampTzSummer", "timestamptz '2024-07-15 10:00:00+02'",
     "TimestampTz:2024-07-15T08:00:00Z"},
    {"TimestampTzYearChange", "timestamptz '2024-01-01 00:30:00+01'",
     "TimestampTz:2023-12-31T23:30:00Z"},
    {"TimestampTzLocalMeanTime", "timestamptz '1880-01-01 00:00:00+00'",
     "TimestampTz:1880-01-01T00:00:00Z"},
    {"TimestampTzFirst", "timestamptz '4713-11-24 00:00:00+00 BC'", "Text:4713-11-24T00:00:00Z BC"},
    {"TimestampTzYear10000", "timestamptz '9999-12-31 23:59:59.5-01'",
     "Text:10000-01-01T00:59:59.500000Z"},
    {"Json", "'{\"a\": [1, 2.50]}'::json", "Json:{\"a\": [1, 2.50]}"},
    {"Jsonb", "'{\"b\":null}'::jsonb", "Json:{\"b\": null}"},
    {"IntArray", "ARRAY[1,NULL,3]", "Json:[1,null,3]"},
    {"NestedArray", "ARRAY[[1,2],[3,4]]", "Json:[[1,2],[3,4]]"},
    {"EmptyArray", "ARRAY[]::text[]", "Json:[]"},
    {"ArrayWithBounds", "'[0:1]={5,6}'::int[]", "Json:[5,6]"},
    {"TextArray", "ARRAY['a,b','c\"d','NULL','','e\\f']",
     "Json:[\"a,b\",\"c\\\"d\",\"NULL\",\"\",\"e\\\\f\"]"},
    {"BoolArray", "ARRAY[true,false]", "Json:[true,false]"},
    {"NumericArray", "ARRAY[1.10,2]::numeric[]", "Json:[1.10,2]"},
    {"FloatArray", "ARRAY['NaN',1.5]::float8[]", "Json:[\"NaN\",1.5]"},
    {"DateArray", "ARRAY[date '2024-01-15']", "Json:[\"2024-01-15\"]"},
    {"TimestampTzArray", "ARRAY[timestamptz '2024-01-15 10:00+01']",
     "Json:[\"2024-01-15T09:00:00Z\"]"},
    {"JsonbArray", "ARRAY['{\"a\":1}'::jsonb]", "Json:[{\"a\": 1}]"},
    {"BytesArray", "ARRAY['\\x00ff'::bytea]", "Json:[\"AP8=\"]"},
    {"BoxArray", "ARRAY[box '((1,1),(0,0))', box '((2,2),(1,1))']",
     "Json:[\"(1,1),(0,0)\",\"(2,2),(1,1)\"]"},
    {"PointArray", "ARRAY[point(1,2)]", "Json:[\"(1,2)\"]"},
    {"NameIsNoArray", "'abc'::name", "Text:abc"},
    {"VectorIsNoArray", "'1 2'::int2vector", "Text:1 2"},
    {"Void", "pg_sleep(0)", "Text:"},
};
INSTANTIATE_TEST_SUITE_P(Cases, PostgresTypesTest, testing::ValuesIn(kCases),
                         [](const auto& c) { return c.param.name; });

class PostgresUserTypesTest : public PostgresTest {};

TEST_F(PostgresUserTypesTest, BytesKeepEveryByte) {
    const db::Result result = connection->execute(reading("SELECT '\\x00ff10'::bytea"), {});
    EXPECT_EQ(result.table->cell(0, 0).type, CellType::Bytes);
    EXPECT_EQ(result.table->cell(0, 0).text, std::string_view("\0\xff\x10", 3));
}

TEST_F(PostgresUserTypesTest, EnumDomainAndTheirArrays) {
    run(*connection, "CREATE TEMP TABLE dummy()");  // makes pg_temp exist
    run(*connection, "CREATE TYPE pg_temp.mood AS ENUM ('ok', 'not ok')");
    run(*connection, "CREATE DOMAIN pg_temp.price AS numeric(10,2) CHECK (VALUE >= 0)");
    EXPECT_EQ(one(*connection, "SELECT 'not ok'::pg_temp.mood"), "Text:not ok");
    EXPECT_EQ(one(*connection, "SELECT ARRAY['ok','not ok']::pg_temp.mood[]"),
              "Json:[\"ok\",\"not ok\"]");
    EXPECT_EQ(one(*connection, "SELECT 1.50::pg_temp.price"), "Decimal:1.50");
    EXPECT_EQ(one(*connection, "SELECT ARRAY[1.50]::pg_temp.price[]"), "Json:[1.50]");
}

TEST_F(PostgresUserTypesTest, SessionTimeZoneIsTheServersAndValuesAreUtc) {
    EXPECT_EQ(one(*connection, "SHOW TimeZone"), "Text:Europe/Berlin");
    run(*connection, "SET TimeZone = 'Asia/Kolkata'");
    EXPECT_EQ(one(*connection, "SELECT timestamptz '2024-01-15 10:00:00.25+00'"),
              "TimestampTz:2024-01-15T10:00:00.250000Z");
    run(*connection, "SET TimeZone = 'America/New_York'");
    EXPECT_EQ(one(*connection, "SELECT timestamptz '2024-02-29 23:59:59+00'"),
              "TimestampTz:2024-02-29T23:59:59Z");
}

TEST_F(PostgresUserTypesTest, AnotherDateStyleReadsAsText) {
    run(*connection, "SET DateStyle = 'German'");
    EXPECT_EQ(one(*connection, "SELECT date '2024-01-15'"), "Text:15.01.2024");
}

}  // namespace
}  // namespace kdeps::test
