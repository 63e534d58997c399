#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "kdeps/base/clock.hpp"

namespace kdeps::db {

/// Runs tasks that block (connect, close, ping, cancel) on threads that exist only while there is
/// something to do. Starting a thread costs 20 to 50 us, a login over a hundred times that.
///
/// Threads: start() from any thread. The destructor waits for all tasks.
class TaskThreads {
 public:
    explicit TaskThreads(std::size_t max_threads) : max_threads_(max_threads) {}
    ~TaskThreads();
    TaskThreads(const TaskThreads&) = delete;
    TaskThreads& operator=(const TaskThreads&) = delete;

    /// `task` must not throw. It waits its turn when `max_threads` are busy.
    void start(std::function<void()> task);

    /// Waits until every task has ended, also those that tasks start.
    void join();
    /// The same until the deadline; false if tasks are left then.
    [[nodiscard]] bool join_until(Deadline deadline);

 private:
    using Thread = std::list<std::thread>::iterator;
    void work(Thread self);
    void run_waiting(std::unique_lock<std::mutex>& lock);

    const std::size_t max_threads_;
    std::mutex mutex_;
    std::deque<std::function<void()>> waiting_;
    std::list<std::thread> running_;
    std::list<std::thread> ended_;  ///< To be joined; they touch nothing any more.
    std::condition_variable idle_;
};

}  // namespace kdeps::db
