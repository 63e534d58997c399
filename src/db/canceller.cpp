#include "canceller.hpp"

#include <algorithm>

namespace kdeps::db {

namespace {

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

Canceller::Canceller(std::chrono::milliseconds abort_after)
    : abort_after_(abort_after),
      repeat_after_(std::min<std::chrono::milliseconds>(kRepeatAfter, abort_after / 4)),
      watcher_([this](const std::stop_token& stop) { run(stop); }) {}

Canceller::~Canceller() {
    watcher_.request_stop();
    watcher_.join();
}

Canceller& Canceller::shared() {
    static Canceller canceller;
    return canceller;
}

void Canceller::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        if (!queue_.empty() && queue_.begin()->first <= now()) {
            fire(*queue_.begin()->second, Cause::Deadline, lock);
            continue;
        }
        sleeping_until_ = queue_.empty() ? SteadyTime::max() : queue_.begin()->first;
        const SteadyTime until = sleeping_until_;
        const auto earlier = [&] { return sleeping_until_ < until; };
        if (until == SteadyTime::max()) {
            wake_.wait(lock, stop, earlier);
        } else {
            wake_.wait_until(lock, stop, until, earlier);
        }
    }
}

/// Only a deadline before all others wakes the watcher.
void Canceller::enqueue(Watch& watch, SteadyTime due) {
    watch.due_ = due;
    queue_.emplace(due, &watch);
    if (due >= sleeping_until_) return;
    sleeping_until_ = due;
    wake_.notify_all();
}

void Canceller::dequeue(Watch& watch) {
    if (watch.due_ == SteadyTime::max()) return;
    queue_.erase({watch.due_, &watch});
    watch.due_ = SteadyTime::max();
}

/// Has the call of `watch` ended by another thread, and comes back to it in case that fails.
void Canceller::fire(Watch& watch, Cause cause, std::unique_lock<std::mutex>& lock) {
    dequeue(watch);
    if (watch.cause_ == Cause::None) {
        if (watch.finished_) return;
        watch.cause_ = cause;
        watch.abort_at_ = watch.how_ == How::Abort ? now() : now() + abort_after_;
    }
    const bool abort = now() >= watch.abort_at_;
    if (!abort) {
        enqueue(watch, std::min(watch.abort_at_, now() + repeat_after_));
        // A slow cancel is not repeated, but abort() will come.
        if (watch.in_flight_ > 0 || watch.finished_) return;
    }
    watch.aborted_ = abort;
    ++watch.in_flight_;  // keeps finish() waiting, and so the watch alive
    lock.unlock();
    if (!abort) {
        cancels_.start([this, &watch] { cancel(watch); });
        lock.lock();
        return;
    }
    watch.connection_.abort();  // does not block, and must not queue behind cancels that do
    lock.lock();
    --watch.in_flight_;
    settled_.notify_all();
}

void Canceller::cancel(Watch& watch) {
    std::unique_lock lock(mutex_);
    // It may have waited for its thread until there was nothing left to cancel.
    if (!watch.finished_ && !watch.aborted_) {
        lock.unlock();
        watch.connection_.cancel();
        lock.lock();
    }
    --watch.in_flight_;
    settled_.notify_all();
}

Canceller::Watch::Watch(Canceller& canceller, Connection& connection, Deadline deadline,
                        const std::stop_token& stop, How how)
    : canceller_(canceller),
      connection_(connection),
      how_(how),
      armed_(!deadline.is_never() || stop.stop_possible()) {
    if (!deadline.is_never()) {
        const std::lock_guard lock(canceller_.mutex_);
        canceller_.enqueue(*this, deadline.time());
    }
    if (stop.stop_possible()) on_stop_.emplace(stop, StopRequested{this});
}

Canceller::Watch::~Watch() {
    finish();
}

Canceller::Cause Canceller::Watch::finish() {
    if (!armed_) return Cause::None;
    // First, and without the lock: this waits for a stop callback that is just running.
    on_stop_.reset();
    std::unique_lock lock(canceller_.mutex_);
    finished_ = true;
    // It stays in the queue meanwhile: at its time abort() ends a cancel that is stuck.
    canceller_.settled_.wait(lock, [this] { return in_flight_ == 0; });
    canceller_.dequeue(*this);
    return cause_;
}

void Canceller::Watch::StopRequested::operator()() const {
    Canceller& canceller = watch->canceller_;
    std::unique_lock lock(canceller.mutex_);
    if (watch->cause_ == Cause::None) canceller.fire(*watch, Cause::Stop, lock);
}

}  // namespace kdeps::db
