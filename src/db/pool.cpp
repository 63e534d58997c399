#include "kdeps/db/pool.hpp"

#include <algorithm>
#include <utility>

#include "lease.hpp"
#include "pool_shell.hpp"

namespace kdeps::db {

namespace {

/// Whether nothing of what failed with its session has reached the server. A read is no exception:
/// what it calls may write.
bool was_not_sent(std::span<const Command> commands, const UnitOfWork& unit,
                  const ErrorDetail& detail) {
    const bool is_single = commands.size() == 1 && commands[0].sets.size() == 1 && !unit.begin;
    return is_single && detail.outcome == Outcome::NotDone;
}

}  // namespace

Pool::Pool(sql::PoolSettings settings, std::shared_ptr<const Driver> driver, EventSink& events,
           const Clock& clock)
    : shell_(std::make_shared<PoolShell>(std::move(settings), std::move(driver), events, clock)) {}

Pool::~Pool() {
    shell_->shut_down();
}

Lease Pool::acquire(const AcquireRequest& request) {
    return Lease(std::make_unique<Lease::State>(shell_, request));
}

std::vector<std::vector<Result>> Pool::run(std::span<const Command> commands, UnitOfWork unit,
                                           const AcquireRequest& request) {
    const auto shell = shell_;  // the pool may be destroyed meanwhile
    const auto attempt = [&](PoolShell::Look look) {
        Lease::State lease(shell, request, look);
        return lease.run(commands, unit, request.deadline, request.stop, Lease::kCommitLimit);
    };
    try {
        return attempt(PoolShell::Look::AfterAWhile);
    } catch (const Error& error) {
        const bool is_lost = error.code() == ErrorCode::ConnectionLost;
        if (!is_lost || !was_not_sent(commands, unit, error.detail())) throw;
    }
    // Others may have been lost with it, as when the server was started anew.
    return attempt(PoolShell::Look::Always);
}

Result Pool::execute(const Statement& statement, const std::vector<Value>& parameters,
                     const AcquireRequest& request) {
    const Command command{statement, {&parameters, 1}};
    return std::move(run({&command, 1}, {}, request).front().front());
}

std::optional<std::string> Pool::start(std::chrono::milliseconds timeout,
                                       const std::stop_token& stop) {
    return shell_->start(timeout, stop);
}

PoolStats Pool::stats() const {
    return shell_->stats();
}

sql::PoolSettings Pool::settings() const {
    return shell_->settings();
}

const Driver& Pool::driver() const {
    return shell_->driver();
}

void Pool::configure(const sql::PoolSettings& settings) {
    shell_->configure(settings);
}

std::string Pool::status_name() const {
    return shell_->name();
}

Value Pool::status() const {
    const auto number = [](std::size_t value) { return Value::from_unsigned(value); };
    const PoolStats stats = shell_->stats();
    Object status{{"database", shell_->driver().describe()}, {"total", number(stats.total)},
                  {"active", number(stats.active)},          {"idle", number(stats.idle)},
                  {"opening", number(stats.opening)},        {"cleaning", number(stats.cleaning)},
                  {"waiting", number(stats.waiting)},        {"max", number(stats.max)}};
    if (!stats.last_connect_error.empty()) {
        status.set("lastConnectError", stats.last_connect_error);
    }
    return Value(std::move(status));
}

}  // namespace kdeps::db
