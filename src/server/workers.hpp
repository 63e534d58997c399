#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "kdeps/base/clock.hpp"

namespace kdeps::server {

struct Connection;

struct WorkerSettings {
    std::size_t hot;  ///< Kept awake under load; at most `max`.
    std::size_t max;
    std::chrono::nanoseconds late_after;      ///< See relieve().
    std::chrono::nanoseconds queue_patience;  ///< See relieve().
};

/// Threads that serve requests: few while requests are short, more when they block.
///
/// Up to `hot` threads work whenever there is work; idle ones park and the last parked is the
/// first woken. Further ones are started or woken only by relieve().
///
/// Threads: submit() and relieve() from any thread.
class Workers {
 public:
    using Serve = std::function<void(Connection&)>;

    Workers(WorkerSettings settings, Serve serve);
    ~Workers();  ///< Waits for the requests being served; queued ones are forgotten.
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    void submit(Connection& connection, SteadyTime now);
    [[nodiscard]] bool has_waiting() const { return waiting_.load(std::memory_order_relaxed) > 0; }
    /// Called every few milliseconds while requests wait. If the oldest has waited longer than
    /// `late_after`, adds workers until `hot` of them are not blocked, where blocked means: in one
    /// request for longer than `late_after`. So blocking requests get more threads and a mere
    /// shortage of processor time does not. Returns the requests that nobody will serve, since
    /// all the workers that there can be are busy and they have waited longer than
    /// `queue_patience`.
    [[nodiscard]] std::vector<Connection*> relieve(SteadyTime now);
    [[nodiscard]] std::size_t thread_count() const;

 private:
    struct Waiting {
        Connection* connection;
        SteadyTime since;
    };
    struct Worker {
        std::condition_variable wake;
        bool is_awake = true;
        std::atomic<SteadyTime::rep> busy_since{0};  ///< 0: between two requests.
        std::jthread thread;
    };

    bool add_worker();  ///< Under the lock. False at `max`, or when the system has no thread left.
    void work(Worker& self);
    [[nodiscard]] bool is_surplus(SteadyTime now) const;

    const WorkerSettings settings_;
    const Serve serve_;
    mutable std::mutex mutex_;
    std::deque<Waiting> queue_;
    std::atomic<std::size_t> waiting_{0};
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<Worker*> parked_;
    std::size_t awake_ = 0;
    bool stopping_ = false;
};

}  // namespace kdeps::server
