#include "lease.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "canceller.hpp"

namespace kdeps::db {

namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// After an answer as young as this it is not worth a system call to look at the socket.
constexpr auto kJustNow = 1ms;

/// SQLSTATE classes after which a session is of no use: connection exceptions, shutdown by the
/// operator, and a server out of resources.
bool ends_session(std::string_view sqlstate) {
    return sqlstate.starts_with("08") || sqlstate.starts_with("57P0") || sqlstate.starts_with("53");
}

/// The error of a call that was cancelled, with what the database said about its effect.
Error cut_short(Canceller::Cause cause, const Error& error, milliseconds elapsed) {
    ErrorDetail detail = error.detail();
    if (detail.context.empty()) detail.context = error.what();
    if (cause == Canceller::Cause::Stop) {
        return Error(
            ErrorCode::Cancelled,
            fmt::format("statement cancelled after {} ms: the run was stopped", elapsed.count()),
            std::move(detail));
    }
    return Error(ErrorCode::ResourceTimeout,
                 fmt::format("statement cancelled after {} ms", elapsed.count()),
                 std::move(detail));
}

void refuse_if_late(Deadline deadline, const std::stop_token& stop, const std::string& pool) {
    if (stop.stop_requested()) {
        throw Error(ErrorCode::Cancelled, "statement not sent: the run was stopped",
                    {.connection = pool, .outcome = Outcome::NotDone});
    }
    if (!deadline.is_never() && deadline.is_expired()) {
        throw Error(ErrorCode::ResourceTimeout, "statement not sent: its time was over",
                    {.connection = pool, .outcome = Outcome::NotDone});
    }
}

}  // namespace

Lease::State::State(std::shared_ptr<PoolShell> owner, const AcquireRequest& request,
                    PoolShell::Look look)
    : shell(std::move(owner)),
      granted(shell->acquire(request, look)),
      connection(*granted.open->connection) {}

Lease::State::~State() {
    verdict.need = need();
    if (verdict.need == Verdict::Need::Close && verdict.reason.empty()) {
        verdict.reason = "connection lost";
    }
    shell->give_back(granted.session, verdict);
    held.stop({.kind = Measurement::Kind::Lease,
               .name = shell->name(),
               .error = verdict.error ? error_name(*verdict.error) : "",
               .sqlstate = verdict.sqlstate,
               .verdict = need_text(verdict.need)});
}

std::vector<std::vector<Result>> Lease::State::run(std::span<const Command> commands,
                                                   UnitOfWork unit, Deadline deadline,
                                                   const std::stop_token& stop,
                                                   milliseconds commit_limit) {
    return measured(shell->events(), Measurement::Kind::Statement, shell->name(), [&] {
        return run_watched(commands, std::move(unit), deadline, stop, commit_limit);
    });
}

std::vector<std::vector<Result>> Lease::State::run_watched(std::span<const Command> commands,
                                                           UnitOfWork unit, Deadline deadline,
                                                           const std::stop_token& stop,
                                                           milliseconds commit_limit) {
    for (const Command& command : commands) {
        effect = std::max(effect, command.statement.statement_class.effect);
    }
    refuse_if_late(deadline, stop, shell->name());
    Canceller::Target& target = granted.open->target;
    const SteadyTime begin = std::chrono::steady_clock::now();
    std::optional<Canceller::Watch> watch(std::in_place, target, deadline, stop);
    bool is_committing = false;
    const auto finish = [&] {
        const auto cause = watch->finish();
        if (cause != Canceller::Cause::None) was_cancelled = true;
        return cause;
    };
    const auto note_time = [&] {
        answered_at = std::chrono::steady_clock::now();
        verdict.in_use += answered_at - begin;
        return std::chrono::duration_cast<milliseconds>(answered_at - begin);
    };
    if (commands.size() > 1) {
        unit.before_next = [&] { refuse_if_late(deadline, stop, shell->name()); };
    }
    if (unit.commit) {
        unit.before_commit = [&] {
            finish();
            is_committing = true;
            watch.emplace(target, Deadline::after(commit_limit), std::stop_token{},
                          Canceller::How::Abort);
        };
    }
    try {
        auto results = connection.run(commands, unit);
        if (finish() != Canceller::Cause::None && is_committing) {
            must_close("shut down after its last answer");
        }
        note_time();
        return results;
    } catch (Error& error) {
        const auto cause = finish();
        const milliseconds elapsed = note_time();
        if (error.detail().connection.empty()) error.detail().connection = shell->name();
        if (cause != Canceller::Cause::None && is_committing) {
            const std::string reason =
                fmt::format("no answer to COMMIT within {} ms", commit_limit.count());
            must_close(reason);
            throw Error(ErrorCode::ConnectionLost, reason, error.detail());
        }
        judge(error);
        if (cause == Canceller::Cause::None) throw;
        throw cut_short(cause, error, elapsed);
    } catch (...) {
        finish();
        must_close("failed in the middle of a statement");
        throw;
    }
}

void Lease::State::judge(const Error& error) {
    verdict.error = error.code();
    verdict.sqlstate = error.detail().sqlstate;
    if (error.code() == ErrorCode::ConnectionLost) {
        must_close(error.what());
    } else if (ends_session(verdict.sqlstate) && shell->driver().may_retire()) {
        must_close(fmt::format("server error {}", verdict.sqlstate));
    }
}

/// The first reason counts.
void Lease::State::must_close(std::string reason) {
    if (verdict.need == Verdict::Need::Close) return;
    verdict.need = Verdict::Need::Close;
    verdict.reason = std::move(reason);
}

Verdict::Need Lease::State::need() noexcept {
    using enum Verdict::Need;
    if (verdict.need == Close) return Close;
    const bool is_old = std::chrono::steady_clock::now() - answered_at >= kJustNow;
    if (is_old && connection.state() == SessionState::Broken) return Close;
    if (connection.session_changed()) effect = sql::SessionEffect::Session;
    if (shell->needs_reset(effect)) return Reset;
    if (connection.in_transaction()) return RollBack;
    return was_cancelled ? Verify : Nothing;
}

// The public face.

Lease::Lease() noexcept = default;
Lease::Lease(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Lease::Lease(Lease&&) noexcept = default;
Lease& Lease::operator=(Lease&&) noexcept = default;
Lease::~Lease() = default;

std::vector<std::vector<Result>> Lease::run(std::span<const Command> commands, UnitOfWork unit,
                                            Deadline deadline, const std::stop_token& stop,
                                            milliseconds commit_limit) {
    return state_->run(commands, std::move(unit), deadline, stop, commit_limit);
}

Result Lease::execute(const Statement& statement, const std::vector<Value>& parameters,
                      Deadline deadline, const std::stop_token& stop) {
    const Command command{statement, {&parameters, 1}};
    return std::move(run({&command, 1}, {}, deadline, stop).front().front());
}

void Lease::discard(const std::string& reason) noexcept {
    state_->must_close(reason.empty() ? "discarded" : reason);
}

Connection& Lease::connection() noexcept {
    return state_->connection;
}

Lease::operator bool() const noexcept {
    return state_ != nullptr;
}

}  // namespace kdeps::db
