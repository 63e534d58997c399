#include "kdeps/base/measure.hpp"

#include <gtest/gtest.h>

#include "support/measures.hpp"

namespace kdeps {
namespace {

using Measure = Measurement::Kind;
using Texts = std::vector<std::string>;

TEST(StopwatchTest, TellsWhoListens) {
    test::Measures measures;
    const Stopwatch watch(measures);
    watch.stop({.kind = Measure::Statement, .name = "shop", .error = "QUERY_FAILED"});
    EXPECT_EQ(measures.of(Measure::Statement), (Texts{"shop QUERY_FAILED"}));
    EXPECT_GT(measures.duration(Measure::Statement).count(), 0);
}

TEST(StopwatchTest, MayHaveBegunEarlier) {
    test::Measures measures;
    const auto began = std::chrono::steady_clock::now() - std::chrono::seconds(5);
    Stopwatch(measures, began).stop({.kind = Measure::Queue});
    EXPECT_GE(measures.duration(Measure::Queue), std::chrono::seconds(5));
}

TEST(StopwatchTest, IsSilentWhenNobodyListens) {
    const Stopwatch watch(null_sink());
    watch.stop({.kind = Measure::Statement});
    EXPECT_EQ(null_sink().measures(), nullptr);
}

TEST(MeasuredTest, TellsHowTheWorkFailedAndGivesItsResult) {
    test::Measures measures;
    EXPECT_EQ(measured(measures, Measure::PoolWait, "shop", [] { return 5; }), 5);
    measured(measures, Measure::PoolWait, "shop", [] {});
    const auto fail = [] { throw Error(ErrorCode::QueryFailed, "no", {.sqlstate = "23505"}); };
    EXPECT_THROW(measured(measures, Measure::PoolWait, "shop", fail), Error);
    EXPECT_EQ(measures.of(Measure::PoolWait), (Texts{"shop", "shop", "shop QUERY_FAILED 23505"}));
}

}  // namespace
}  // namespace kdeps
