#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace kdeps::engine {

/// Threads that help runs with branches. Started when needed, parked when idle, at most `max`;
/// when all are busy a task waits or is taken over by the run's own thread.
///
/// Threads: submit() from any thread.
class HelperThreads {
 public:
    explicit HelperThreads(std::size_t max) : max_(max) {}
    ~HelperThreads();  ///< Waits for running tasks; queued ones are dropped.
    HelperThreads(const HelperThreads&) = delete;
    HelperThreads& operator=(const HelperThreads&) = delete;

    /// `task` must not throw, and must be harmless if it runs late or never.
    void submit(std::function<void()> task);

 private:
    void loop();

    const std::size_t max_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    std::vector<std::jthread> threads_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
};

}  // namespace kdeps::engine
