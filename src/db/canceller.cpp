#include "canceller.hpp"

#include <algorithm>
#include <exception>

namespace kdeps::db {

namespace {

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

/// What the watcher knows of the call that a connection makes.
struct Canceller::Call {
    explicit Call(Connection& target) : connection(target) {}

    enum class Asked { No, Waits, Runs };

    Connection& connection;
    /// kNoCall, the deadline of the call that runs, or kEnding once it is being ended. Whoever
    /// changes it from the deadline decides whether the call has ended by itself. That two calls
    /// may have the same deadline does no harm: then it has passed for both.
    std::atomic<Tick> due = kNoCall;
    How how = How::Cancel;  ///< Written before `due`.

    // Of a call that is being ended; guarded by the canceller's mutex.
    std::uint64_t number = 0;  ///< Which one: a cancel that comes to its turn late must not err.
    Cause cause = Cause::None;
    SteadyTime next_step{};
    SteadyTime abort_at{};
    Asked cancel = Asked::No;
    bool is_over = false;  ///< It has returned, and its watch waits for a cancel that runs.
};

/// A cancel that waits for its thread.
struct Canceller::Request {
    std::shared_ptr<Call> call;
    std::uint64_t number;
};

Canceller::Canceller(std::chrono::milliseconds abort_after, std::size_t max_cancels)
    : abort_after_(abort_after),
      repeat_after_(std::min(kRepeatAfter, abort_after / 4)),
      cancels_({.max = max_cancels, .kept = 1, .reserved = 1}),
      watcher_(io::start_thread([this](const std::stop_token& stop) { run(stop); })) {}

Canceller::~Canceller() {
    watcher_.request_stop();
    watcher_.join();
}

Canceller& Canceller::shared() {
    static Canceller canceller;
    return canceller;
}

void Canceller::run(const std::stop_token& stop) {
    std::vector<Request> requests;
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        // Before looking: a call that begins too late to be seen finds this, and lowers it.
        sleeping_until_ = SteadyTime::max().time_since_epoch().count();
        const SteadyTime until = look_around(requests);
        const Tick tick = until.time_since_epoch().count();
        sleeping_until_ = tick;
        if (!requests.empty()) {
            lock.unlock();
            start(requests);
            requests.clear();
            lock.lock();
        }
        const auto earlier = [&] { return sleeping_until_ < tick; };
        if (until == SteadyTime::max()) {
            wake_.wait(lock, stop, earlier);
        } else {
            wake_.wait_until(lock, stop, until, earlier);
        }
    }
}

/// Ends what must be ended; when to look again.
SteadyTime Canceller::look_around(std::vector<Request>& requests) {
    SteadyTime next = SteadyTime::max();
    for (const auto& call : calls_) {
        Tick due = call->due;
        if (due == kNoCall) continue;
        const SteadyTime deadline{SteadyTime::duration(due)};
        if (due != kEnding && deadline > now()) {
            next = std::min(next, deadline);
            continue;
        }
        if (due != kEnding) {
            if (!call->due.compare_exchange_strong(due, kEnding)) continue;  // just ended
            begin_end(*call, Cause::Deadline);
        }
        if (call->next_step <= now()) go_on(call, requests);
        next = std::min(next, call->next_step);
    }
    return next;
}

void Canceller::begin_end(Call& call, Cause cause) {
    ++call.number;
    call.cause = cause;
    call.next_step = now();
    call.abort_at = call.how == How::Abort ? call.next_step : call.next_step + abort_after_;
    call.cancel = Call::Asked::No;
    call.is_over = false;
}

void Canceller::go_on(const std::shared_ptr<Call>& call, std::vector<Request>& requests) {
    if (now() >= call->abort_at) {
        call->next_step = now() + repeat_after_;
        call->connection.abort();  // does not block, and must not queue behind cancels that do
        return;
    }
    call->next_step = std::min(call->abort_at, now() + repeat_after_);
    // A slow cancel is not repeated, but abort() will come.
    if (call->cancel != Call::Asked::No || call->is_over) return;
    call->cancel = Call::Asked::Waits;
    requests.push_back({call, call->number});
}

void Canceller::start(const std::vector<Request>& requests) {
    for (const Request& request : requests) {
        try {
            cancels_.start([this, request] { cancel(request); });
        } catch (const std::exception&) {
            // No memory for it: abort() will come.
        }
    }
}

void Canceller::cancel(const Request& request) {
    Call& call = *request.call;
    std::unique_lock lock(mutex_);
    // It may have waited for its thread until there was nothing left to cancel.
    if (call.number != request.number || call.is_over || now() >= call.abort_at) return;
    call.cancel = Call::Asked::Runs;
    lock.unlock();
    call.connection.cancel();
    lock.lock();
    call.cancel = Call::Asked::No;
    settled_.notify_all();
}

/// Only a time before all others wakes the watcher.
void Canceller::wake_at(Tick time) {
    if (time >= sleeping_until_) return;
    const std::lock_guard lock(mutex_);
    if (time >= sleeping_until_) return;
    sleeping_until_ = time;
    wake_.notify_all();
}

Canceller::Target::Target(Canceller& canceller, Connection& connection)
    : canceller_(canceller), call_(std::make_shared<Call>(connection)) {
    const std::lock_guard lock(canceller_.mutex_);
    canceller_.calls_.push_back(call_);
}

Canceller::Target::~Target() {
    const std::lock_guard lock(canceller_.mutex_);
    std::erase(canceller_.calls_, call_);
}

Canceller::Watch::Watch(Target& target, Deadline deadline, const std::stop_token& stop, How how)
    : canceller_(target.canceller_),
      call_(*target.call_),
      due_(deadline.time().time_since_epoch().count()),
      is_armed_(!deadline.is_never() || stop.stop_possible()) {
    if (!is_armed_) return;
    call_.how = how;
    call_.due = due_;
    canceller_.wake_at(due_);
    if (stop.stop_possible()) on_stop_.emplace(stop, StopRequested{this});
}

Canceller::Watch::~Watch() {
    finish();
}

Canceller::Cause Canceller::Watch::finish() {
    if (!is_armed_) return cause_;
    is_armed_ = false;
    // First, and without the lock: this waits for a stop callback that is just running.
    on_stop_.reset();
    Tick expected = due_;
    if (call_.due.compare_exchange_strong(expected, kNoCall)) return cause_;
    std::unique_lock lock(canceller_.mutex_);
    call_.is_over = true;
    // Being ended it remains meanwhile: at its time abort() frees a cancel that is stuck.
    canceller_.settled_.wait(lock, [this] { return call_.cancel != Call::Asked::Runs; });
    call_.due = kNoCall;
    cause_ = call_.cause;
    return cause_;
}

void Canceller::Watch::StopRequested::operator()() const {
    Canceller& canceller = watch->canceller_;
    Tick expected = watch->due_;
    {
        const std::lock_guard lock(canceller.mutex_);
        if (!watch->call_.due.compare_exchange_strong(expected, kEnding)) return;
        canceller.begin_end(watch->call_, Cause::Stop);
    }
    // Whoever stops a run has better things to do than to start threads for cancels.
    canceller.wake_at(kNow);
}

}  // namespace kdeps::db
