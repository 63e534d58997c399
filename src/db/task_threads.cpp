#include "task_threads.hpp"

#include <system_error>
#include <utility>

namespace kdeps::db {

TaskThreads::~TaskThreads() {
    join();
}

void TaskThreads::start(std::function<void()> task) {
    std::list<std::thread> ended;
    std::unique_lock lock(mutex_);
    ended.swap(ended_);
    waiting_.push_back(std::move(task));
    if (running_.size() < max_threads_) {
        const auto self = running_.emplace(running_.end());
        try {
            *self = std::thread([this, self] { work(self); });
        } catch (const std::system_error&) {
            // The system has no thread left: late is better than never.
            running_.erase(self);
            if (running_.empty()) run_waiting(lock);
        }
    }
    lock.unlock();
    for (std::thread& thread : ended) thread.join();
}

void TaskThreads::work(Thread self) {
    std::unique_lock lock(mutex_);
    run_waiting(lock);
    ended_.splice(ended_.end(), running_, self);
    idle_.notify_all();
}

void TaskThreads::run_waiting(std::unique_lock<std::mutex>& lock) {
    while (!waiting_.empty()) {
        auto task = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        task();
        task = nullptr;  // what it holds is destroyed outside the lock
        lock.lock();
    }
}

void TaskThreads::join() {
    static_cast<void>(join_until(Deadline::never()));
}

bool TaskThreads::join_until(Deadline deadline) {
    std::list<std::thread> ended;
    bool is_idle = true;
    {
        std::unique_lock lock(mutex_);
        const auto has_ended = [this] { return running_.empty(); };
        if (deadline.is_never()) {
            idle_.wait(lock, has_ended);
        } else {
            is_idle = idle_.wait_until(lock, deadline.time(), has_ended);
        }
        ended.swap(ended_);
    }
    for (std::thread& thread : ended) thread.join();
    return is_idle;
}

}  // namespace kdeps::db
