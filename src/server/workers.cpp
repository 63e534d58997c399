#include "workers.hpp"

#include "kdeps/base/error.hpp"
#include "kdeps/io/task_threads.hpp"

namespace kdeps::server {

Workers::Workers(WorkerSettings settings, Serve serve)
    : settings_(settings), serve_(std::move(serve)) {}

Workers::~Workers() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const auto& worker : workers_) {
            worker->is_awake = true;
            worker->wake.notify_one();
        }
    }
    for (const auto& worker : workers_) worker->thread.join();
}

void Workers::submit(Connection& connection, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    queue_.push_back({&connection, now});
    waiting_.store(queue_.size(), std::memory_order_relaxed);
    if (awake_ < settings_.hot) add_worker();
}

std::vector<Connection*> Workers::relieve(SteadyTime now) {
    const std::lock_guard lock(mutex_);
    std::vector<Connection*> refused;
    if (queue_.empty() || now - queue_.front().since <= settings_.late_after) return refused;

    std::size_t moving = 0;
    for (const auto& worker : workers_) {
        if (!worker->is_awake) continue;
        const SteadyTime since(SteadyTime::duration(worker->busy_since));
        if (since == SteadyTime{} || now - since <= settings_.late_after) ++moving;
    }
    bool is_full = awake_ == settings_.max;
    for (; moving < settings_.hot && !is_full; ++moving) is_full = !add_worker();
    if (!is_full) return refused;
    while (!queue_.empty() && now - queue_.front().since > settings_.queue_patience) {
        refused.push_back(queue_.front().connection);
        queue_.pop_front();
    }
    waiting_.store(queue_.size(), std::memory_order_relaxed);
    return refused;
}

std::size_t Workers::thread_count() const {
    const std::lock_guard lock(mutex_);
    return workers_.size();
}

bool Workers::add_worker() {
    if (!parked_.empty()) {
        Worker& worker = *parked_.back();
        parked_.pop_back();
        worker.is_awake = true;
        worker.wake.notify_one();
    } else if (workers_.size() < settings_.max) {
        auto& worker = *workers_.emplace_back(std::make_unique<Worker>());
        try {
            worker.thread = io::start_thread([this, &worker] { work(worker); });
        } catch (const Error&) {  // no thread left: those that exist are all that there will be
            workers_.pop_back();
            return false;
        }
    } else {
        return false;
    }
    ++awake_;
    return true;
}

void Workers::work(Worker& self) {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const SteadyTime now = std::chrono::steady_clock::now();
        if (queue_.empty() || is_surplus(now)) {
            --awake_;
            self.is_awake = false;
            parked_.push_back(&self);
            self.wake.wait(lock, [&] { return self.is_awake; });
            continue;
        }
        Connection& connection = *queue_.front().connection;
        queue_.pop_front();
        waiting_.store(queue_.size(), std::memory_order_relaxed);
        lock.unlock();
        self.busy_since = now.time_since_epoch().count();
        serve_(connection);
        self.busy_since = 0;
        lock.lock();
    }
}

bool Workers::is_surplus(SteadyTime now) const {
    return awake_ > settings_.hot && now - queue_.front().since <= settings_.late_after;
}

}  // namespace kdeps::server
