#pragma once

#include "mysql/mysql_driver.hpp"
#include "support/database.hpp"

namespace kdeps::test {

/// A fresh session with the MySQL or MariaDB server of KDEPS_TEST_MYSQL, or of another variable.
class MysqlTest : public testing::Test {
 protected:
    explicit MysqlTest(const char* variable = "KDEPS_TEST_MYSQL") : variable_(variable) {}
    void SetUp() override {
        const std::string text = dsn_text(variable_);
        if (text.empty()) GTEST_SKIP() << variable_ << " is not set";
        dsn = sql::parse_dsn(text, "/");
        connection = connect();
    }
    [[nodiscard]] static std::shared_ptr<const db::Driver> make_driver(const sql::Dsn& dsn) {
        return db::make_mysql_driver(dsn);
    }
    [[nodiscard]] std::unique_ptr<db::Connection> connect() const {
        return make_driver(dsn)->connect(soon());
    }

    sql::Dsn dsn;
    std::unique_ptr<db::Connection> connection;

 private:
    const char* variable_;
};

}  // namespace kdeps::test
