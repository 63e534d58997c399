#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include "kdeps/base/clock.hpp"
#include "kdeps/db/connection.hpp"
#include "kdeps/io/task_threads.hpp"

namespace kdeps::db {

/// Ends calls on connections that outlive their deadline or are not wanted any more.
///
/// One thread sleeps until the earliest deadline and aborts; the cancels, which block, run on
/// threads of their own. Watching a call that ends in time costs no system call.
///
/// Threads: safe to share.
class Canceller {
 public:
    /// How a watched call is ended: Connection::cancel(), repeated because a cancel that overtakes
    /// its statement is lost, and abort() if that did not help; or abort() at once.
    enum class How { Cancel, Abort };
    enum class Cause { None, Deadline, Stop };
    class Watch;

    static constexpr std::chrono::seconds kAbortAfter{2};
    static constexpr std::chrono::milliseconds kRepeatAfter{500};

    /// `abort_after`: how long cancel() may stay without effect.
    explicit Canceller(std::chrono::milliseconds abort_after = kAbortAfter);
    ~Canceller();
    Canceller(const Canceller&) = delete;
    Canceller& operator=(const Canceller&) = delete;

    /// The one of this process.
    [[nodiscard]] static Canceller& shared();

 private:
    using Queue = std::set<std::pair<SteadyTime, Watch*>>;

    void run(const std::stop_token& stop);
    void enqueue(Watch& watch, SteadyTime due);
    void dequeue(Watch& watch);
    void fire(Watch& watch, Cause cause, std::unique_lock<std::mutex>& lock);
    void cancel(Watch& watch);

    const std::chrono::milliseconds abort_after_;
    const std::chrono::milliseconds repeat_after_;  ///< Between two cancels of one call.
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::condition_variable settled_;  ///< A cancel or abort in flight has returned.
    Queue queue_;
    SteadyTime sleeping_until_ = SteadyTime::min();
    io::TaskThreads cancels_{{.max = 64, .kept = 1, .reserved = 1}};
    std::jthread watcher_;
};

/// Watches the call made in its scope.
class Canceller::Watch {
 public:
    Watch(Canceller& canceller, Connection& connection, Deadline deadline,
          const std::stop_token& stop, How how = How::Cancel);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// To be called when the call has ended. Returns once no cancel is in flight, so none can
    /// reach the session's next statement; a cancel that is still stuck when an abort is due costs
    /// the session. Tells why the call was cancelled, if it was.
    Cause finish();

 private:
    friend class Canceller;
    struct StopRequested {
        Watch* watch;
        void operator()() const;
    };

    Canceller& canceller_;
    Connection& connection_;
    const How how_;
    const bool armed_;
    // Guarded by the canceller's mutex.
    SteadyTime due_ = SteadyTime::max();  ///< Its place in the queue; max when not in it.
    SteadyTime abort_at_ = SteadyTime::max();
    Cause cause_ = Cause::None;
    int in_flight_ = 0;      ///< Calls of cancel() and abort() that have not returned.
    bool finished_ = false;  ///< The call has ended.
    bool aborted_ = false;

    std::optional<std::stop_callback<StopRequested>> on_stop_;
};

}  // namespace kdeps::db
