#pragma once

#include <functional>
#include <mutex>

#include "kdeps/engine/runner.hpp"

namespace kdeps::test {

/// Runs a function instead of a workflow; by default it answers `{"path": <path>}`.
///
/// Threads: safe to share, on_run() before the first run.
class FakeRunner final : public engine::Runner {
 public:
    using Run = std::function<engine::RunResult(const engine::Request&, Deadline, std::stop_token)>;

    void on_run(Run run) { run_ = std::move(run); }

    engine::RunResult run(engine::Request request, Deadline deadline,
                          std::stop_token stop) override {
        {
            const std::lock_guard lock(mutex_);
            ++count_;
            last_ = request;
        }
        if (run_) return run_(request, deadline, stop);
        engine::RunResult result;
        result.response.data = Object{{"path", request.path}};
        return result;
    }

    [[nodiscard]] std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return count_;
    }
    [[nodiscard]] engine::Request last() const {
        const std::lock_guard lock(mutex_);
        return last_;
    }

 private:
    Run run_;
    mutable std::mutex mutex_;
    std::size_t count_ = 0;
    engine::Request last_;
};

}  // namespace kdeps::test
