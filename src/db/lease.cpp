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

constexpr auto kRollbackLimit = 2s;
constexpr auto kCommitLimit = 10s;
constexpr auto kCleanUpLimit = 2s;  ///< For the ping after a cancel, and for a reset.

milliseconds since(SteadyTime begin) {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
}

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

std::string no_answer(const char* what, milliseconds limit) {
    return fmt::format("no answer to {} within {} ms", what, limit.count());
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

Lease::State::State(std::shared_ptr<PoolShell> owner, PoolShell::Granted granted,
                    std::shared_ptr<void> writer)
    : shell(std::move(owner)),
      session(granted.session),
      connection(granted.connection),
      writer_token(std::move(writer)) {
    if (writer_token) connection->set_writer_token(writer_token);
}

Lease::State::~State() {
    const std::string reason = clean_up();
    if (writer_token) connection->set_writer_token(nullptr);
    shell->give_back(session, reason);
}

std::vector<std::vector<Result>> Lease::State::run(std::span<const Command> commands,
                                                   UnitOfWork unit, Deadline deadline,
                                                   const std::stop_token& stop) {
    for (const Command& command : commands) {
        effect = std::max(effect, command.statement.statement_class.effect);
    }
    refuse_if_late(deadline, stop, shell->name());
    const SteadyTime begin = std::chrono::steady_clock::now();
    std::optional<Canceller::Watch> watch(std::in_place, Canceller::shared(), *connection, deadline,
                                          stop);
    bool is_committing = false;
    const auto finish = [&] {
        const auto cause = watch->finish();
        if (cause != Canceller::Cause::None) was_cancelled = true;
        return cause;
    };
    if (commands.size() > 1) {
        unit.before_next = [&] { refuse_if_late(deadline, stop, shell->name()); };
    }
    if (unit.commit)
        unit.before_commit = [&] {
            finish();
            is_committing = true;
            watch.emplace(Canceller::shared(), *connection, Deadline::after(kCommitLimit),
                          std::stop_token{}, Canceller::How::Abort);
        };
    try {
        auto results = connection->run(commands, unit);
        if (finish() != Canceller::Cause::None && is_committing) {
            close_reason = "shut down after its last answer";
        }
        return results;
    } catch (Error& error) {
        const auto cause = finish();
        if (error.detail().connection.empty()) error.detail().connection = shell->name();
        judge(error);
        if (cause == Canceller::Cause::None) throw;
        if (!is_committing) throw cut_short(cause, error, since(begin));
        close_reason = no_answer("COMMIT", kCommitLimit);
        throw Error(ErrorCode::ConnectionLost, close_reason, error.detail());
    } catch (...) {
        finish();
        close_reason = "failed in the middle of a statement";
        throw;
    }
}

template <typename Call>
void Lease::State::finishing(milliseconds limit, const char* what, const Call& call) {
    Canceller::Watch watch(Canceller::shared(), *connection, Deadline::after(limit), {},
                           Canceller::How::Abort);
    try {
        call();
    } catch (Error& error) {
        const auto cause = watch.finish();
        if (error.detail().connection.empty()) error.detail().connection = shell->name();
        judge(error);
        if (cause == Canceller::Cause::None) throw;
        close_reason = no_answer(what, limit);
        throw Error(ErrorCode::ConnectionLost, close_reason, error.detail());
    }
    if (watch.finish() != Canceller::Cause::None) close_reason = "shut down after its last answer";
}

void Lease::State::judge(const Error& error) {
    if (!close_reason.empty()) return;
    if (error.code() == ErrorCode::ConnectionLost) {
        close_reason = error.what();
    } else if (ends_session(error.detail().sqlstate) && shell->driver().may_retire()) {
        close_reason = fmt::format("server error {}", error.detail().sqlstate);
    }
}

void Lease::State::roll_back_if_needed() {
    if (connection->state() == SessionState::Idle) return;
    finishing(kRollbackLimit, "ROLLBACK", [this] { connection->rollback(); });
    if (connection->state() != SessionState::Idle) close_reason = "still in a transaction";
}

/// A clean session costs no round trip here.
std::string Lease::State::clean_up() noexcept {
    if (!close_reason.empty()) return close_reason;
    try {
        if (connection->state() == SessionState::Broken) return "connection lost";
        roll_back_if_needed();
        if (!close_reason.empty()) return close_reason;
        const auto within_limit = [this](const char* what, bool (Connection::*call)()) {
            bool succeeded = false;
            finishing(kCleanUpLimit, what, [&] { succeeded = (connection->*call)(); });
            if (!succeeded && close_reason.empty()) close_reason = fmt::format("{} failed", what);
        };
        if (was_cancelled) within_limit("the ping after a cancelled statement", &Connection::ping);
        if (connection->session_changed()) effect = sql::SessionEffect::Session;
        if (close_reason.empty() && shell->needs_reset(effect)) {
            within_limit("the session reset", &Connection::reset);
        }
    } catch (const std::exception& error) {
        if (close_reason.empty()) return error.what();
    }
    return close_reason;
}

// The public face.

Lease::Lease() noexcept = default;
Lease::Lease(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Lease::Lease(Lease&&) noexcept = default;
Lease& Lease::operator=(Lease&&) noexcept = default;
Lease::~Lease() = default;

std::vector<std::vector<Result>> Lease::run(std::span<const Command> commands, UnitOfWork unit,
                                            Deadline deadline, const std::stop_token& stop) {
    return state_->run(commands, std::move(unit), deadline, stop);
}

Result Lease::execute(const Statement& statement, const std::vector<Value>& parameters,
                      Deadline deadline, const std::stop_token& stop) {
    const Command command{statement, {&parameters, 1}};
    return std::move(run({&command, 1}, {}, deadline, stop).front().front());
}

void Lease::discard(const std::string& reason) noexcept {
    if (state_->close_reason.empty()) state_->close_reason = reason.empty() ? "discarded" : reason;
}

Connection& Lease::connection() noexcept {
    return *state_->connection;
}

Lease::operator bool() const noexcept {
    return state_ != nullptr;
}

}  // namespace kdeps::db
