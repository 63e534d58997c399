#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kdeps/db/pool.hpp"

#include "pool_shell.hpp"

namespace kdeps::db {

/// What a lease holds, and what it has learnt about its session. The end gives the session back.
struct Lease::State {
    State(std::shared_ptr<PoolShell> owner, PoolShell::Granted granted,
          std::shared_ptr<void> writer);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// As Lease::run().
    std::vector<std::vector<Result>> run(std::span<const Command> commands, UnitOfWork unit,
                                         Deadline deadline, const std::stop_token& stop);
    /// Waits for the answer of `call` at most `limit`, then shuts the session down.
    template <typename Call>
    void finishing(std::chrono::milliseconds limit, const char* what, const Call& call);

    /// Decides from an error whether the session can be used again.
    void judge(const Error& error);
    /// Empty if the session may serve the next one, else why it must be closed.
    [[nodiscard]] std::string clean_up() noexcept;
    void roll_back_if_needed();

    std::shared_ptr<PoolShell> shell;
    SessionId session;
    Connection* connection;
    std::shared_ptr<void> writer_token;
    sql::SessionEffect effect = sql::SessionEffect::Neutral;  ///< The strongest so far.
    bool was_cancelled = false;
    std::string close_reason;  ///< Empty: the session may be used again.
};

}  // namespace kdeps::db
