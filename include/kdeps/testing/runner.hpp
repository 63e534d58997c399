#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "kdeps/app/project.hpp"
#include "kdeps/app/runtime.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/testing/expectation.hpp"
#include "kdeps/testing/suite.hpp"

namespace kdeps::testing {

/// A step whose answer is not what was expected.
struct FailedStep {
    std::string request;  ///< `GET /orders`
    int status = 0;
    std::string body;
    Mismatches mismatches;
};

struct TestResult {
    const Test* test = nullptr;
    std::chrono::microseconds duration{};
    /// Why the test could not be run to its end: a fixture, a saved value, no answer.
    std::optional<Error> error;
    std::optional<FailedStep> failure;
    std::vector<std::string> log;  ///< Failures of resources meanwhile.

    [[nodiscard]] bool has_passed() const { return !error && !failure; }
};

/// Keeps what failed, for the report of the test that it failed in.
///
/// Threads: safe to share.
class FailureLog final : public EventSink {
 public:
    void emit(const Event& event) noexcept override;
    [[nodiscard]] bool wants(LogLevel level) const noexcept override {
        return level >= LogLevel::Warning;
    }
    [[nodiscard]] std::vector<std::string> take();

 private:
    std::mutex mutex_;
    std::vector<std::string> lines_;
};

/// Runs tests one after the other, each on databases of its own.
///
/// Threads: one caller at a time.
class Runner {
 public:
    /// `project` was loaded by `runtime` from `path`, without errors, and was not opened; it runs
    /// the tests that mock nothing. All must outlive this.
    ///
    /// `log` hears what `runtime` tells.
    Runner(const std::string& path, std::shared_ptr<app::Project> project, const Suite& suite,
           app::Runtime& runtime, FailureLog& log);
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    /// Errors: Cancelled once `stop` is requested; std::exception for what is no test's fault.
    [[nodiscard]] TestResult run(const Test& test, const std::stop_token& stop);

 private:
    class Own;
    std::unique_ptr<Own> own_;
};

}  // namespace kdeps::testing
