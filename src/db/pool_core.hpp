#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/error.hpp"
#include "kdeps/sql/pool_settings.hpp"

namespace kdeps::db {

/// Names one session for its whole life. A slot that is used again has another generation, so a
/// stale id never reaches another owner's session.
struct SessionId {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    bool operator==(const SessionId&) const = default;
};

/// Names one waiting caller. Tickets grow in the order of arrival.
using Ticket = std::uint64_t;

enum class CloseReason {
    Returned,     ///< Whoever gave it back said so.
    Dead,         ///< A look, a ping or a caller found it dead.
    IdleTooLong,  ///< Past `max_idle_time`, and more than `min_connections` are there.
    TooOld,       ///< Past `max_lifetime`.
    OverCap,      ///< `max_connections` was lowered.
    PoolClosed,
};
[[nodiscard]] std::string_view reason_text(CloseReason reason);

enum class RefuseReason { Timeout, QueueFull, ConnectFailed, PoolClosed };

/// How a session came back, as its user saw it.
struct Verdict {
    /// What its next use needs first; each includes those before it.
    enum class Need : std::uint8_t { Nothing, Verify, RollBack, Reset, Close };
    Need need = Need::Nothing;
    std::string reason{};               ///< Why it must be closed.
    std::optional<ErrorCode> error{};   ///< Of the last call that failed.
    std::string sqlstate{};             ///< The same.
    std::chrono::nanoseconds in_use{};  ///< How long its calls took together.
};

[[nodiscard]] std::string_view need_text(Verdict::Need need);

/// What the owner of a PoolCore must do next. The order within a list is the order to act in.
struct Actions {
    struct Grant {
        Ticket ticket;
        SessionId session;
        bool look_first;  ///< Not used just now: see whether the server has closed it.
    };
    struct Close {
        SessionId session;
        CloseReason reason;
    };
    struct Check {
        SessionId session;
        bool ping;  ///< One round trip; otherwise a look at the socket is enough.
    };
    struct Clean {
        SessionId session;
        Verdict::Need need;
    };
    struct Refusal {
        Ticket ticket;
        RefuseReason reason;
    };
    std::vector<Grant> grants;
    std::vector<SessionId> opens;
    std::vector<Close> closes;
    std::vector<Check> checks;
    std::vector<Clean> cleans;
    std::vector<Refusal> refusals;

    void clear();
    [[nodiscard]] bool empty() const;
};

/// Every rule of a pool, as a state machine without clock, thread or I/O.
///
/// The owner reports what happened and carries out the actions. Rules: callers are served first
/// come, first served, and a session that comes back goes straight to the first of them; no more
/// than `max_connections` sessions exist, opening and closing ones included; the last used idle
/// session is used first, so that a quiet pool shrinks; every ticket is answered exactly once.
///
/// Threads: one caller at a time.
class PoolCore {
 public:
    struct Limits {
        std::size_t max_sessions = SIZE_MAX;  ///< See Driver::max_sessions().
        bool may_retire = true;               ///< See Driver::may_retire().
    };
    struct Counts {
        std::size_t total = 0;  ///< idle + active + cleaning + opening + closing.
        std::size_t idle = 0;   ///< Those being checked included.
        std::size_t active = 0;
        std::size_t cleaning = 0;
        std::size_t opening = 0;
        std::size_t closing = 0;
        std::size_t waiting = 0;
        std::size_t max = 0;
        std::uint64_t opened_ever = 0;
        std::uint64_t closed_ever = 0;
        std::uint64_t acquired_ever = 0;
        std::uint64_t timeouts_ever = 0;
    };

    /// A few logins at once fill an empty pool fast (60 callers on a pool of 20 need five rounds)
    /// without a login storm at the server, which pays a process and a key derivation for each.
    static constexpr std::size_t kMaxOpening = 4;
    /// Pings take a session out of use for a round trip: never many at once.
    static constexpr std::size_t kMaxPings = 2;
    /// Used since then: handed over as is. A look costs a microsecond, which only a busy pool
    /// saves.
    static constexpr std::chrono::milliseconds kFresh{20};
    static constexpr std::chrono::seconds kLookInterval{5};  ///< Idle sockets are looked at.
    static constexpr std::chrono::seconds kCloseTimeout{
        30};  ///< Then a closing one stops counting.
    static constexpr std::chrono::milliseconds kFirstBackOff{10};
    static constexpr std::chrono::milliseconds kLongestBackOff{5'000};

    /// `seed` feeds the jitter of lifetimes and back-off, so that a run can be repeated.
    PoolCore(const sql::PoolSettings& settings, Limits limits, std::uint64_t seed);

    /// A caller wants a session. REQUIRES: a ticket greater than every one before.
    void acquire(Ticket ticket, SteadyTime deadline, SteadyTime now, Actions& out);
    /// The caller has given up. False: its answer was already given (a grant must be returned).
    [[nodiscard]] bool cancel_wait(Ticket ticket);
    /// A session just granted to `ticket` is dead: it is closed, the caller keeps its place.
    void retry(Ticket ticket, SteadyTime deadline, SessionId dead, SteadyTime now, Actions& out);
    /// A session came back. It still counts while it is cleaned, if that is what it needs.
    void released(SessionId session, const Verdict& verdict, SteadyTime now, Actions& out);
    /// An action of `cleans` is done.
    void cleaned(SessionId session, bool usable, SteadyTime now, Actions& out);
    /// An action of `opens` succeeded.
    void opened(SessionId session, SteadyTime now, Actions& out);
    /// An action of `opens` failed. Waiters are refused if nothing is left that could serve them.
    void open_failed(SessionId session, SteadyTime now, Actions& out);
    /// An action of `closes` is done: the server has let go of the session.
    void closed(SessionId session, SteadyTime now, Actions& out);
    /// An action of `checks` is done.
    void checked(SessionId session, bool alive, bool pinged, SteadyTime now, Actions& out);
    /// Does what has become due: deadlines, ages, checks, back-off. Call it at wake_at().
    void tick(SteadyTime now, Actions& out);
    /// Opens a session if there is none, whatever `min_connections` says.
    void want_one(SteadyTime now, Actions& out);
    void configure(const sql::PoolSettings& settings, SteadyTime now, Actions& out);
    /// Refuses all waiters, closes all that is idle and whatever comes back or opens later.
    void shut_down(SteadyTime now, Actions& out);

    /// When tick() is next needed at the latest; it may have nothing to do then.
    [[nodiscard]] SteadyTime wake_at() const { return wake_; }
    [[nodiscard]] Counts counts() const;

 private:
    enum class State : std::uint8_t { Free, Opening, Idle, Active, Cleaning, Checking, Closing };
    /// Where a session past its lifetime stands: it serves on until its replacement is open.
    enum class Age : std::uint8_t { Young, AwaitsReplacement, Replaced };
    struct Slot {
        std::uint32_t generation = 0;
        State state = State::Free;
        Age age = Age::Young;
        bool pinging = false;
        SteadyTime since{};        ///< Idle: last used; closing: begun.
        SteadyTime last_answer{};  ///< The server has answered.
        SteadyTime last_look{};
        SteadyTime expires{};
    };
    struct Waiter {
        Ticket ticket;
        SteadyTime deadline;
    };

    [[nodiscard]] Slot* find(SessionId session, State expected);
    [[nodiscard]] std::uint32_t index_of(const Slot& slot) const;
    [[nodiscard]] SessionId id_of(const Slot& slot) const;
    void set_state(Slot& slot, State state);
    [[nodiscard]] std::size_t count(State state) const;
    [[nodiscard]] std::size_t total() const;
    [[nodiscard]] std::size_t ready() const;  ///< Open, and not to be closed.
    [[nodiscard]] std::size_t cap() const;
    [[nodiscard]] std::size_t floor() const;  ///< min_connections within the cap.

    std::uint32_t take_idle(SteadyTime now);
    void grant(Ticket ticket, SteadyTime now, Actions& out);
    void enqueue(Ticket ticket, SteadyTime deadline);
    void serve(SteadyTime now, Actions& out);
    void settle(Slot& slot, bool usable, SteadyTime now, Actions& out);
    void make_idle(Slot& slot, SteadyTime now, Actions& out);
    void leave_idle(const Slot& slot);
    [[nodiscard]] bool must_close(const Slot& slot) const;
    [[nodiscard]] CloseReason forced_reason(const Slot& slot) const;
    void begin_close(Slot& slot, CloseReason reason, SteadyTime now, Actions& out);
    void owe_one(SteadyTime now);
    void settle_debt(SteadyTime now, Actions& out);
    void free_slot(Slot& slot);
    [[nodiscard]] std::size_t opens_wanted() const;
    void start_opens(SteadyTime now, Actions& out);
    void open_one(Actions& out);
    void refuse_all(RefuseReason reason, Actions& out);
    void refuse_expired(SteadyTime now, Actions& out);
    void close_surplus(SteadyTime now, Actions& out);
    void close_idle_too_long(SteadyTime now, Actions& out);
    void retire_old(SteadyTime now, Actions& out);
    [[nodiscard]] bool replaced_in_use() const;
    void start_checks(SteadyTime now, Actions& out);
    void forget_unconfirmed(SteadyTime now);
    void wake_no_later_than(SteadyTime time);
    [[nodiscard]] SteadyTime due(const Slot& slot) const;
    void plan_wake();
    [[nodiscard]] double random_between(double low, double high);

    sql::PoolSettings settings_;
    Limits limits_;
    std::mt19937_64 random_;
    bool down_ = false;

    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::vector<std::uint32_t> idle_;  ///< Last used at the back.
    std::array<std::size_t, 7> counts_{};
    std::size_t pings_ = 0;
    std::deque<Waiter> waiters_;  ///< By ticket.

    unsigned failures_ = 0;  ///< Failed opens in a row.
    SteadyTime retry_at_{};
    std::size_t owed_ = 0;  ///< Lost sessions to be replaced one for one, until `owed_until_`.
    SteadyTime owed_until_{};
    std::deque<SteadyTime> inherited_;  ///< When old sessions closed just now were last used.
    std::size_t awaiting_ = 0;          ///< Slots whose age is AwaitsReplacement.

    SteadyTime wake_ = SteadyTime::min();
    std::uint64_t opened_ever_ = 0;
    std::uint64_t closed_ever_ = 0;
    std::uint64_t acquired_ever_ = 0;
    std::uint64_t timeouts_ever_ = 0;
};

}  // namespace kdeps::db
