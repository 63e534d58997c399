#include "kdeps/base/measure.hpp"

#include <gtest/gtest.h>

#include "support/measures.hpp"

namespace kdeps {

TEST(StopwatchTest, TellsWhoListens) {
    test::Measures measures;
    const Stopwatch watch(measures);
    watch.stop(Measurement::Kind::Statement, "shop", true);
    EXPECT_EQ(measures.count(Measurement::Kind::Statement, "shop", true), 1U);
}

TEST(StopwatchTest, IsSilentWhenNobodyListens) {
    const Stopwatch watch(null_sink());
    watch.stop(Measurement::Kind::Statement, "shop");
    EXPECT_EQ(null_sink().measures(), nullptr);
}

}  // namespace kdeps
