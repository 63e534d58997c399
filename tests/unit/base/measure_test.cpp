#include "kdeps/base/measure.hpp"

#include <gtest/gtest.h>

#include "support/measures.hpp"

namespace kdeps {
namespace {

using Kind = Measurement::Kind;
using Texts = std::vector<std::string>;

TEST(StopwatchTest, TellsWhoListens) {
    test::Measures measures;
    const Stopwatch watch(measures);
    watch.stop({.kind = Kind::Statement, .name = "shop", .error = "QUERY_FAILED"});
    EXPECT_EQ(measures.of(Kind::Statement), (Texts{"shop QUERY_FAILED"}));
    EXPECT_GT(measures.duration(Kind::Statement).count(), 0);
}

TEST(StopwatchTest, MayHaveBegunEarlier) {
    test::Measures measures;
    const auto began = std::chrono::steady_clock::now() - std::chrono::seconds(5);
    Stopwatch(measures, began).stop({.kind = Kind::Queue});
    EXPECT_GE(measures.duration(Kind::Queue), std::chrono::seconds(5));
}

TEST(StopwatchTest, IsSilentWhenNobodyListens) {
    const Stopwatch watch(null_sink());
    watch.stop({.kind = Kind::Statement});
    EXPECT_EQ(null_sink().measures(), nullptr);
}

TEST(MeasuredTest, TellsHowTheWorkFailedAndGivesItsResult) {
    test::Measures measures;
    EXPECT_EQ(measured(measures, Kind::PoolWait, "shop", [] { return 5; }), 5);
    measured(measures, Kind::PoolWait, "shop", [] {});
    const auto fail = [] { throw Error(ErrorCode::QueryFailed, "no", {.sqlstate = "23505"}); };
    EXPECT_THROW(measured(measures, Kind::PoolWait, "shop", fail), Error);
    EXPECT_EQ(measures.of(Kind::PoolWait), (Texts{"shop", "shop", "shop QUERY_FAILED 23505"}));
}

}  // namespace
}  // namespace kdeps
