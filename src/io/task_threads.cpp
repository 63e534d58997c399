#include "kdeps/io/task_threads.hpp"

namespace kdeps::io {

Error no_thread() {
    return {ErrorCode::ServiceUnavailable,
            "the system allows this program no further thread",
            {.hint = "raise the limit of processes: `ulimit -u` of the user, TasksMax of the "
                     "service, or pids.max of the container"}};
}

TaskThreads::TaskThreads(Settings settings) : settings_(settings) {
    const std::lock_guard lock(mutex_);
    while (threads_.size() < settings_.reserved) add_thread();
}

TaskThreads::~TaskThreads() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        wake_.notify_all();
    }
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [this] { return threads_.empty(); });
}

void TaskThreads::start(std::function<void()> task) {
    std::list<std::jthread> ended;  // joined without the lock
    const std::lock_guard lock(mutex_);
    ended.swap(ended_);
    waiting_.push_back(std::move(task));
    if (idle_ >= waiting_.size()) {
        wake_.notify_one();
        return;
    }
    if (threads_.size() >= settings_.max) return;
    try {
        add_thread();
    } catch (...) {  // no thread, or no memory for one
        if (!threads_.empty()) return;
        waiting_.pop_back();
        throw;
    }
}

void TaskThreads::add_thread() {
    const auto self = threads_.emplace(threads_.end());
    try {
        *self = start_thread([this, self] { work(self); });
    } catch (...) {
        threads_.erase(self);
        throw;
    }
}

void TaskThreads::work(Thread self) {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (!waiting_.empty()) {
            auto task = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            task();
            task = nullptr;  // what it holds is destroyed outside the lock
            lock.lock();
            continue;
        }
        if (is_stopping_ || idle_ >= settings_.kept) break;
        ++idle_;
        if (has_settled()) settled_.notify_all();
        wake_.wait(lock, [this] { return is_stopping_ || !waiting_.empty(); });
        --idle_;
    }
    ended_.splice(ended_.end(), threads_, self);
    settled_.notify_all();
}

void TaskThreads::join() {
    static_cast<void>(join_until(Deadline::never()));
}

bool TaskThreads::join_until(Deadline deadline) {
    std::list<std::jthread> ended;  // joined without the lock
    std::unique_lock lock(mutex_);
    const auto has_ended = [this] { return has_settled(); };
    bool is_idle = true;
    if (deadline.is_never()) {
        settled_.wait(lock, has_ended);
    } else {
        is_idle = settled_.wait_until(lock, deadline.time(), has_ended);
    }
    ended.swap(ended_);
    return is_idle;
}

}  // namespace kdeps::io
