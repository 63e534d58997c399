#include "helper_threads.hpp"

#include <system_error>

namespace kdeps::engine {

HelperThreads::~HelperThreads() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        queue_.clear();
    }
    wake_.notify_all();
    threads_.clear();  // joins
}

void HelperThreads::submit(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(task));
    if (idle_ >= queue_.size()) {
        wake_.notify_one();
    } else if (threads_.size() < max_) {
        try {
            threads_.emplace_back([this] { loop(); });
        } catch (const std::system_error&) {
            // The system has no thread left: another helper comes later, or the run's own thread.
        }
    }
    if (threads_.empty()) queue_.clear();  // nobody would ever take it out
}

void HelperThreads::loop() {
    std::unique_lock lock(mutex_);
    while (true) {
        if (stopping_) return;
        if (queue_.empty()) {
            ++idle_;
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            --idle_;
            continue;
        }
        const std::function<void()> task = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        task();
        lock.lock();
    }
}

}  // namespace kdeps::engine
