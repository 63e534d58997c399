#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/db/pool.hpp"

#include "support/database.hpp"
#include "support/fake_driver.hpp"
#include "support/tcp_gate.hpp"

namespace kdeps::test {

/// Sessions with a server that stops answering, for the fixture of one database.
///
/// `Database` has the member `dsn` and a static make_driver(dsn).
template <typename Database>
class StalledServerTest : public Database {
 protected:
    using Milliseconds = std::chrono::milliseconds;
    /// How long a stopped server may hold up whoever waits for it: the grace of a cancel, and what
    /// a busy machine needs.
    static constexpr Milliseconds kGrace{2'500};
    /// How long it may hold up who has a deadline.
    static constexpr Milliseconds kLeave{700};

    void SetUp() override {
        Database::SetUp();
        if (this->IsSkipped()) return;
        gate.emplace(this->dsn.host, this->dsn.port);
        gated = this->dsn;
        gated.host = "127.0.0.1";
        gated.port = gate->port();
    }
    [[nodiscard]] std::unique_ptr<db::Connection> connect_through_gate(
        Milliseconds limit = std::chrono::seconds(10)) const {
        return Database::make_driver(gated)->connect(Deadline::after(limit));
    }
    void open_pool(std::size_t size) {
        sql::PoolSettings settings;
        settings.name = "stalled";
        settings.max_connections = size;
        pool.emplace(settings, Database::make_driver(gated), events);
    }
    /// Leases of sessions that have already answered once.
    [[nodiscard]] std::vector<db::Lease> leases(std::size_t count) {
        std::vector<db::Lease> all;
        for (std::size_t i = 0; i < count; ++i) {
            all.push_back(pool->acquire({}));
            static_cast<void>(all.back().execute(reading("SELECT 1"), {}, Deadline::never(), {}));
        }
        return all;
    }
    [[nodiscard]] static Milliseconds time_of(const std::function<void()>& action) {
        const auto begin = std::chrono::steady_clock::now();
        action();
        return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin);
    }
    /// Executes on every lease at once and gives all back; how long each one took.
    [[nodiscard]] static std::vector<Milliseconds> execute_on_all(std::vector<db::Lease> all,
                                                                  Deadline deadline,
                                                                  const std::stop_token& stop,
                                                                  ErrorCode expected) {
        std::vector<Milliseconds> times(all.size());
        std::vector<std::jthread> callers;
        for (std::size_t i = 0; i < all.size(); ++i) {
            callers.emplace_back([&, i] {
                times[i] = time_of([&] {
                    const Error error = error_of([&] {
                        static_cast<void>(all[i].execute(reading("SELECT 1"), {}, deadline, stop));
                    });
                    EXPECT_EQ(error.code(), expected) << error.what();
                    all[i] = db::Lease();
                });
            });
        }
        callers.clear();
        return times;
    }

    sql::Dsn gated;  ///< `dsn` through the gate.
    EventLog events;
    std::optional<TcpGate> gate;
    std::optional<db::Pool> pool;  ///< Before the gate, whose end wakes what it left behind.
};

}  // namespace kdeps::test
