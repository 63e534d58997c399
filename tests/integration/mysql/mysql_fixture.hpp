#pragma once

#include "mysql/mysql_driver.hpp"
#include "support/database.hpp"

namespace kdeps::test {

/// A fresh session with the MySQL or MariaDB server of KDEPS_TEST_MYSQL.
class MysqlTest : public testing::Test {
 protected:
    void SetUp() override {
        const std::string text = dsn_text("KDEPS_TEST_MYSQL");
        if (text.empty()) GTEST_SKIP() << "KDEPS_TEST_MYSQL is not set";
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
};

}  // namespace kdeps::test
