#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/db/connection.hpp"
#include "kdeps/sql/pool_settings.hpp"

namespace kdeps::db {

struct AcquireRequest {
    Deadline deadline = Deadline::never();
    std::stop_token stop = {};
    Access access = Access::Write;
    /// Who asks, e.g. `resource 'report'`, for error messages. Borrowed for the call.
    std::string_view holder = {};
};

struct PoolStats {
    std::size_t total = 0;   ///< Sessions that exist at the server, opening ones included.
    std::size_t active = 0;  ///< Leased.
    std::size_t idle = 0;
    std::size_t cleaning = 0;  ///< Given back, and rolled back, verified or reset just now.
    std::size_t opening = 0;
    std::size_t waiting = 0;  ///< Callers in acquire().
    std::size_t max = 0;
    std::uint64_t opened_ever = 0;
    std::uint64_t closed_ever = 0;
    std::uint64_t acquired_ever = 0;
    std::uint64_t timeouts_ever = 0;
    std::string last_connect_error;  ///< Empty once a connect has succeeded.
};

class PoolShell;

/// A borrowed connection; the end of its scope gives it back, without waiting: what is left of it
/// to roll back or reset is the pool's business. Keeps the pool's state alive.
///
/// The session is watched while a call runs: at the deadline or once stop is requested the
/// statement is cancelled at the server. What has not ended 150 ms later loses its session, so that
/// the caller gets away.
///
/// Threads: one caller at a time.
class Lease {
 public:
    Lease() noexcept;
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) noexcept;
    ~Lease();

    static constexpr std::chrono::seconds kCommitLimit{10};

    /// As Connection::run(), but bounded by `deadline` and `stop`. Once COMMIT is all that is left
    /// it is not cancelled any more: its answer is waited for, as long as `commit_limit`.
    ///
    /// Errors: besides those of Connection: ResourceTimeout once the deadline passed, Cancelled
    ///         once stop was requested; both after the server was told, with the outcome.
    std::vector<std::vector<Result>> run(std::span<const Command> commands, UnitOfWork unit,
                                         Deadline deadline, const std::stop_token& stop,
                                         std::chrono::milliseconds commit_limit = kCommitLimit);
    /// run() for one statement.
    [[nodiscard]] Result execute(const Statement& statement, const std::vector<Value>& parameters,
                                 Deadline deadline, const std::stop_token& stop);

    void discard(const std::string& reason) noexcept;  ///< Closes instead of giving back.
    [[nodiscard]] Connection& connection() noexcept;
    [[nodiscard]] explicit operator bool() const noexcept;

 private:
    friend class Pool;
    struct State;
    explicit Lease(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// Sessions with one endpoint, kept between uses. Safe to share between threads: a thin blocking
/// shell round PoolCore, which holds every rule and no clock, thread or socket. Connecting and
/// executing happen outside the pool's lock.
class Pool : public StatusSource {
 public:
    Pool(sql::PoolSettings settings, std::shared_ptr<const Driver> driver, EventSink& events,
         const Clock& clock = steady_clock());
    ~Pool() override;  ///< Closes every idle session; leased ones close when they come back.
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// First come, first served.
    ///
    /// Errors: PoolTimeout at `deadline` or after `connection_timeout`, whichever is sooner, with
    ///         numbers and the last connect error; ConnectionFailed when nothing is open and the
    ///         connect failed; PoolQueueFull; Cancelled once `stop` is requested.
    [[nodiscard]] Lease acquire(const AcquireRequest& request);

    /// Runs statements that need no others beside them: the shortest way, which leaves to the pool
    /// on which session, and on how many, that happens. A single statement that was certainly not
    /// sent, because the session turned out to be lost, is sent on another one.
    ///
    /// Errors: those of acquire() and of Lease::run().
    std::vector<std::vector<Result>> run(std::span<const Command> commands, UnitOfWork unit,
                                         const AcquireRequest& request);
    /// run() for one statement.
    [[nodiscard]] Result execute(const Statement& statement, const std::vector<Value>& parameters,
                                 const AcquireRequest& request);

    /// Opens `min_connections` now and waits until they are open or one could not be opened, at
    /// most `timeout`. Returns the connect error, or nullopt when the endpoint answered (one
    /// session is opened and kept even when min_connections is 0, so that the start banner can say
    /// up or down). A requested stop ends the wait like its timeout.
    [[nodiscard]] std::optional<std::string> start(std::chrono::milliseconds timeout,
                                                   const std::stop_token& stop = {});

    [[nodiscard]] PoolStats stats() const;             ///< One consistent snapshot.
    [[nodiscard]] sql::PoolSettings settings() const;  ///< A copy: configure() may come any time.
    [[nodiscard]] const Driver& driver() const;
    /// Applies new settings to the running pool.
    void configure(const sql::PoolSettings& settings);

    [[nodiscard]] std::string status_name() const override;
    [[nodiscard]] Value status() const override;

 private:
    std::shared_ptr<PoolShell> shell_;
};

}  // namespace kdeps::db
