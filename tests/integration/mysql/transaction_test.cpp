#include <fmt/core.h>
#include <unistd.h>

#include "mysql_fixture.hpp"

namespace kdeps::test {
namespace {

using Commands = std::vector<db::Command>;

/// Two sessions with one table.
class MysqlTransactionTest : public MysqlTest {
 protected:
    void SetUp() override {
        MysqlTest::SetUp();
        if (!connection) return;
        run(*connection, "DROP TABLE IF EXISTS " + table);
        run(*connection, "CREATE TABLE " + table + "(id int PRIMARY KEY, n int) ENGINE = InnoDB");
        run(*connection, "INSERT INTO " + table + " VALUES (1, 0), (2, 0)");
        other = connect();
    }
    void TearDown() override {
        other.reset();
        if (connection) run(*connection, "DROP TABLE " + table);
    }
    /// What a transaction reads after another one has written what it had read before.
    std::string second_read(std::string_view isolation) {
        run(*other, "UPDATE " + table + " SET n = 0");
        const Commands commands = {{read, nothing}};
        connection->run(commands, {.begin = true, .isolation = isolation});
        run(*other, "UPDATE " + table + " SET n = 1");
        const auto results = connection->run(commands, {.goes_on = true, .commit = true});
        return cell_text(*results[0][0].table);
    }

    // The server serves other tests too.
    const std::string table = fmt::format("transaction_test_{}", getpid());
    const std::vector<std::vector<Value>> nothing = {{}};
    const db::Statement read = reading("SELECT n FROM " + table + " WHERE id = 1");
    std::unique_ptr<db::Connection> other;
};

TEST_F(MysqlTransactionTest, BeginsAtTheLevelThatIsAskedFor) {
    EXPECT_EQ(second_read("repeatable read"), "Int:0");
    EXPECT_EQ(second_read("read committed"), "Int:1");
    EXPECT_EQ(second_read(""), "Int:0") << "the level was for one transaction only";
}

TEST_F(MysqlTransactionTest, AThrowAfterTheFirstCallUndoesIt) {
    const db::Statement write = writing("UPDATE " + table + " SET n = 7");
    const Error error = error_of([&] {
        connection->run(Commands{{write, nothing}, {write, nothing}},
                        {.begin = true,
                         .commit = true,
                         .on_results = [](std::size_t, std::span<const db::Result> given) {
                             EXPECT_EQ(given[0].rows_affected, 2);
                             throw Error(ErrorCode::PreflightFailed, "not so",
                                         {.outcome = Outcome::NotDone});
                         }});
    });
    EXPECT_EQ(error.detail().failed_index, 0u);
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(one(*other, "SELECT sum(n) FROM " + table), "Decimal:0");
}

TEST_F(MysqlTransactionTest, WhatAThrowCannotUndoIsUnknown) {
    run(*connection, "CREATE TEMPORARY TABLE kept(n int) ENGINE = MyISAM");
    const db::Statement write = writing("INSERT INTO kept VALUES (1)");
    const Error error = error_of([&] {
        connection->run(Commands{{write, nothing}},
                        {.begin = true,
                         .commit = true,
                         .on_results = [](std::size_t, std::span<const db::Result>) {
                             throw Error(ErrorCode::PreflightFailed, "not so",
                                         {.outcome = Outcome::NotDone});
                         }});
    });
    EXPECT_EQ(error.detail().outcome, Outcome::Unknown);
}

TEST_F(MysqlTransactionTest, ALockThatIsWaitedForInVainIsAConflict) {
    const db::Statement write = writing("UPDATE " + table + " SET n = 7");
    other->run(Commands{{write, nothing}}, {.begin = true});
    run(*connection, "SET innodb_lock_wait_timeout = 1");
    const Error error = error_of([&] {
        connection->run(Commands{{write, nothing}}, {.begin = true, .commit = true});
    });
    EXPECT_TRUE(make_driver(dsn)->is_conflict(error.detail())) << error.what();
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    other->rollback();
}

TEST_F(MysqlTransactionTest, OtherFailuresAreNoConflict) {
    const auto driver = make_driver(dsn);
    const Error error =
        error_of([&] { run(*connection, "INSERT INTO " + table + " VALUES (1, 1)"); });
    EXPECT_FALSE(driver->is_conflict(error.detail()));
    EXPECT_TRUE(driver->is_conflict({.sqlstate = "40001"}));
    EXPECT_TRUE(driver->is_conflict({.sqlstate = "HY000", .context = "error number: 1205\nset 3"}));
    EXPECT_FALSE(driver->is_conflict({.sqlstate = "HY000", .context = "error number: 12051"}));
}

}  // namespace
}  // namespace kdeps::test
