#include "kdeps/base/clock.hpp"

namespace kdeps {

namespace {

class SystemSteadyClock final : public Clock {
 public:
    [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

const Clock& steady_clock() {
    static const SystemSteadyClock clock;
    return clock;
}

}  // namespace kdeps
