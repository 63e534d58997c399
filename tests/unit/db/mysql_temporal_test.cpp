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

struct UtcCase {
    const char* name;
    const char* text;
    const char* utc;  ///< Null for a text that is no time with a zone.
};
class MysqlUtcTextTest : public testing::TestWithParam<UtcCase> {};

TEST_P(MysqlUtcTextTest, KnowsATimeWithAZone) {
    const auto utc = mysql_utc_text(GetParam().text);
    EXPECT_EQ(utc ? utc->c_str() : "text", std::string(GetParam().utc ? GetParam().utc : "text"));
}

constexpr UtcCase kUtcCases[] = {
    {"Zulu", "2024-01-15T10:00:00Z", "2024-01-15 10:00:00"},
    {"Milliseconds", "2024-01-15T10:00:00.250Z", "2024-01-15 10:00:00.250"},
    {"Nanoseconds", "2024-01-15T10:00:00.123456789Z", "2024-01-15 10:00:00.123456"},
    {"NoSeconds", "2024-01-15T10:00Z", "2024-01-15 10:00:00"},
    {"Space", "2024-01-15 10:00:00+00", "2024-01-15 10:00:00"},
    {"East", "2024-03-01T01:30:00+02:00", "2024-02-29 23:30:00"},
    {"West", "2023-12-31T23:45:00-03:30", "2024-01-01 03:15:00"},
    {"OffsetWithoutColon", "2024-01-15T10:00:00-0530", "2024-01-15 15:30:00"},
    {"FirstYear", "0001-01-01T00:00:00Z", "0001-01-01 00:00:00"},
    {"BeforeYearOne", "0001-01-01T00:00:00+01:00", nullptr},
    {"AfterYear9999", "9999-12-31T23:59:59-01:00", nullptr},
    {"NoZone", "2024-01-15T10:00:00", nullptr},
    {"NoTime", "2024-01-15Z", nullptr},
    {"NoSuchDay", "2023-02-29T10:00:00Z", nullptr},
    {"NoSuchHour", "2024-01-15T24:00:00Z", nullptr},
    {"EmptyFraction", "2024-01-15T10:00:00.Z", nullptr},
    {"MoreAfterIt", "2024-01-15T10:00:00Z!", nullptr},
    {"Words", "at noon", nullptr},
    {"Nothing", "", nullptr},
};
INSTANTIATE_TEST_SUITE_P(Cases, MysqlUtcTextTest, testing::ValuesIn(kUtcCases),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::db
