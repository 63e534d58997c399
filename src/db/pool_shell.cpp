#include "pool_shell.hpp"

#include <exception>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "canceller.hpp"

namespace kdeps::db {

namespace {

std::string numbers(const PoolCore::Counts& counts) {
    return fmt::format("total={} active={} idle={} waiting={}", counts.total, counts.active,
                       counts.idle, counts.waiting);
}

std::string held_text(std::chrono::milliseconds held) {
    using namespace std::chrono_literals;
    return held < 1s ? fmt::format("{} ms", held.count()) : fmt::format("{} s", held / 1s);
}

PoolCore::Limits limits_of(const Driver& driver) {
    return {.max_sessions = driver.max_sessions(), .may_retire = driver.may_retire()};
}

}  // namespace

PoolShell::PoolShell(sql::PoolSettings settings, std::shared_ptr<const Driver> driver,
                     EventSink& events, const Clock& clock)
    : name_(settings.name),
      driver_(std::move(driver)),
      events_(events),
      clock_(clock),
      connection_timeout_(settings.connection_timeout),
      reset_policy_(settings.reset_on_release),
      settings_(std::move(settings)),
      core_(settings_, limits_of(*driver_), std::random_device{}()),
      housekeeper_([this](const std::stop_token& stop) { keep_house(stop); }) {}

// Callers.

PoolShell::Granted PoolShell::acquire(const AcquireRequest& request, SteadyTime started,
                                      Deadline deadline) {
    const auto patience =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline.time() - started);
    Lock lock(mutex_);
    Waiter waiter{.holder = request.holder, .ticket = ++last_ticket_};
    actions_.clear();
    core_.acquire(waiter.ticket, deadline.time(), started, actions_);
    if (!actions_.grants.empty()) {  // the fast path: a session was idle
        give(waiter, actions_.grants.front(), started);
        lock.unlock();
    } else {
        waiters_.emplace(waiter.ticket, &waiter);
        carry_out(lock, started);
        wait_for_answer(waiter, request.stop, patience);
    }
    while (waiter.grant->look_first && waiter.connection->state() == SessionState::Broken) {
        // The server has closed it meanwhile: the caller keeps its place and gets another one.
        const SessionId dead = waiter.grant->session;
        waiter.grant.reset();
        lock.lock();
        waiters_.emplace(waiter.ticket, &waiter);
        report(lock, [&](SteadyTime now) {
            core_.retry(waiter.ticket, deadline.time(), dead, now, actions_);
        });
        wait_for_answer(waiter, request.stop, patience);
    }
    return {waiter.grant->session, waiter.connection};
}

void PoolShell::wait_for_answer(Waiter& waiter, const std::stop_token& stop,
                                std::chrono::milliseconds patience) {
    const std::stop_callback on_stop(stop, [this, &waiter] {
        const std::lock_guard guard(mutex_);
        waiter.is_stopped = true;
        waiter.answered.notify_one();
    });
    // Declared after the callback: the lock is released before the callback's end is waited for.
    Lock lock(mutex_);
    // No time limit here: the housekeeper refuses waiters at their deadline.
    waiter.answered.wait(lock, [&] { return waiter.grant || waiter.refusal || waiter.is_stopped; });
    if (waiter.refusal) throw refused(waiter, patience);
    if (waiter.grant) return;
    waiters_.erase(waiter.ticket);
    static_cast<void>(core_.cancel_wait(waiter.ticket));
    throw Error(ErrorCode::Cancelled,
                fmt::format("pool '{}': stopped while waiting for a connection", name_),
                {.connection = name_, .outcome = Outcome::NotDone});
}

void PoolShell::give_back(SessionId id, const std::string& close_reason) {
    const SteadyTime now = clock_.now();
    Lock lock(mutex_);
    Session& returned = session(id);
    returned.holder.clear();
    returned.close_reason = close_reason;
    actions_.clear();
    core_.released(id, close_reason.empty(), now, actions_);
    carry_out(lock, now);
}

std::optional<std::string> PoolShell::start(std::chrono::milliseconds timeout,
                                            const std::stop_token& stop) {
    Lock lock(mutex_);
    report(lock, [&](SteadyTime now) { core_.want_one(now, actions_); });
    lock.lock();
    const auto has_opened = [this] { return core_.counts().opened_ever > 0; };
    connect_ended_.wait_for(lock, stop, timeout, [&] { return connect_error_ || has_opened(); });
    if (has_opened()) return std::nullopt;  // even if a further one has failed
    if (connect_error_) return connect_error_->what();
    return fmt::format("no answer from {} within {} ms", driver_->describe(), timeout.count());
}

void PoolShell::configure(const sql::PoolSettings& settings) {
    connection_timeout_ = settings.connection_timeout;
    reset_policy_ = settings.reset_on_release;
    Lock lock(mutex_);
    settings_ = settings;
    sleeping_until_ = SteadyTime::min();  // what the housekeeper slept for may have changed
    wake_.notify_all();
    report(lock, [&](SteadyTime now) { core_.configure(settings, now, actions_); });
}

void PoolShell::shut_down() {
    Lock lock(mutex_);
    report(lock, [&](SteadyTime now) { core_.shut_down(now, actions_); });
    housekeeper_.request_stop();  // ends pings as well
    housekeeper_.join();
    static_cast<void>(tasks_.join_until(Deadline::after(kLoginGrace)));
    logins_.abandon();
    tasks_.join();
}

PoolStats PoolShell::stats() const {
    const Lock lock(mutex_);
    const auto counts = core_.counts();
    return {.total = counts.total,
            .active = counts.active,
            .idle = counts.idle,
            .opening = counts.opening,
            .waiting = counts.waiting,
            .max = counts.max,
            .opened_ever = counts.opened_ever,
            .closed_ever = counts.closed_ever,
            .acquired_ever = counts.acquired_ever,
            .timeouts_ever = counts.timeouts_ever,
            .last_connect_error = connect_error_ ? connect_error_->what() : std::string()};
}

sql::PoolSettings PoolShell::settings() const {
    const Lock lock(mutex_);
    return settings_;
}

std::chrono::milliseconds PoolShell::connection_timeout() const {
    return connection_timeout_;
}

bool PoolShell::needs_reset(sql::SessionEffect effect) const {
    const sql::ResetPolicy policy = reset_policy_;
    if (policy == sql::ResetPolicy::Discard) return true;
    return policy == sql::ResetPolicy::Auto && effect == sql::SessionEffect::Session;
}

// Carrying out what the core decides.

template <typename Input>
void PoolShell::report(Lock& lock, const Input& input) {
    const SteadyTime now = clock_.now();
    actions_.clear();
    input(now);
    carry_out(lock, now);
}

void PoolShell::carry_out(Lock& lock, SteadyTime now) {
    wake_housekeeper();
    if (actions_.empty()) {
        lock.unlock();
        return;
    }
    answer_waiters(now);
    std::vector<std::function<void()>> tasks;
    for (const SessionId id : actions_.opens) {
        tasks.emplace_back([this, id] { open(id); });
    }
    for (const auto& [id, reason] : actions_.closes) {
        Session& closing = session(id);
        // Shared only because std::function wants copies.
        std::shared_ptr<Connection> connection = std::move(closing.connection);
        std::string text(reason == CloseReason::Returned ? closing.close_reason
                                                         : reason_text(reason));
        tasks.emplace_back(
            [this, id = id, connection = std::move(connection), text = std::move(text)]() mutable {
                close(id, std::move(connection), text);
            });
    }
    std::vector<SessionId> looks;
    for (const auto& [id, with_ping] : actions_.checks) {
        if (with_ping) {
            tasks.emplace_back([this, id = id] { ping(id); });
        } else {
            looks.push_back(id);
        }
    }
    lock.unlock();
    for (auto& task : tasks) tasks_.start(std::move(task));
    look_at(looks);
}

void PoolShell::answer_waiters(SteadyTime now) {
    for (const auto& grant : actions_.grants) {
        const auto waiter = waiters_.extract(grant.ticket).mapped();
        give(*waiter, grant, now);
        waiter->answered.notify_one();
    }
    if (actions_.refusals.empty()) return;
    const auto facts = snapshot(now);
    for (const auto& refusal : actions_.refusals) {
        const auto waiter = waiters_.extract(refusal.ticket).mapped();
        waiter->refusal = refusal.reason;
        waiter->snapshot = facts;
        waiter->answered.notify_one();
    }
}

void PoolShell::give(Waiter& waiter, const Actions::Grant& grant, SteadyTime now) {
    Session& leased = session(grant.session);
    leased.holder = waiter.holder;
    leased.leased_at = now;
    waiter.grant = grant;
    waiter.connection = leased.connection.get();
}

void PoolShell::wake_housekeeper() {
    if (core_.wake_at() >= sleeping_until_) return;
    sleeping_until_ = core_.wake_at();
    wake_.notify_all();
}

void PoolShell::keep_house(const std::stop_token& stop) {
    Lock lock(mutex_);
    while (!stop.stop_requested()) {
        const SteadyTime now = clock_.now();
        if (core_.wake_at() <= now) {
            sleeping_until_ = SteadyTime::min();  // awake: nobody needs to wake it
            report(lock, [&](SteadyTime time) { core_.tick(time, actions_); });
            lock.lock();
            continue;
        }
        const SteadyTime until = sleeping_until_ = core_.wake_at();
        const auto sooner = [&] { return sleeping_until_ < until; };
        if (until == SteadyTime::max()) {
            wake_.wait(lock, stop, sooner);
        } else {
            wake_.wait_for(lock, stop, until - now, sooner);
        }
    }
}

/// The login itself runs on another thread, which is left behind by shut_down().
std::unique_ptr<Connection> PoolShell::connect() {
    struct Login {
        std::unique_ptr<Connection> connection;
        std::exception_ptr failure;
    };
    const auto login = std::make_shared<Login>();
    const auto log_in = [login, driver = driver_] {
        try {
            login->connection = driver->connect(Deadline::after(kConnectTimeout));
        } catch (...) {
            login->failure = std::current_exception();
        }
    };
    const bool has_ended = logins_.run(log_in, Deadline::never());
    if (has_ended && login->failure) std::rethrow_exception(login->failure);
    if (has_ended && login->connection) return std::move(login->connection);
    throw Error(ErrorCode::ConnectionFailed, "the pool was closed during the login");
}

void PoolShell::open(SessionId id) {
    std::unique_ptr<Connection> connection;
    std::optional<Error> error;
    try {
        connection = connect();
    } catch (const Error& failure) {
        error = failure;
    } catch (const std::exception& failure) {
        error = Error(ErrorCode::ConnectionFailed, failure.what());
    }
    std::optional<ConnectionEvent> event;
    if (!error) event = {ConnectionEvent::What::Opened, name_, driver_->describe()};

    Lock lock(mutex_);
    // A server that is down fails every attempt alike: that is told once.
    const bool is_news =
        error && (!connect_error_ || std::string_view(connect_error_->what()) != error->what());
    if (is_news) event = {ConnectionEvent::What::Failed, name_, error->what()};
    connect_error_ = error;
    connect_ended_.notify_all();
    if (connection) session(id).connection = std::move(connection);
    report(lock, [&](SteadyTime now) {
        if (error) {
            core_.open_failed(id, now, actions_);
        } else {
            core_.opened(id, now, actions_);
        }
    });
    if (event) events_.emit(*event);
}

void PoolShell::close(SessionId id, std::shared_ptr<Connection> connection,
                      const std::string& reason) {
    connection.reset();
    events_.emit(ConnectionEvent{ConnectionEvent::What::Closed, name_, reason});
    Lock lock(mutex_);
    report(lock, [&](SteadyTime now) { core_.closed(id, now, actions_); });
}

/// Does not block, so the housekeeper does it itself.
void PoolShell::look_at(const std::vector<SessionId>& ids) {
    for (const SessionId id : ids) {
        Lock lock(mutex_);
        Connection& connection = *session(id).connection;
        lock.unlock();
        const bool alive = connection.state() != SessionState::Broken;
        lock.lock();
        report(lock, [&](SteadyTime now) { core_.checked(id, alive, false, now, actions_); });
    }
}

void PoolShell::ping(SessionId id) {
    Lock lock(mutex_);
    Connection& connection = *session(id).connection;
    const std::string query = settings_.health_check_query;
    lock.unlock();
    bool alive = false;
    try {
        Canceller::Watch watch(Canceller::shared(), connection, Deadline::after(kPingTimeout),
                               housekeeper_.get_stop_token(), Canceller::How::Abort);
        if (query.empty()) {
            alive = connection.ping();
        } else {
            static_cast<void>(
                connection.execute({.text = std::make_shared<const std::string>(query),
                                    .statement_class = {sql::SessionEffect::Neutral, false}},
                                   {}));
            alive = connection.state() == SessionState::Idle;
        }
    } catch (const std::exception&) {
        alive = false;  // the reason does not matter: the session is replaced
    }
    lock.lock();
    report(lock, [&](SteadyTime now) { core_.checked(id, alive, true, now, actions_); });
}

PoolShell::Session& PoolShell::session(SessionId id) {
    if (id.slot >= sessions_.size()) sessions_.resize(id.slot + 1);
    return sessions_[id.slot];
}

// Errors that explain.

std::shared_ptr<const PoolShell::Snapshot> PoolShell::snapshot(SteadyTime now) const {
    auto facts = std::make_shared<Snapshot>();
    facts->counts = core_.counts();
    facts->counts.waiting += actions_.refusals.size();
    facts->connect_error = connect_error_;
    const Session* longest = nullptr;
    for (const Session& held : sessions_) {
        if (held.holder.empty()) continue;
        if (longest == nullptr || held.leased_at < longest->leased_at) longest = &held;
    }
    if (longest != nullptr) {
        facts->longest_holder = longest->holder;
        facts->held =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - longest->leased_at);
    }
    return facts;
}

Error PoolShell::refused(const Waiter& waiter, std::chrono::milliseconds patience) const {
    const Snapshot& facts = *waiter.snapshot;
    ErrorDetail detail{.connection = name_, .outcome = Outcome::NotDone};
    switch (*waiter.refusal) {
        case RefuseReason::ConnectFailed: {
            Error error = *facts.connect_error;
            error.detail().connection = name_;
            error.detail().outcome = Outcome::NotDone;
            return error;
        }
        case RefuseReason::QueueFull:
            detail.hint = "raise maxConnections or maxWaiters, or send fewer requests at once";
            return Error(ErrorCode::PoolQueueFull,
                         fmt::format("pool '{}': too many callers wait for a connection ({})",
                                     name_, numbers(facts.counts)),
                         std::move(detail));
        case RefuseReason::PoolClosed:
            return Error(ErrorCode::Cancelled, fmt::format("pool '{}' is closed", name_),
                         std::move(detail));
        case RefuseReason::Timeout:
            break;
    }
    std::string text = fmt::format("pool '{}': no connection within {} ms ({})", name_,
                                   patience.count(), numbers(facts.counts));
    if (!facts.longest_holder.empty()) {
        text +=
            fmt::format("; longest holder: {} for {}", facts.longest_holder, held_text(facts.held));
    }
    if (facts.connect_error) {
        text += fmt::format("; last connect error: {}", facts.connect_error->what());
    }
    return Error(ErrorCode::PoolTimeout, text, std::move(detail));
}

}  // namespace kdeps::db
