#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/db/connection.hpp"
#include "kdeps/io/task_threads.hpp"

namespace kdeps::db {

/// Ends calls on connections that outlive their deadline or are not wanted any more.
///
/// One thread sleeps until the earliest deadline and aborts; the cancels, which block, run on
/// threads of their own. Watching a call that ends in time costs neither a lock nor a system call:
/// it writes its deadline where that thread looks, and takes it away again.
///
/// Threads: safe to share.
class Canceller {
 public:
    /// How a watched call is ended: Connection::cancel(), repeated because a cancel that overtakes
    /// its statement is lost, and abort() if that did not help; or abort() at once.
    enum class How { Cancel, Abort };
    enum class Cause { None, Deadline, Stop };
    class Target;
    class Watch;

    /// What a caller waits beyond its deadline for the word of a server that is well.
    static constexpr std::chrono::milliseconds kAbortAfter{150};
    static constexpr std::chrono::milliseconds kRepeatAfter{500};
    static constexpr std::size_t kMaxCancels = 64;

    /// `abort_after`: how long cancel() may stay without effect; `max_cancels`: how many of them
    /// are made at once.
    explicit Canceller(std::chrono::milliseconds abort_after = kAbortAfter,
                       std::size_t max_cancels = kMaxCancels);
    ~Canceller();
    Canceller(const Canceller&) = delete;
    Canceller& operator=(const Canceller&) = delete;

    /// The one of this process.
    [[nodiscard]] static Canceller& shared();

 private:
    /// A time of the steady clock, or one of these values that are none.
    using Tick = SteadyTime::rep;
    static constexpr Tick kNoCall = INT64_MIN;
    static constexpr Tick kEnding = INT64_MIN + 1;
    static constexpr Tick kNow = INT64_MIN;  ///< For wake_at().
    struct Call;
    struct Request;

    void run(const std::stop_token& stop);
    [[nodiscard]] SteadyTime look_around(std::vector<Request>& requests);
    void begin_end(Call& call, Cause cause);
    void go_on(const std::shared_ptr<Call>& call, std::vector<Request>& requests);
    void start(const std::vector<Request>& requests);
    void cancel(const Request& request);
    void wake_at(Tick time);

    const std::chrono::milliseconds abort_after_;
    const std::chrono::milliseconds repeat_after_;  ///< Between two cancels of one call.
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::condition_variable settled_;  ///< A cancel in flight has returned.
    std::vector<std::shared_ptr<Call>> calls_;
    std::atomic<Tick> sleeping_until_ = kNoCall;  ///< Written with the lock.
    io::TaskThreads cancels_;
    std::jthread watcher_;
};

/// A connection whose calls can be watched, one after the other.
class Canceller::Target {
 public:
    Target(Canceller& canceller, Connection& connection);
    ~Target();
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

 private:
    friend class Watch;
    Canceller& canceller_;
    const std::shared_ptr<Call> call_;  ///< Shared with cancels that wait for their thread.
};

/// Watches the call made in its scope.
class Canceller::Watch {
 public:
    Watch(Target& target, Deadline deadline, const std::stop_token& stop, How how = How::Cancel);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// To be called when the call has ended. Returns once no cancel is in flight, so none can reach
    /// the session's next statement; a cancel that is still stuck when an abort is due costs the
    /// session. Tells why the call was cancelled, if it was.
    Cause finish();

 private:
    struct StopRequested {
        Watch* watch;
        void operator()() const;
    };

    Canceller& canceller_;
    Call& call_;
    const Tick due_;
    bool is_armed_;
    Cause cause_ = Cause::None;
    std::optional<std::stop_callback<StopRequested>> on_stop_;
};

}  // namespace kdeps::db
