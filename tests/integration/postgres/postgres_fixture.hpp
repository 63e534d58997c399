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

    static constexpr auto kSoonAfter = std::chrono::milliseconds(100);

    /// Runs `action` in another thread a moment from now, when a statement is under way.
    template <typename Action>
    [[nodiscard]] static std::jthread later(Action action) {
        return std::jthread([action] {
            std::this_thread::sleep_for(kSoonAfter);
            action();
        });
    }

    sql::Dsn dsn;
    std::unique_ptr<db::Connection> connection;

 private:
    const char* variable_;
};

}  // namespace kdeps::test
