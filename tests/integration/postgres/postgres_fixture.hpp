#pragma once

#include <thread>

#include "postgres/postgres_driver.hpp"
#include "support/database.hpp"

namespace kdeps::test {

/// A fresh session with the PostgreSQL server of KDEPS_TEST_POSTGRES, or of another variable.
class PostgresTest : public testing::Test {
 protected:
    explicit PostgresTest(const char* variable = "KDEPS_TEST_POSTGRES") : variable_(variable) {}
    void SetUp() override {
        const std::string text = dsn_text(variable_);
        if (text.empty()) GTEST_SKIP() << variable_ << " is not set";
        dsn = sql::parse_dsn(text, "/");
        connection = connect();
    }
    [[nodiscard]] static std::shared_ptr<const db::Driver> make_driver(const sql::Dsn& dsn) {
        return db::make_postgres_driver(dsn);
    }
    [[nodiscard]] std::unique_ptr<db::Connection> connect() const {
        return make_driver(dsn)->connect(soon());
    }

    /// Runs `action` in another thread once the server runs a statement of `connection`.
    template <typename Action>
    [[nodiscard]] std::jthread once_running(Action action) const {
        const std::string running =
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid = " +
            connection->session_id();
        return std::jthread([this, running, action] {
            const auto watcher = connect();
            while (one(*watcher, running) != "Int:1") {
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
            action();
        });
    }

    sql::Dsn dsn;
    std::unique_ptr<db::Connection> connection;

 private:
    const char* variable_;
};

}  // namespace kdeps::test
