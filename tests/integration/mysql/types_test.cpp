// The value table of docs/reference/sql-types.md for MySQL and MariaDB, with extremes.
#include "mysql_fixture.hpp"

namespace kdeps::test {
namespace {

struct TypeCase {
    const char *name, *column, *literal, *cell;
};

class MysqlTypesTest : public MysqlTest, public testing::WithParamInterface<TypeCase> {};

TEST_P(MysqlTypesTest, ReadsAs) {
    run(*connection, "SET sql_mode = ''");  // zero dates are refused by default
    run(*connection, std::string("CREATE TEMPORARY TABLE v(v ") + GetParam().column + ")");
    run(*connection, std::string("INSERT INTO v VALUES (") + GetParam().literal + ")");
    EXPECT_EQ(one(*connection, "SELECT v FROM v"), GetParam().cell);
}

constexpr TypeCase kCases[] = {
    {"Null", "int", "NULL", "Null"},
    {"TinyintOneTrue", "tinyint(1)", "1", "Bool:true"},
    {"TinyintOneFalse", "boolean", "false", "Bool:false"},
    {"TinyintOneOther", "tinyint(1)", "2", "Int:2"},
    {"TinyintOneNegative", "tinyint(1)", "-1", "Int:-1"},
    {"TinyintFour", "tinyint(4)", "1", "Int:1"},
    {"TinyintUnsigned", "tinyint unsigned", "255", "Int:255"},
    {"SmallintMin", "smallint", "-32768", "Int:-32768"},
    {"MediumintUnsigned", "mediumint unsigned", "16777215", "Int:16777215"},
    {"MediumintMin", "mediumint", "-8388608", "Int:-8388608"},
    {"IntUnsigned", "int unsigned", "4294967295", "Int:4294967295"},
    {"BigintMin", "bigint", "-9223372036854775808", "Int:-9223372036854775808"},
    {"BigintUnsignedMax", "bigint unsigned", "18446744073709551615", "Int:18446744073709551615"},
    {"Year", "year", "2024", "Int:2024"},
    {"DecimalKeepsZeros", "decimal(10,2)", "19.90", "Decimal:19.90"},
    {"DecimalLong", "decimal(65,30)",
     "12345678901234567890123456789012345.123456789012345678901234567890",
     "Decimal:12345678901234567890123456789012345.123456789012345678901234567890"},
    {"DecimalNegative", "decimal(30,20)", "-0.00000000000000000001",
     "Decimal:-0.00000000000000000001"},
    {"Float", "float", "0.1", "Double:0.1"},
    {"Double", "double", "0.1e0 + 0.2e0", "Double:0.30000000000000004"},
    {"DoubleSmall", "double", "1.5e-10", "Double:1.5e-10"},
    {"Text", "text", "'h\u00e9llo \U0001F600'", "Text:h\u00e9llo \U0001F600"},
    {"EmptyText", "varchar(10)", "''", "Text:"},
    {"Enum", "enum('small','large')", "'large'", "Text:large"},
    {"Set", "set('a','b','c')", "'a,c'", "Text:a,c"},
    {"Uuid", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
     "Text:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"Inet6", "inet6", "'2001:db8::ff'", "Text:2001:db8::ff"},
    {"Json", "json", "'{\"a\": [1, 2.50]}'", "Json:{\"a\": [1, 2.50]}"},
    {"Blob", "blob", "'ab'", "Bytes:ab"},
    {"Varbinary", "varbinary(10)", "'ab'", "Bytes:ab"},
    {"Bit", "bit(8)", "b'10000001'", "Int:129"},
    {"BitMax", "bit(64)", "x'ffffffffffffffff'", "Int:18446744073709551615"},
    {"Date", "date", "'2024-02-29'", "Date:2024-02-29"},
    {"DateFirst", "date", "'0001-01-01'", "Date:0001-01-01"},
    {"DateZero", "date", "'0000-00-00'", "Text:0000-00-00"},
    {"DateWithoutDay", "date", "'2024-05-00'", "Text:2024-05-00"},
    {"Time", "time", "'10:00:00'", "Time:10:00:00"},
    {"TimeMicros", "time(6)", "'10:00:00.5'", "Time:10:00:00.500000"},
    {"TimeNegative", "time(6)", "'-00:00:00.000001'", "Text:-00:00:00.000001"},
    {"TimeLong", "time", "'838:59:59'", "Text:838:59:59"},
    {"TimeShort", "time", "'-838:59:59'", "Text:-838:59:59"},
    {"Datetime", "datetime", "'2024-01-15 10:00:00'", "Timestamp:2024-01-15T10:00:00"},
    {"DatetimeMicros", "datetime(6)", "'9999-12-31 23:59:59.999999'",
     "Timestamp:9999-12-31T23:59:59.999999"},
    {"DatetimeMidnight", "datetime", "'2024-01-15'", "Timestamp:2024-01-15T00:00:00"},
    {"TimeMidnight", "time", "'00:00:00'", "Time:00:00:00"},
    {"DatetimeZero", "datetime", "'0000-00-00 00:00:00'", "Text:0000-00-00T00:00:00"},
    {"TimestampInSessionZone", "timestamp(3) NULL", "'2024-01-15 10:00:00.25'",
     "Timestamp:2024-01-15T10:00:00.250000"},
};
INSTANTIATE_TEST_SUITE_P(Cases, MysqlTypesTest, testing::ValuesIn(kCases),
                         [](const auto& c) { return c.param.name; });

class MysqlMoreTypesTest : public MysqlTest {};

TEST_F(MysqlMoreTypesTest, BytesAndTextKeepEveryByte) {
    const db::Result result = connection->execute(
        reading("SELECT x'00ff1000' AS b, convert(concat('a', char(0), 'b') using utf8mb4) AS t"),
        {});
    EXPECT_EQ(result.table->cell(0, 0).type, CellType::Bytes);
    EXPECT_EQ(result.table->cell(0, 0).text, std::string_view("\0\xff\x10\0", 4));
    EXPECT_EQ(result.table->cell(0, 1).text, std::string_view("a\0b", 3));
}

TEST_F(MysqlMoreTypesTest, GeometryIsBytes) {
    const db::Result result = connection->execute(reading("SELECT point(1, 2)"), {});
    EXPECT_EQ(result.table->cell(0, 0).type, CellType::Bytes);
}

TEST_F(MysqlMoreTypesTest, ValuesLongerThanTheFirstBuffer) {
    const db::Result result = connection->execute(
        reading("SELECT repeat('x', 5) AS a, 1 AS n UNION ALL SELECT repeat('y', 300), 2 "
                "UNION ALL SELECT NULL, 3 UNION ALL SELECT repeat('z', 3000000), 4 "
                "UNION ALL SELECT 'end', 5"),
        {});
    const Table& table = *result.table;
    ASSERT_EQ(table.row_count(), 5u);
    EXPECT_EQ(table.cell(0, 0).text, "xxxxx");
    EXPECT_EQ(table.cell(1, 0).text, std::string(300, 'y'));
    EXPECT_EQ(table.cell(2, 0).type, CellType::Null);
    EXPECT_EQ(table.cell(3, 0).text, std::string(3'000'000, 'z'));
    EXPECT_EQ(table.cell(4, 0).text, "end");
    EXPECT_EQ(cell_text(table, 4, 1), "Int:5");
}

}  // namespace
}  // namespace kdeps::test
