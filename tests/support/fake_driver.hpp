#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "kdeps/db/connection.hpp"

namespace kdeps::test {

/// A database server without a database: counts what is asked of it, fails and blocks on command.
///
/// Statements: `BLOCK` waits for cancel() (SQLSTATE 57014), abort() or unblock(); `DEAF` ignores
/// cancel(); `BEGIN` leaves a transaction open until `COMMIT` or `ROLLBACK`; `FAIL 57P01` fails
/// with that SQLSTATE; `LOSE` loses the connection, `UNSENT` before it is sent. Anything else
/// succeeds. Threads: safe to share.
class FakeServer {
 public:
    struct Counts {
        int connects = 0;
        int open = 0;
        int most_open = 0;
        int statements = 0;
        int pings = 0;
        int resets = 0;
        int rollbacks = 0;
        int cancels = 0;
        int aborts = 0;
        int looks = 0;    ///< Calls of state().
        int writers = 0;  ///< Admitted.
    };

    /// Not empty: connects fail with this text.
    void set_connect_error(const std::string& text) {
        change([&] { connect_error_ = text; });
    }
    /// Connects wait until hold_connects(false).
    void hold_connects(bool hold) {
        change([&] { holding_ = hold; });
    }
    /// cancel() has no effect and waits for hold_cancels(false) or abort().
    void hold_cancels(bool hold) {
        change([&] { holding_cancels_ = hold; });
    }
    /// ROLLBACK, pings and resets wait until hold_cleaning(false) or abort().
    void hold_cleaning(bool hold) {
        change([&] { holding_cleaning_ = hold; });
    }
    /// The server does not let go of aborted sessions until hold_ends(false).
    void hold_ends(bool hold) {
        change([&] { holding_ends_ = hold; });
    }
    void set_commit_hangs(bool hangs) {
        change([&] { commit_hangs_ = hangs; });
    }
    void set_pings_fail(bool fail) {
        change([&] { pings_fail_ = fail; });
    }
    void set_resets_fail(bool fail) {
        change([&] { resets_fail_ = fail; });
    }
    void set_rollbacks_fail(bool fail) {
        change([&] { rollbacks_fail_ = fail; });
    }
    /// Closes every session, as a restart does.
    void kill_sessions() {
        change([&] { ++generation_; });
    }
    void unblock() {
        change([&] { ++unblocked_; });
    }
    /// What statements give that succeed.
    void answer_with(std::function<db::Result()> answer) {
        change([&] { answer_ = std::move(answer); });
    }
    [[nodiscard]] Counts counts() const {
        const std::lock_guard lock(mutex_);
        return counts_;
    }
    /// How often this session was cancelled.
    [[nodiscard]] int cancels_of(const db::Connection& session) const {
        const std::lock_guard lock(mutex_);
        const auto found = cancels_of_.find(&session);
        return found == cancels_of_.end() ? 0 : found->second;
    }
    /// Waits until `condition(counts)` holds.
    template <typename Condition>
    void wait_until(Condition condition) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return condition(counts_); });
    }

 private:
    friend class FakeConnection;
    friend class FakeDriver;

    template <typename Change>
    void change(Change change) {
        const std::lock_guard lock(mutex_);
        change();
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Counts counts_;
    std::string connect_error_;
    bool holding_ = false;
    bool holding_cancels_ = false;
    bool holding_cleaning_ = false;
    bool holding_ends_ = false;
    bool commit_hangs_ = false;
    bool pings_fail_ = false;
    bool resets_fail_ = false;
    bool rollbacks_fail_ = false;
    std::map<const db::Connection*, int> cancels_of_;
    int generation_ = 0;
    int unblocked_ = 0;
    std::function<db::Result()> answer_ = [] {
        db::Result result;
        result.rows_affected = 1;
        return result;
    };
};

class FakeConnection final : public db::Connection {
 public:
    explicit FakeConnection(FakeServer& server)
        : server_(server), number_(server.counts_.connects), born_(server.generation_) {}
    ~FakeConnection() override {
        server_.change([this] { --server_.counts_.open; });
    }

    void rollback() override {
        const auto lock = clean(&FakeServer::Counts::rollbacks);
        if (is_broken()) throw Error(ErrorCode::ConnectionLost, "connection lost");
        if (server_.rollbacks_fail_) throw Error(ErrorCode::QueryFailed, "cannot roll back");
        state_ = db::SessionState::Idle;
    }
    db::SessionState state() override {
        const std::lock_guard lock(server_.mutex_);
        ++server_.counts_.looks;
        return is_broken() ? db::SessionState::Broken : state_;
    }
    bool in_transaction() const override {
        const std::lock_guard lock(server_.mutex_);
        return state_ == db::SessionState::InTransaction;
    }
    bool ping() override {
        const auto lock = clean(&FakeServer::Counts::pings);
        return !is_broken() && !server_.pings_fail_;
    }
    bool reset() override {
        const auto lock = clean(&FakeServer::Counts::resets);
        return !is_broken() && !server_.resets_fail_;
    }
    void cancel() noexcept override {
        std::unique_lock lock(server_.mutex_);
        ++server_.counts_.cancels;
        ++server_.cancels_of_[this];
        server_.changed_.notify_all();
        server_.changed_.wait(lock, [this] { return !server_.holding_cancels_ || is_broken(); });
        cancelled_ = true;
        server_.changed_.notify_all();
    }
    void abort() noexcept override {
        server_.change([this] {
            ++server_.counts_.aborts;
            state_ = db::SessionState::Broken;
        });
    }
    bool has_ended() const override {
        const std::lock_guard lock(server_.mutex_);
        return !server_.holding_ends_ || state_ != db::SessionState::Broken;
    }
    std::string session_id() const override { return std::to_string(number_); }

 private:
    std::vector<db::Result> execute_sets(const db::Statement& statement,
                                         std::span<const std::vector<Value>> sets) override {
        std::vector<db::Result> results;
        for (std::size_t i = 0; i < sets.size(); ++i) results.push_back(execute_one(statement));
        return results;
    }
    void begin(const db::UnitOfWork&) override {
        server_.change([this] { state_ = db::SessionState::InTransaction; });
    }
    void commit() override {
        std::unique_lock lock(server_.mutex_);
        if (server_.commit_hangs_) block(lock, true);
        state_ = db::SessionState::Idle;
    }
    db::Result execute_one(const db::Statement& statement) {
        std::unique_lock lock(server_.mutex_);
        ++server_.counts_.statements;
        cancelled_ = false;
        server_.changed_.notify_all();
        const std::string& text = *statement.text;
        if (is_broken()) throw Error(ErrorCode::ConnectionLost, "connection lost", unknown());
        if (text == "BLOCK" || text == "DEAF") block(lock, text == "DEAF");
        if (text == "BEGIN") state_ = db::SessionState::InTransaction;
        if (text == "COMMIT" || text == "ROLLBACK") state_ = db::SessionState::Idle;
        if (text == "LOSE" || text == "UNSENT") {
            state_ = db::SessionState::Broken;
            throw Error(ErrorCode::ConnectionLost, "connection lost",
                        text == "LOSE" ? unknown() : ErrorDetail{.outcome = Outcome::NotDone});
        }
        if (text.starts_with("FAIL ")) {
            const bool may_write = statement.statement_class.may_write;
            throw Error(ErrorCode::QueryFailed, "it failed",
                        {.sqlstate = text.substr(5),
                         .outcome = may_write ? Outcome::NotDone : Outcome::NotApplicable});
        }
        return server_.answer_();
    }
    [[nodiscard]] bool is_broken() const {
        return state_ == db::SessionState::Broken || born_ != server_.generation_;
    }
    static ErrorDetail unknown() { return {.outcome = Outcome::Unknown}; }

    std::unique_lock<std::mutex> clean(int FakeServer::Counts::*counter) {
        std::unique_lock lock(server_.mutex_);
        ++(server_.counts_.*counter);
        server_.changed_.notify_all();
        server_.changed_.wait(lock, [this] { return !server_.holding_cleaning_ || is_broken(); });
        return lock;
    }
    void block(std::unique_lock<std::mutex>& lock, bool is_deaf) {
        const int before = server_.unblocked_;
        server_.changed_.wait(lock, [&] {
            return server_.unblocked_ != before || (cancelled_ && !is_deaf) || is_broken();
        });
        if (is_broken()) throw Error(ErrorCode::ConnectionLost, "connection lost", unknown());
        if (cancelled_ && !is_deaf) {
            throw Error(ErrorCode::QueryFailed, "canceling statement due to user request",
                        {.sqlstate = "57014", .outcome = Outcome::NotDone});
        }
    }

    FakeServer& server_;
    const int number_;
    const int born_;
    db::SessionState state_ = db::SessionState::Idle;
    bool cancelled_ = false;
};

class FakeDriver final : public db::Driver {
 public:
    explicit FakeDriver(FakeServer& server) : server_(server) {}

    std::unique_ptr<db::Connection> connect(Deadline) const override {
        std::unique_lock lock(server_.mutex_);
        ++server_.counts_.connects;
        server_.changed_.notify_all();
        server_.changed_.wait(lock, [this] { return !server_.holding_; });
        if (!server_.connect_error_.empty()) {
            throw Error(ErrorCode::ConnectionFailed, server_.connect_error_);
        }
        ++server_.counts_.open;
        server_.counts_.most_open = std::max(server_.counts_.most_open, server_.counts_.open);
        server_.changed_.notify_all();
        return std::make_unique<FakeConnection>(server_);
    }
    std::shared_ptr<void> admit_writer(Deadline, std::stop_token) const override {
        server_.change([this] { ++server_.counts_.writers; });
        return nullptr;
    }
    const sql::Dialect& dialect() const override { return sql::kPostgres; }
    std::string describe() const override { return "a fake server"; }

 private:
    FakeServer& server_;
};

/// Keeps every event as text.
class EventLog final : public EventSink {
 public:
    void emit(const Event& event) noexcept override {
        const std::lock_guard lock(mutex_);
        if (const auto* connection = std::get_if<ConnectionEvent>(&event)) {
            static constexpr const char* kWhat[] = {"opened: ", "closed: ", "failed: "};
            lines_.push_back(kWhat[static_cast<int>(connection->what)] + connection->reason);
        }
    }
    [[nodiscard]] bool wants(LogLevel) const noexcept override { return true; }
    [[nodiscard]] std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    [[nodiscard]] int count(const std::string& line) const {
        const auto all = lines();
        return static_cast<int>(std::ranges::count(all, line));
    }

 private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

}  // namespace kdeps::test
