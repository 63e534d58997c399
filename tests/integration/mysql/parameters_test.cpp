#include <limits>

#include "mysql_fixture.hpp"

namespace kdeps::test {
namespace {

class MysqlParametersTest : public MysqlTest {};

Decimal decimal(const char* text) {
    return *Decimal::parse(text);
}

TEST_F(MysqlParametersTest, EveryKindComesBackAsItWent) {
    struct Case {
        const char* column;
        Value value;
        const char* cell;
    };
    const Case cases[] = {
        {"int", nullptr, "Null"},
        {"boolean", true, "Bool:true"},
        {"bigint", INT64_MIN, "Int:-9223372036854775808"},
        {"bigint unsigned", Value::from_unsigned(UINT64_MAX), "Int:18446744073709551615"},
        {"double", 0.1, "Double:0.1"},
        {"double", 1.7976931348623157e308, "Double:1.7976931348623157e+308"},
        {"decimal(40,10)", decimal("123456789012345678901234567890.0000000001"),
         "Decimal:123456789012345678901234567890.0000000001"},
        {"double", decimal("1.7976931348623157e308"), "Double:1.7976931348623157e+308"},
        {"double", decimal("-5e-300"), "Double:-5e-300"},
        {"varchar(50)", "it's \"q\" \\ \xF0\x9F\x98\x80", "Text:it's \"q\" \\ \xF0\x9F\x98\x80"},
        {"date", Temporal{Kind::Date, "2024-02-29"}, "Date:2024-02-29"},
        {"time(6)", Temporal{Kind::Time, "10:00:00.000001"}, "Time:10:00:00.000001"},
        {"datetime(6)", Temporal{Kind::Timestamp, "2024-01-15T10:00:00.500000"},
         "Timestamp:2024-01-15T10:00:00.500000"},
        {"datetime", Temporal{Kind::TimestampTz, "2024-07-15T10:00:00Z"},
         "Timestamp:2024-07-15T10:00:00"},
        {"json", Value::List{1, "x", nullptr}, "Json:[1,\"x\",null]"},
        {"json", Object{{"a", Value::List{1}}}, "Json:{\"a\":[1]}"},
    };
    for (const Case& c : cases) {
        run(*connection, std::string("CREATE OR REPLACE TEMPORARY TABLE v(v ") + c.column + ")");
        run(*connection, "INSERT INTO v VALUES (?)", {c.value});
        // A text of its own each: what the library knows of a column is from the first preparing.
        EXPECT_EQ(one(*connection, std::string("SELECT v FROM v -- ") + c.column), c.cell);
    }
}

TEST_F(MysqlParametersTest, BytesAndNulGoBothWays) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    run(*connection, "CREATE TEMPORARY TABLE v(b blob, t text)");
    run(*connection, "INSERT INTO v VALUES (?, ?)", {Bytes{all}, std::string("a\0b", 3)});
    const db::Result result = run(*connection, "SELECT b, t FROM v");
    EXPECT_EQ(result.table->cell(0, 0).text, all);
    EXPECT_EQ(result.table->cell(0, 1).text, std::string_view("a\0b", 3));
}

TEST_F(MysqlParametersTest, NanIsRefused) {
    const Error error =
        error_of([&] { run(*connection, "SELECT ?", {std::numeric_limits<double>::quiet_NaN()}); });
    EXPECT_EQ(error.code(), ErrorCode::BadRequest);
    EXPECT_EQ(std::string(error.what()), "parameter 1 is NaN, which MySQL cannot store");
}

TEST_F(MysqlParametersTest, WrongNumberOfValues) {
    const Error error = error_of([&] { run(*connection, "SELECT ?, ?", {1}); });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(std::string(error.what()), "the statement has 2 parameters, but 1 values were given");
    EXPECT_EQ(one(*connection, "SELECT ?", {5}), "Int:5");
}

TEST_F(MysqlParametersTest, KindsMayChangeFromCallToCall) {
    EXPECT_EQ(one(*connection, "SELECT concat(?, '')", {1}), "Text:1");
    EXPECT_EQ(one(*connection, "SELECT concat(?, '')", {"x"}), "Text:x");
    EXPECT_EQ(one(*connection, "SELECT concat(?, '')", {nullptr}), "Null");
}

TEST_F(MysqlParametersTest, ATimeWithAZoneIsNotTriedAgainAfterRowsThatStay) {
    run(*connection, "SET sql_mode = 'STRICT_ALL_TABLES'");
    run(*connection, "CREATE TEMPORARY TABLE kept(at datetime) ENGINE = MyISAM");
    const Error error = error_of([&] {
        run(*connection, "INSERT INTO kept VALUES (?), (?)",
            {"2024-01-15 10:00:00", "2024-01-15T10:00:00Z"});
    });
    EXPECT_EQ(error.detail().sqlstate, "22007");
    EXPECT_NE(error.detail().hint.find("in UTC without one"), std::string::npos);
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM kept"), "Int:1");
    run(*connection, "INSERT INTO kept VALUES (?)", {"2024-01-15T10:00:00Z"});
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM kept"), "Int:2");
}

}  // namespace
}  // namespace kdeps::test
