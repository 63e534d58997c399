#include "kdeps/db/pool.hpp"

#include <utility>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"

#include "lease.hpp"
#include "pool_shell.hpp"

namespace kdeps::db {

Pool::Pool(sql::PoolSettings settings, std::shared_ptr<const Driver> driver, EventSink& events,
           const Clock& clock)
    : shell_(std::make_shared<PoolShell>(std::move(settings), std::move(driver), events, clock)) {}

Pool::~Pool() {
    shell_->shut_down();
}

Lease Pool::acquire(const AcquireRequest& request) {
    auto shell = shell_;  // the pool may be destroyed while this caller waits
    const std::string& name = shell->name();
    if (request.stop.stop_requested()) {
        throw Error(ErrorCode::Cancelled,
                    fmt::format("pool '{}': stopped before a connection was asked for", name),
                    {.connection = name, .outcome = Outcome::NotDone});
    }
    const SteadyTime started = shell->now();
    const auto deadline =
        request.deadline.earlier(Deadline::after(shell->connection_timeout(), started));
    std::shared_ptr<void> writer_token;
    // The token comes first: a writer that waits for its turn must not hold a session that readers
    // could use.
    if (request.access == Access::Write) {
        try {
            writer_token = shell->driver().admit_writer(deadline, request.stop);
        } catch (Error& error) {
            error.detail().connection = name;
            if (error.code() != ErrorCode::ResourceTimeout) throw;
            throw Error(ErrorCode::PoolTimeout, fmt::format("pool '{}': {}", name, error.what()),
                        error.detail());
        }
    }
    const auto granted = shell->acquire(request, started, deadline);
    return Lease(
        std::make_unique<Lease::State>(std::move(shell), granted, std::move(writer_token)));
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
    Object status{{"database", shell_->driver().describe()},
                  {"total", number(stats.total)},
                  {"active", number(stats.active)},
                  {"idle", number(stats.idle)},
                  {"opening", number(stats.opening)},
                  {"waiting", number(stats.waiting)},
                  {"max", number(stats.max)}};
    if (!stats.last_connect_error.empty()) {
        status.set("lastConnectError", stats.last_connect_error);
    }
    return Value(std::move(status));
}

}  // namespace kdeps::db
