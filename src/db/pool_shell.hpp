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
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/error.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/db/connection.hpp"
#include "kdeps/db/pool.hpp"
#include "kdeps/io/abandonable_calls.hpp"
#include "kdeps/io/task_threads.hpp"

#include "pool_core.hpp"

namespace kdeps::db {

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
    /// How many opens, closes and pings may block at once; the core has at most four opens and two
    /// pings under way, so closes always find a thread.
    static constexpr std::size_t kMaxThreads = 12;

    PoolShell(sql::PoolSettings settings, std::shared_ptr<const Driver> driver, EventSink& events,
              const Clock& clock);

    struct Granted {
        SessionId session;
        Connection* connection;
    };
    /// Errors: as Pool::acquire().
    [[nodiscard]] Granted acquire(const AcquireRequest& request, SteadyTime started,
                                  Deadline deadline);
    /// `close_reason` empty: the session is clean and may serve the next one.
    void give_back(SessionId session, const std::string& close_reason);

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
    [[nodiscard]] SteadyTime now() const { return clock_.now(); }
    [[nodiscard]] std::chrono::milliseconds connection_timeout() const;
    /// Whether a session that saw statements of this effect is reset before its next use.
    [[nodiscard]] bool needs_reset(sql::SessionEffect effect) const;

 private:
    /// Session data that the core does not need; same index as the core's slots.
    struct Session {
        std::unique_ptr<Connection> connection;
        std::string holder;
        SteadyTime leased_at{};
        std::string close_reason;
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
        const std::string& holder;
        const Ticket ticket;
        std::condition_variable answered{};
        std::optional<Actions::Grant> grant{};
        Connection* connection = nullptr;  ///< Of the grant.
        std::optional<RefuseReason> refusal{};
        std::shared_ptr<const Snapshot> snapshot{};  ///< Shared by those refused together.
        bool is_stopped = false;
    };
    using Lock = std::unique_lock<std::mutex>;

    // Those that take a lock want it held, and leave it released.
    template <typename Input>
    void report(Lock& lock, const Input& input);
    void carry_out(Lock& lock, SteadyTime now);
    void answer_waiters(SteadyTime now);
    void give(Waiter& waiter, const Actions::Grant& grant, SteadyTime now);
    void wait_for_answer(Waiter& waiter, const std::stop_token& stop,
                         std::chrono::milliseconds patience);
    void wake_housekeeper();

    void keep_house(const std::stop_token& stop);
    [[nodiscard]] std::unique_ptr<Connection> connect();
    void open(SessionId id);
    void close(SessionId id, std::shared_ptr<Connection> connection, const std::string& reason);
    void look_at(const std::vector<SessionId>& ids);
    void ping(SessionId id);

    [[nodiscard]] Session& session(SessionId id);
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
