#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kdeps/base/measure.hpp"
#include "kdeps/db/pool.hpp"

#include "pool_shell.hpp"

namespace kdeps::db {

/// What a lease holds, and what it has learnt about its session. The end gives the session back.
struct Lease::State {
    /// Errors: as Pool::acquire().
    State(std::shared_ptr<PoolShell> owner, const AcquireRequest& request,
          PoolShell::Look look = PoolShell::Look::AfterAWhile);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// As Lease::run().
    std::vector<std::vector<Result>> run(std::span<const Command> commands, UnitOfWork unit,
                                         Deadline deadline, const std::stop_token& stop,
                                         std::chrono::milliseconds commit_limit);
    /// The same, not measured.
    std::vector<std::vector<Result>> run_watched(std::span<const Command> commands, UnitOfWork unit,
                                                 Deadline deadline, const std::stop_token& stop,
                                                 std::chrono::milliseconds commit_limit);

    /// Learns from an error whether the session can be used again.
    void judge(const Error& error);
    void must_close(std::string reason);
    /// The last word on the session.
    [[nodiscard]] Verdict::Need need() noexcept;

    const std::shared_ptr<PoolShell> shell;  ///< The pool may be gone before its leases.
    const PoolShell::Granted granted;
    Connection& connection;
    const Stopwatch held{shell->events()};
    sql::SessionEffect effect = sql::SessionEffect::Neutral;  ///< The strongest so far.
    bool was_cancelled = false;
    SteadyTime answered_at{};  ///< When the last call ended.
    Verdict verdict;
};

}  // namespace kdeps::db
