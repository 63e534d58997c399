// A value read from one database and bound into the other arrives exact.
#include "mysql_fixture.hpp"
#include "postgres/postgres_driver.hpp"

namespace kdeps::test {
namespace {

TEST(AcrossDatabasesTest, ValuesArriveExact) {
    const std::string postgres_dsn = dsn_text("KDEPS_TEST_POSTGRES");
    const std::string mysql_dsn = dsn_text("KDEPS_TEST_MYSQL");
    if (postgres_dsn.empty() || mysql_dsn.empty()) {
        GTEST_SKIP() << "KDEPS_TEST_POSTGRES or KDEPS_TEST_MYSQL is not set";
    }
    const auto postgres =
        db::make_postgres_driver(sql::parse_dsn(postgres_dsn, "/"))->connect(soon());
    const auto mysql = db::make_mysql_driver(sql::parse_dsn(mysql_dsn, "/"))->connect(soon());

    struct Case {
        const char *value, *postgres_type, *mysql_type;
    };
    const Case cases[] = {
        {"'12345678901234567890123456789012345.123456789012345678901234567890'", "numeric",
         "decimal(65,30)"},
        {"'19.90'", "numeric(10,2)", "decimal(10,2)"},
        {"'9223372036854775807'", "bigint", "bigint"},
        {"'0.30000000000000004'", "float8", "double"},
        {"'2024-02-29'", "date", "date"},
        {"'23:59:59.999999'", "time", "time(6)"},
        {"'2024-01-15 10:00:00.123456'", "timestamp", "datetime(6)"},
        {"'h\u00e9llo \U0001F600'", "text", "text"},
    };
    for (const Case& c : cases) {
        const db::Result read = postgres->execute(
            reading(std::string("SELECT ") + c.value + "::" + c.postgres_type), {});
        run(*mysql, std::string("CREATE OR REPLACE TEMPORARY TABLE v(v ") + c.mysql_type + ")");
        run(*mysql, "INSERT INTO v VALUES (?)", {read.table->value(0, 0)});
        const db::Result stored = run(*mysql, "SELECT v FROM v");
        EXPECT_EQ(cell_text(*stored.table), cell_text(*read.table)) << c.value;
        EXPECT_EQ(one(*postgres, std::string("SELECT $1::") + c.postgres_type + " = " + c.value,
                      {stored.table->value(0, 0)}),
                  "Bool:true")
            << c.value;
    }
}

}  // namespace
}  // namespace kdeps::test
