#include "mysql/mysql_temporal.hpp"

#include <gtest/gtest.h>

namespace kdeps::db {
namespace {

struct MysqlTemporalCase {
    const char* name;
    MYSQL_TIME value;
    CellType type;
    const char* text;
};

class MysqlTemporalTest : public testing::TestWithParam<MysqlTemporalCase> {};

TEST_P(MysqlTemporalTest, BecomesIso) {
    std::string text = "left over";
    EXPECT_EQ(mysql_temporal(GetParam().value, text), GetParam().type);
    EXPECT_EQ(text, GetParam().text);
}

// year, month, day, hour, minute, second, microseconds, negative, kind
constexpr MysqlTemporalCase kMysqlTemporalCases[] = {
    {"Date", {2024, 2, 29, 0, 0, 0, 0, 0, MYSQL_TIMESTAMP_DATE}, CellType::Date, "2024-02-29"},
    {"ZeroDate", {0, 0, 0, 0, 0, 0, 0, 0, MYSQL_TIMESTAMP_DATE}, CellType::Text, "0000-00-00"},
    {"MonthOnly", {2024, 5, 0, 0, 0, 0, 0, 0, MYSQL_TIMESTAMP_DATE}, CellType::Text, "2024-05-00"},
    {"Time", {0, 0, 0, 23, 59, 59, 0, 0, MYSQL_TIMESTAMP_TIME}, CellType::Time, "23:59:59"},
    {"TimeMicros",
     {0, 0, 0, 1, 2, 3, 40, 0, MYSQL_TIMESTAMP_TIME},
     CellType::Time,
     "01:02:03.000040"},
    {"NegativeTime",
     {0, 0, 0, 0, 0, 0, 1, 1, MYSQL_TIMESTAMP_TIME},
     CellType::Text,
     "-00:00:00.000001"},
    {"DaysOfTime", {0, 0, 34, 22, 59, 59, 0, 0, MYSQL_TIMESTAMP_TIME}, CellType::Text, "838:59:59"},
    {"Datetime",
     {2024, 1, 15, 10, 0, 0, 500'000, 0, MYSQL_TIMESTAMP_DATETIME},
     CellType::Timestamp,
     "2024-01-15T10:00:00.500000"},
    {"ZeroDatetime",
     {0, 0, 0, 0, 0, 0, 0, 0, MYSQL_TIMESTAMP_DATETIME},
     CellType::Text,
     "0000-00-00T00:00:00"},
};
INSTANTIATE_TEST_SUITE_P(Cases, MysqlTemporalTest, testing::ValuesIn(kMysqlTemporalCases),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::db
