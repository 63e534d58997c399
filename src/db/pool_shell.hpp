#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/error.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/db/connection.hpp"
#include "kdeps/db/pool.hpp"
#include "kdeps/io/abandonable_calls.hpp"
#include "kdeps/io/task_threads.hpp"

#include "canceller.hpp"
#include "pool_core.hpp"

namespace kdeps::db {

/// A connection, known to the canceller for as long as it is open.
struct OpenConnection {
    explicit OpenConnection(std::unique_ptr<Connection> opened)
        : connection(std::move(opened)), target(Canceller::shared(), *connection) {}

    const std::unique_ptr<Connection> connection;
    Canceller::Target target;
};

/// The threads and sockets round a PoolCore: carries out its actions and reports back to it.
///
/// Connecting, closing and pinging run on threads of their own, outside the lock: a caller that
/// gives up leaves a half-made connection to the next one. The housekeeper thread sleeps until the
/// core wants to be called.
///
/// Threads: safe to share.
class PoolShell {
 public:
    /// A black-holed login ends after this long.
    static constexpr std::chrono::seconds kConnectTimeout{10};
    /// A ping that takes longer means that the session is dead.
    static constexpr std::chrono::seconds kPingTimeout{5};
    /// How long shut_down() waits for logins under way, which cannot be woken.
    static constexpr std::chrono::seconds kLoginGrace{1};
    /// A session that is not clean this long after it came back is closed.
    static constexpr std::chrono::seconds kCleanLimit{2};
    /// How often the sessions are looked at whose end the server has not confirmed.
    static constexpr std::chrono::milliseconds kDepartureLook{50};
    /// How many opens, closes, pings and cleanings may block at once; the core has at most four
    /// opens and two pings under way, and what waits for a thread longer than kCleanLimit is not
    /// cleaned any more, so closes always find one.
    static constexpr std::size_t kMaxThreads = 16;

    PoolShell(sql::PoolSettings settings, std::shared_ptr<const Driver> driver, EventSink& events,
              const Clock& clock);

    struct Granted {
        SessionId session;
        OpenConnection* open;
    };
    /// When a session is looked at before it is lent, in case the server has closed it.
    enum class Look { AfterAWhile, Always };
    /// Errors: as Pool::acquire().
    [[nodiscard]] Granted acquire(const AcquireRequest& request, Look look);
    /// Does not wait: what `verdict` asks for is done by the pool's threads.
    void give_back(SessionId session, const Verdict& verdict);

    [[nodiscard]] std::optional<std::string> start(std::chrono::milliseconds timeout,
                                                   const std::stop_token& stop);
    void configure(const sql::PoolSettings& settings);
    /// Closes what is idle and waits for everything under way, but for logins kLoginGrace at most:
    /// what becomes of them later is closed unseen. Leases may still come back later.
    void shut_down();

    [[nodiscard]] PoolStats stats() const;
    [[nodiscard]] sql::PoolSettings settings() const;
    [[nodiscard]] const Driver& driver() const { return *driver_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const EventSink& events() const { return events_; }
    /// Whether a session that saw statements of this effect is reset before its next use.
    [[nodiscard]] bool needs_reset(sql::SessionEffect effect) const;

 private:
    /// Session data that the core does not need; same index as the core's slots.
    struct Session {
        std::unique_ptr<OpenConnection> open;
        std::string holder;
        SteadyTime leased_at{};
        std::string close_reason;
    };
    /// A session that was shut down, until the server has let go of it.
    struct Departing {
        SessionId session;
        std::shared_ptr<OpenConnection> open;
        SteadyTime since;
    };
    /// What a refusal tells about the pool at that moment.
    struct Snapshot {
        PoolCore::Counts counts;
        std::string longest_holder;
        std::chrono::milliseconds held{};
        std::optional<Error> connect_error;
    };
    /// A caller in acquire(); on its stack.
    struct Waiter {
        std::string_view holder;
        const Ticket ticket;
        std::condition_variable answered{};
        std::optional<Actions::Grant> grant{};
        OpenConnection* open = nullptr;  ///< Of the grant.
        std::optional<RefuseReason> refusal{};
        std::shared_ptr<const Snapshot> snapshot{};  ///< Shared by those refused together.
        bool is_stopped = false;
    };
    using Lock = std::unique_lock<std::mutex>;

    [[nodiscard]] Granted take_session(const AcquireRequest& request, Look look);
    /// Takes the right to write, which comes first: a writer that waits for its turn must not hold
    /// a session that readers could use.
    [[nodiscard]] std::shared_ptr<void> admit_writer(const AcquireRequest& request,
                                                     Deadline deadline) const;

    // Those that take a lock want it held, and leave it released.
    template <typename Input>
    void report(Lock& lock, const Input& input);
    void carry_out(Lock& lock, SteadyTime now);
    void answer_waiters(SteadyTime now);
    void give(Waiter& waiter, const Actions::Grant& grant, SteadyTime now);
    void queue_up(Lock& lock, Waiter& waiter, SteadyTime now, const AcquireRequest& request,
                  std::chrono::milliseconds patience);
    void wait_for_answer(Waiter& waiter, const std::stop_token& stop,
                         std::chrono::milliseconds patience);
    void withdraw(Lock& lock, const Waiter& waiter) noexcept;
    void wake_housekeeper();

    void keep_house(const std::stop_token& stop);
    void see_off(Lock& lock);
    [[nodiscard]] std::unique_ptr<Connection> connect();
    void open(SessionId id);
    void close(SessionId id, std::shared_ptr<OpenConnection> connection, const std::string& reason);
    void look_at(const std::vector<SessionId>& ids);
    void ping(SessionId id);
    void clean(SessionId id, Verdict::Need need, Deadline limit);
    /// Empty once the session is as `need` wants it, else why it must be closed.
    [[nodiscard]] std::string clean_up(OpenConnection& open, Verdict::Need need, Deadline limit);

    [[nodiscard]] Session& session(SessionId id);
    /// Takes the lock.
    [[nodiscard]] OpenConnection& connection_of(SessionId id);
    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot(SteadyTime now) const;
    [[nodiscard]] Error refused(const Waiter& waiter, std::chrono::milliseconds patience) const;

    const std::string name_;
    const std::shared_ptr<const Driver> driver_;
    EventSink& events_;
    const Clock& clock_;

    // Read by every acquire and release, so kept beside the lock.
    std::atomic<std::chrono::milliseconds> connection_timeout_;
    std::atomic<sql::ResetPolicy> reset_policy_;

    mutable std::mutex mutex_;
    sql::PoolSettings settings_;
    PoolCore core_;
    Actions actions_;  ///< Of the call of the core just made; kept for its memory.
    std::vector<Session> sessions_;
    std::vector<Departing> departing_;
    std::map<Ticket, Waiter*> waiters_;
    Ticket last_ticket_ = 0;
    std::optional<Error> connect_error_;  ///< Of the last attempt, if it failed.
    std::condition_variable_any connect_ended_;
    SteadyTime sleeping_until_ = SteadyTime::min();  ///< The housekeeper.
    std::condition_variable_any wake_;

    io::AbandonableCalls logins_;
    // Last, so that they end before the data they use.
    io::TaskThreads tasks_{{.max = kMaxThreads, .kept = 1, .reserved = 1}};
    std::jthread housekeeper_;
};

}  // namespace kdeps::db
