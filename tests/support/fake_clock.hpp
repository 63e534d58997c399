#pragma once

#include <atomic>
#include <chrono>

#include "kdeps/base/clock.hpp"

namespace kdeps::test {

/// Stands still until a test moves it.
class FakeClock final : public Clock {
 public:
    [[nodiscard]] SteadyTime now() const override { return SteadyTime(SteadyTime::duration(now_)); }
    void advance(std::chrono::nanoseconds span) {
        now_ += std::chrono::duration_cast<SteadyTime::duration>(span).count();
    }

 private:
    std::atomic<SteadyTime::rep> now_ =
        std::chrono::duration_cast<SteadyTime::duration>(std::chrono::hours(1)).count();
};

}  // namespace kdeps::test
