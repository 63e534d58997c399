#include "pool_shell.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/measure.hpp"

#include "canceller.hpp"

namespace kdeps::db {

namespace {

using std::chrono::milliseconds;

std::string numbers(const PoolCore::Counts& counts) {
    return fmt::format("total={} active={} idle={} waiting={}", counts.total, counts.active,
                       counts.idle, counts.waiting);
}

std::string held_text(milliseconds held) {
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
      housekeeper_(io::start_thread([this](const std::stop_token& stop) { keep_house(stop); })) {}

// Callers.

PoolShell::Granted PoolShell::acquire(const AcquireRequest& request, Look look) {
    return measured(events_, Measurement::Kind::PoolWait, name_,
                    [&] { return take_session(request, look); });
}

PoolShell::Granted PoolShell::take_session(const AcquireRequest& request, Look look) {
    if (request.stop.stop_requested()) {
        throw Error(ErrorCode::Cancelled,
                    fmt::format("pool '{}': stopped before a connection was asked for", name_),
                    {.connection = name_, .outcome = Outcome::NotDone});
    }
    const SteadyTime started = clock_.now();
    const Deadline deadline =
        request.deadline.earlier(Deadline::after(connection_timeout_.load(), started));
    const auto patience = std::chrono::duration_cast<milliseconds>(deadline.time() - started);
    std::shared_ptr<void> writer = admit_writer(request, deadline);
    Lock lock(mutex_);
    Waiter waiter{.holder = request.holder, .ticket = ++last_ticket_};
    actions_.clear();
    core_.acquire(waiter.ticket, deadline.time(), started, actions_);
    if (!actions_.grants.empty()) {  // the fast path: a session was idle
        give(waiter, actions_.grants.front(), started);
        lock.unlock();
    } else {
        queue_up(lock, waiter, started, request, patience);
    }
    const auto is_dead = [&] {
        return (waiter.grant->look_first || look == Look::Always) &&
               waiter.open->connection->state() == SessionState::Broken;
    };
    while (is_dead()) {
        // The server has closed it meanwhile: the caller keeps its place and gets another one.
        const SessionId dead = waiter.grant->session;
        waiter.grant.reset();
        lock.lock();
        const SteadyTime now = clock_.now();
        actions_.clear();
        core_.retry(waiter.ticket, deadline.time(), dead, now, actions_);
        queue_up(lock, waiter, now, request, patience);
    }
    if (writer) waiter.open->connection->set_writer_token(std::move(writer));
    return {waiter.grant->session, waiter.open};
}

std::shared_ptr<void> PoolShell::admit_writer(const AcquireRequest& request,
                                              Deadline deadline) const {
    if (request.access != Access::Write) return nullptr;
    try {
        return driver_->admit_writer(deadline, request.stop);
    } catch (Error& error) {
        error.detail().connection = name_;
        if (error.code() != ErrorCode::ResourceTimeout) throw;
        throw Error(ErrorCode::PoolTimeout, fmt::format("pool '{}': {}", name_, error.what()),
                    error.detail());
    }
}

void PoolShell::queue_up(Lock& lock, Waiter& waiter, SteadyTime now, const AcquireRequest& request,
                         milliseconds patience) {
    try {
        waiters_.emplace(waiter.ticket, &waiter);
        carry_out(lock, now);
        wait_for_answer(waiter, request.stop, patience);
    } catch (...) {  // also for want of memory: nobody may find a waiter that has gone
        if (!lock.owns_lock()) lock.lock();
        withdraw(lock, waiter);
        throw;
    }
}

void PoolShell::wait_for_answer(Waiter& waiter, const std::stop_token& stop,
                                milliseconds patience) {
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
    throw Error(ErrorCode::Cancelled,
                fmt::format("pool '{}': stopped while waiting for a connection", name_),
                {.connection = name_, .outcome = Outcome::NotDone});
}

void PoolShell::withdraw(Lock& lock, const Waiter& waiter) noexcept {
    waiters_.erase(waiter.ticket);
    if (core_.cancel_wait(waiter.ticket) || !waiter.grant) return;
    const SessionId granted = waiter.grant->session;  // just before it left
    session(granted).holder.clear();
    try {
        report(lock, [&](SteadyTime now) { core_.released(granted, {}, now, actions_); });
    } catch (const std::exception&) {
    }
}

void PoolShell::give_back(SessionId id, const Verdict& verdict) {
    const SteadyTime now = clock_.now();
    Lock lock(mutex_);
    Session& returned = session(id);
    returned.holder.clear();
    returned.close_reason = verdict.reason;
    if (verdict.need == Verdict::Need::Nothing)
        returned.open->connection->set_writer_token(nullptr);
    actions_.clear();
    core_.released(id, verdict, now, actions_);
    carry_out(lock, now);
}

std::optional<std::string> PoolShell::start(milliseconds timeout, const std::stop_token& stop) {
    Lock lock(mutex_);
    report(lock, [&](SteadyTime now) { core_.want_one(now, actions_); });
    lock.lock();
    const auto are_open = [this] {
        const auto counts = core_.counts();
        const std::size_t there = counts.total - counts.opening - counts.closing;
        return there >= std::max<std::size_t>(1, std::min(settings_.min_connections, counts.max));
    };
    connect_ended_.wait_for(lock, stop, timeout, [&] { return connect_error_ || are_open(); });
    if (core_.counts().opened_ever > 0) return std::nullopt;  // even if a further one has failed
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
    departing_.clear();
}

PoolStats PoolShell::stats() const {
    const Lock lock(mutex_);
    const auto counts = core_.counts();
    return {.total = counts.total,
            .active = counts.active,
            .idle = counts.idle,
            .cleaning = counts.cleaning,
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
        std::shared_ptr<OpenConnection> connection = std::move(closing.open);
        std::string text(reason == CloseReason::Returned ? closing.close_reason
                                                         : reason_text(reason));
        tasks.emplace_back(
            [this, id = id, connection = std::move(connection), text = std::move(text)]() mutable {
                close(id, std::move(connection), text);
            });
    }
    for (const auto& [id, need] : actions_.cleans) {
        tasks.emplace_back([this, id = id, need = need, limit = Deadline::after(kCleanLimit)] {
            clean(id, need, limit);
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
    waiter.open = leased.open.get();
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
        see_off(lock);
        const SteadyTime next_look = departing_.empty() ? SteadyTime::max() : now + kDepartureLook;
        const SteadyTime until = sleeping_until_ = std::min(core_.wake_at(), next_look);
        const auto sooner = [&] { return sleeping_until_ < until; };
        if (until == SteadyTime::max()) {
            wake_.wait(lock, stop, sooner);
        } else {
            wake_.wait_for(lock, stop, until - now, sooner);
        }
    }
}

/// Lets go of the sessions whose end is confirmed, or waited for no longer.
void PoolShell::see_off(Lock& lock) {
    const SteadyTime now = clock_.now();
    const auto still_there = [now](const Departing& one) {
        return !one.open->connection->has_ended() && now - one.since < PoolCore::kCloseTimeout;
    };
    const auto gone = std::ranges::stable_partition(departing_, still_there);
    const std::vector<Departing> ended(std::make_move_iterator(gone.begin()),
                                       std::make_move_iterator(gone.end()));
    departing_.erase(gone.begin(), gone.end());
    for (const Departing& one : ended) {
        report(lock, [&](SteadyTime time) { core_.closed(one.session, time, actions_); });
        lock.lock();
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
    std::unique_ptr<OpenConnection> opened;
    std::optional<Error> error;
    try {
        opened = std::make_unique<OpenConnection>(connect());
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
    if (opened) session(id).open = std::move(opened);
    report(lock, [&](SteadyTime now) {
        if (error) {
            core_.open_failed(id, now, actions_);
        } else {
            core_.opened(id, now, actions_);
        }
    });
    if (event) events_.emit(*event);
}

void PoolShell::close(SessionId id, std::shared_ptr<OpenConnection> connection,
                      const std::string& reason) {
    events_.emit(ConnectionEvent{ConnectionEvent::What::Closed, name_, reason});
    Lock lock(mutex_);
    if (!connection->connection->has_ended() && !housekeeper_.get_stop_token().stop_requested()) {
        departing_.push_back({id, std::move(connection), clock_.now()});
        sleeping_until_ = SteadyTime::min();
        wake_.notify_all();
        return;
    }
    lock.unlock();
    connection.reset();
    lock.lock();
    report(lock, [&](SteadyTime now) { core_.closed(id, now, actions_); });
}

/// Does not block, so the housekeeper does it itself.
void PoolShell::look_at(const std::vector<SessionId>& ids) {
    for (const SessionId id : ids) {
        const bool alive = connection_of(id).connection->state() != SessionState::Broken;
        Lock lock(mutex_);
        report(lock, [&](SteadyTime now) { core_.checked(id, alive, false, now, actions_); });
    }
}

void PoolShell::ping(SessionId id) {
    OpenConnection& open = connection_of(id);
    Connection& connection = *open.connection;
    const std::string query = settings().health_check_query;
    bool alive = false;
    try {
        Canceller::Watch watch(open.target, Deadline::after(kPingTimeout),
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
    Lock lock(mutex_);
    report(lock, [&](SteadyTime now) { core_.checked(id, alive, true, now, actions_); });
}

void PoolShell::clean(SessionId id, Verdict::Need need, Deadline limit) {
    OpenConnection& open = connection_of(id);
    const Stopwatch watch(events_);
    std::string problem = clean_up(open, need, limit);
    if (problem.empty()) open.connection->set_writer_token(nullptr);
    Lock lock(mutex_);
    const bool is_clean = problem.empty();
    session(id).close_reason = std::move(problem);
    report(lock, [&](SteadyTime now) { core_.cleaned(id, is_clean, now, actions_); });
    watch.stop({.kind = Measurement::Kind::Cleaning,
                .name = name_,
                .error = is_clean ? "" : error_name(ErrorCode::ConnectionLost),
                .verdict = need_text(need)});
}

std::string PoolShell::clean_up(OpenConnection& open, Verdict::Need need, Deadline limit) {
    const auto too_late = [](const char* what) {
        return fmt::format("no answer to {} within {} ms", what, milliseconds(kCleanLimit).count());
    };
    const char* step = "ROLLBACK";
    if (limit.is_expired()) return "no thread was free to clean it";
    Connection& connection = *open.connection;
    Canceller::Watch watch(open.target, limit, housekeeper_.get_stop_token(),
                           Canceller::How::Abort);
    std::string problem;
    try {
        if (need >= Verdict::Need::RollBack && connection.in_transaction()) {
            connection.rollback();
            if (connection.in_transaction()) problem = "still in a transaction";
        }
        if (problem.empty() && need == Verdict::Need::Verify) {
            step = "the ping after a cancelled statement";
            if (!connection.ping()) problem = fmt::format("{} failed", step);
        }
        if (problem.empty() && need == Verdict::Need::Reset) {
            step = "the session reset";
            const bool is_clean = reset_policy_.load() == sql::ResetPolicy::Discard
                                      ? connection.reset()
                                      : connection.clean();
            if (!is_clean) problem = fmt::format("{} failed", step);
        }
    } catch (const std::exception& error) {
        problem = error.what();
    }
    switch (watch.finish()) {
        case Canceller::Cause::None:
            return problem;
        case Canceller::Cause::Stop:
            return std::string(reason_text(CloseReason::PoolClosed));
        case Canceller::Cause::Deadline:
            break;
    }
    return problem.empty() ? "shut down after its last answer" : too_late(step);
}

PoolShell::Session& PoolShell::session(SessionId id) {
    if (id.slot >= sessions_.size()) sessions_.resize(id.slot + 1);
    return sessions_[id.slot];
}

OpenConnection& PoolShell::connection_of(SessionId id) {
    const Lock lock(mutex_);
    return *session(id).open;
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
        facts->held = std::chrono::duration_cast<milliseconds>(now - longest->leased_at);
    }
    return facts;
}

Error PoolShell::refused(const Waiter& waiter, milliseconds patience) const {
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
