#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/error.hpp"

namespace kdeps::io {

/// What to tell when the system refuses another thread.
[[nodiscard]] Error no_thread();

/// Runs `work` on a new thread; every thread of this program comes from here.
///
/// Errors: no_thread(), an Error(ServiceUnavailable); nothing was called then.
template <typename Work>
[[nodiscard]] std::jthread start_thread(Work&& work) {
    try {
        return std::jthread(std::forward<Work>(work));
    } catch (const std::system_error&) {
        throw no_thread();
    }
}

/// Runs tasks, in the order they come, on threads that are started when they are needed. Starting
/// one costs 20 to 50 us.
///
/// When the system has no thread left a task waits for those that there are; if there are none it
/// is refused. It is never run by whoever starts it. So a machine with a `reserved` thread refuses
/// nothing but its own construction.
///
/// Threads: start() from any thread. The destructor waits for all tasks.
class TaskThreads {
 public:
    struct Settings {
        std::size_t max;           ///< Tasks that may run at once, at least 1.
        std::size_t kept = 0;      ///< Idle threads that stay for the next task.
        std::size_t reserved = 0;  ///< Started at once; at most `kept`.
    };

    /// Errors: as for start_thread().
    explicit TaskThreads(Settings settings);
    ~TaskThreads();
    TaskThreads(const TaskThreads&) = delete;
    TaskThreads& operator=(const TaskThreads&) = delete;

    /// `task` must not throw. It waits its turn when `max` are running.
    ///
    /// Errors: as for start_thread(), when no thread is there that could run it ever; bad_alloc.
    ///         The task is dropped then.
    void start(std::function<void()> task);

    /// Waits until every task has ended, also those that tasks start.
    void join();
    /// The same until the deadline; false if tasks are left then.
    [[nodiscard]] bool join_until(Deadline deadline);

 private:
    using Thread = std::list<std::jthread>::iterator;
    void add_thread();
    void work(Thread self);
    [[nodiscard]] bool has_settled() const { return waiting_.empty() && threads_.size() == idle_; }

    const Settings settings_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable settled_;
    std::deque<std::function<void()>> waiting_;
    std::size_t idle_ = 0;
    bool is_stopping_ = false;
    std::list<std::jthread> threads_;
    std::list<std::jthread> ended_;  ///< To be joined; they touch nothing any more.
};

}  // namespace kdeps::io
