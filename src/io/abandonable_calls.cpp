#include "kdeps/io/abandonable_calls.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <utility>

#include <unistd.h>

namespace kdeps::io {

namespace {

/// Calls left behind that have not ended yet.
std::atomic<int> left_behind = 0;

/// exit() destroys what the client libraries keep, which a call left behind may be using: then the
/// process ends without that.
void end_beside_calls(int status, void*) {
    if (left_behind == 0) return;
    std::cout.flush();
    std::fflush(nullptr);
    _exit(status);
}

void leave_behind() {
    // Not at start: what is registered last is called first.
    static const int registered = on_exit(end_beside_calls, nullptr);
    static_cast<void>(registered);
    ++left_behind;
}

}  // namespace

struct AbandonableCalls::State {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_abandoned = false;
};

struct AbandonableCalls::Call {
    enum class Progress { Waiting, Running, Over };

    Call(std::shared_ptr<State> shared, std::function<void()> what)
        : state(std::move(shared)), action(std::move(what)) {}
    ~Call() {
        if (is_left_behind) --left_behind;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    const std::shared_ptr<State> state;
    std::function<void()> action;
    // Guarded by the state's mutex.
    Progress progress = Progress::Waiting;
    bool is_left_behind = false;

    void make() {
        {
            const std::lock_guard lock(state->mutex);
            // Nobody waits for it any more, and those behind it need the thread.
            if (state->is_abandoned) return;
            progress = Progress::Running;
        }
        action();
        action = nullptr;  // what it owns is gone when the caller goes on
        const std::lock_guard lock(state->mutex);
        progress = Progress::Over;
        state->changed.notify_all();
    }
};

AbandonableCalls::AbandonableCalls() : state_(std::make_shared<State>()) {}

bool AbandonableCalls::run(std::function<void()> call, Deadline limit) {
    const auto begun = std::make_shared<Call>(state_, std::move(call));
    start_thread([begun] {
        // The first of its thread and so the last to go: the call's own leavings count as well.
        thread_local std::shared_ptr<Call> kept;
        kept = begun;
        kept->make();
    }).detach();
    return wait_for(*begun, limit);
}

bool AbandonableCalls::run(TaskThreads& threads, std::function<void()> call, Deadline limit) {
    const auto begun = std::make_shared<Call>(state_, std::move(call));
    threads.start([begun] { begun->make(); });
    return wait_for(*begun, limit);
}

bool AbandonableCalls::wait_for(Call& call, Deadline limit) {
    std::unique_lock lock(state_->mutex);
    const auto is_settled = [&] {
        return call.progress == Call::Progress::Over || state_->is_abandoned;
    };
    if (limit.is_never()) {
        state_->changed.wait(lock, is_settled);
    } else {
        state_->changed.wait_until(lock, limit.time(), is_settled);
    }
    if (call.progress == Call::Progress::Over) return true;
    if (state_->is_abandoned && call.progress == Call::Progress::Waiting) return true;
    call.is_left_behind = true;
    leave_behind();
    return false;
}

void AbandonableCalls::abandon() noexcept {
    const std::lock_guard lock(state_->mutex);
    state_->is_abandoned = true;
    state_->changed.notify_all();
}

}  // namespace kdeps::io
