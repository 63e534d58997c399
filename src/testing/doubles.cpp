#include "doubles.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

#include <fmt/core.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/refusal.hpp"
#include "kdeps/engine/run_context.hpp"

namespace kdeps::testing {

namespace {

using db::Command;
using db::Connection;
using db::Driver;
using db::Result;
using db::SessionState;
using db::Statement;
using db::UnitOfWork;

/// Passes on what it does not change.
class OtherDriver : public Driver {
 public:
    explicit OtherDriver(std::shared_ptr<const Driver> driver) : driver_(std::move(driver)) {}

    std::unique_ptr<Connection> connect(Deadline deadline) const override {
        return driver_->connect(deadline);
    }
    const sql::Dialect& dialect() const override { return driver_->dialect(); }
    std::string describe() const override { return driver_->describe(); }
    bool is_conflict(const ErrorDetail& detail) const override {
        return driver_->is_conflict(detail);
    }
    std::size_t max_sessions() const override { return driver_->max_sessions(); }
    bool may_retire() const override { return driver_->may_retire(); }
    std::shared_ptr<void> admit_writer(Deadline deadline, std::stop_token stop) const override {
        return driver_->admit_writer(deadline, std::move(stop));
    }

 private:
    std::shared_ptr<const Driver> driver_;
};

class DownDriver final : public OtherDriver {
 public:
    using OtherDriver::OtherDriver;
    std::unique_ptr<Connection> connect(Deadline /*deadline*/) const override {
        throw Error(ErrorCode::ConnectionFailed, "the test has it down");
    }
};

class UnsyncedDriver final : public OtherDriver {
 public:
    using OtherDriver::OtherDriver;
    std::unique_ptr<Connection> connect(Deadline deadline) const override {
        auto connection = OtherDriver::connect(deadline);
        constexpr const char* kText = "PRAGMA synchronous = OFF";
        (void)connection->execute({.text = std::make_shared<const std::string>(kText),
                                   .statement_class = sql::classify(kText, dialect())},
                                  {});
        return connection;
    }
};

class ForbiddenDriver final : public OtherDriver {
 public:
    ForbiddenDriver(std::shared_ptr<const Driver> driver,
                    std::shared_ptr<std::atomic<bool>> was_asked)
        : OtherDriver(std::move(driver)), was_asked_(std::move(was_asked)) {}
    std::unique_ptr<Connection> connect(Deadline /*deadline*/) const override {
        *was_asked_ = true;
        throw Error(ErrorCode::ConnectionFailed, "no database for tests is named");
    }

 private:
    std::shared_ptr<std::atomic<bool>> was_asked_;
};

/// Waits before each call, unless it is cancelled.
class SlowConnection final : public Connection {
 public:
    SlowConnection(std::unique_ptr<Connection> connection, std::chrono::milliseconds delay)
        : connection_(std::move(connection)), delay_(delay) {}

    std::vector<std::vector<Result>> run(std::span<const Command> commands,
                                         const UnitOfWork& unit) override {
        wait();
        return connection_->run(commands, unit);
    }
    void rollback() override { connection_->rollback(); }
    SessionState state() override { return connection_->state(); }
    bool in_transaction() const override { return connection_->in_transaction(); }
    bool session_changed() override { return connection_->session_changed(); }
    bool clean() override { return connection_->clean(); }
    bool ping() override { return connection_->ping(); }
    bool reset() override { return connection_->reset(); }
    void set_writer_token(std::shared_ptr<void> token) override {
        connection_->set_writer_token(std::move(token));
    }
    void cancel() noexcept override {
        stop_waiting();
        connection_->cancel();
    }
    void abort() noexcept override {
        stop_waiting();
        connection_->abort();
    }
    bool has_ended() const override { return connection_->has_ended(); }
    std::string session_id() const override { return connection_->session_id(); }

 protected:
    // Steps of Connection::run(), which this one does not use.
    std::vector<Result> execute_sets(const Statement& /*statement*/,
                                     std::span<const std::vector<Value>> /*sets*/) override {
        return {};
    }
    void begin(const UnitOfWork& /*unit*/) override {}
    void commit() override {}

 private:
    void wait() {
        std::unique_lock lock(mutex_);
        is_cancelled_ = false;
        if (!wake_.wait_for(lock, delay_, [this] { return is_cancelled_; })) return;
        throw Error(ErrorCode::QueryFailed, "cancelled while the test had it slow",
                    {.outcome = Outcome::NotDone});
    }

    void stop_waiting() noexcept {
        const std::lock_guard lock(mutex_);
        is_cancelled_ = true;
        wake_.notify_all();
    }

    std::unique_ptr<Connection> connection_;
    const std::chrono::milliseconds delay_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool is_cancelled_ = false;
};

class SlowDriver final : public OtherDriver {
 public:
    SlowDriver(std::shared_ptr<const Driver> driver, std::chrono::milliseconds delay)
        : OtherDriver(std::move(driver)), delay_(delay) {}
    std::unique_ptr<Connection> connect(Deadline deadline) const override {
        return std::make_unique<SlowConnection>(OtherDriver::connect(deadline), delay_);
    }

 private:
    const std::chrono::milliseconds delay_;
};

class MockedAction final : public engine::Step {
 public:
    explicit MockedAction(Mock mock) : mock_(std::move(mock)) {}
    engine::Output run(engine::RunContext& context) const override {
        if (!mock_.error) return {.value = mock_.value};
        Error error(*mock_.error);
        ErrorDetail& detail = error.detail();
        detail.refusal = refusal_of(detail.sqlstate);
        // As where a database refuses a value of the request.
        if (detail.refusal != Refusal::None && context.request().tells_refusals) {
            detail.http_status = refusal_info(detail.refusal).status;
        }
        throw Error(error);
    }

 private:
    const Mock mock_;
};

}  // namespace

std::shared_ptr<const Driver> down_driver(std::shared_ptr<const Driver> driver) {
    return std::make_shared<DownDriver>(std::move(driver));
}

std::shared_ptr<const Driver> unsynced_driver(std::shared_ptr<const Driver> driver) {
    return std::make_shared<UnsyncedDriver>(std::move(driver));
}

std::shared_ptr<const Driver> slow_driver(std::shared_ptr<const Driver> driver,
                                          std::chrono::milliseconds delay) {
    return std::make_shared<SlowDriver>(std::move(driver), delay);
}

std::shared_ptr<const Driver> forbidden_driver(std::shared_ptr<const Driver> driver,
                                               std::shared_ptr<std::atomic<bool>> was_asked) {
    return std::make_shared<ForbiddenDriver>(std::move(driver), std::move(was_asked));
}

std::unique_ptr<engine::Step> mocked_action(const Mock& mock) {
    return std::make_unique<MockedAction>(mock);
}

}  // namespace kdeps::testing
