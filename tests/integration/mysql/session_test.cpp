#include <thread>

#include <fmt/core.h>
#include <unistd.h>

#include "mysql_fixture.hpp"

namespace kdeps::test {
namespace {

class MysqlSessionTest : public MysqlTest {
 protected:
    /// Runs `action` in another thread once the server runs a statement of `connection`.
    template <typename Action>
    std::jthread once_running(Action action) {
        const std::string running =
            "SELECT count(*) FROM information_schema.processlist WHERE command IN ('Query', "
            "'Execute') AND id = " +
            connection->session_id();
        return std::jthread([this, running, action] {
            const auto watcher = connect();
            while (one(*watcher, running) != "Int:1") {
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
            action();
        });
    }
};

TEST_F(MysqlSessionTest, StateFollowsTheServer) {
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    begin(*connection);
    EXPECT_EQ(connection->state(), db::SessionState::InTransaction);
    error_of([&] { one(*connection, "SELECT nonsense"); });
    EXPECT_EQ(connection->state(), db::SessionState::InTransaction);
    connection->rollback();
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    EXPECT_TRUE(connection->ping());
}

TEST_F(MysqlSessionTest, CommitStoresAndRollbackDoesNot) {
    run(*connection, "CREATE TEMPORARY TABLE t(id int) ENGINE = InnoDB");
    begin(*connection);
    run(*connection, "INSERT INTO t VALUES (1)");
    commit(*connection);
    begin(*connection);
    run(*connection, "INSERT INTO t VALUES (2)");
    connection->rollback();
    EXPECT_EQ(one(*connection, "SELECT group_concat(id) FROM t"), "Text:1");
}

TEST_F(MysqlSessionTest, ChangesOfTheSessionAreTold) {
    run(*connection,
        "CREATE OR REPLACE PROCEDURE kdeps_sets() SET SESSION sort_buffer_size = 300000");
    run(*connection,
        "CREATE OR REPLACE PROCEDURE kdeps_makes() CREATE TEMPORARY TABLE kdeps_made(a int)");
    run(*connection, "CREATE OR REPLACE PROCEDURE kdeps_keeps() DO 1");
    run(*connection,
        "CREATE OR REPLACE FUNCTION kdeps_counts() RETURNS int BEGIN SET @n = 1; RETURN 1; END");
    run(*connection, "CREATE OR REPLACE TABLE kdeps_plain(id int AUTO_INCREMENT PRIMARY KEY)");
    const auto request = [&](const std::string& text) {
        static_cast<void>(connection->execute({.text = std::make_shared<const std::string>(text),
                                               .statement_class = sql::classify(text, sql::kMySql)},
                                              {}));
    };
    const auto is_changed_by = [&](const std::string& text) {
        EXPECT_TRUE(connection->reset());
        EXPECT_FALSE(connection->session_changed());
        request(text);
        return connection->session_changed();
    };
    const std::vector<std::string> changing = {
        "CALL kdeps_sets()",
        "CALL kdeps_makes()",
        "CALL kdeps_keeps()",  // it might prepare a statement, or lock all tables
        "DO kdeps_counts()",
        "SELECT kdeps_counts()",
        "INSERT INTO kdeps_plain VALUES (kdeps_counts() + 7)",
        "SET @a = 1",
        "USE " + dsn.database};
    for (const std::string& text : changing) {
        EXPECT_TRUE(is_changed_by(text)) << text;
    }
    for (const char* text :
         {"SELECT 1", "INSERT INTO kdeps_plain VALUES (NULL)",
          "INSERT INTO kdeps_plain VALUES (NULL) RETURNING id", "UPDATE kdeps_plain SET id = id",
          "SELECT count(*), now() FROM kdeps_plain", "START TRANSACTION"}) {
        request(text);
        EXPECT_TRUE(connection->clean());  // asks the catalogue
        EXPECT_FALSE(is_changed_by(text)) << text;
    }
    run(*connection, "DROP PROCEDURE kdeps_sets");
    run(*connection, "DROP PROCEDURE kdeps_makes");
    run(*connection, "DROP PROCEDURE kdeps_keeps");
    run(*connection, "DROP FUNCTION kdeps_counts");
    run(*connection, "DROP TABLE kdeps_plain");
}

TEST_F(MysqlSessionTest, AFailedUnitTellsWhatARollbackLeaves) {
    run(*connection, "CREATE TEMPORARY TABLE kept(id int PRIMARY KEY) ENGINE = MyISAM");
    run(*connection, "CREATE TEMPORARY TABLE undone(id int PRIMARY KEY) ENGINE = InnoDB");
    const auto failure_of = [&](const char* text) {
        const std::vector<std::vector<Value>> none(1);
        const db::Command commands[] = {{writing(text), none}, {writing(text), none}};
        return error_of([&] { connection->run(commands, {.begin = true, .commit = true}); });
    };
    const Error kept = failure_of("INSERT INTO kept VALUES (1)");
    EXPECT_EQ(kept.detail().outcome, Outcome::Unknown);
    EXPECT_NE(kept.detail().hint.find("couldn't be rolled back"), std::string::npos);
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    const Error undone = failure_of("INSERT INTO undone VALUES (1)");
    EXPECT_EQ(undone.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM kept"), "Int:1");
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM undone"), "Int:0");
}

TEST_F(MysqlSessionTest, AFailureThatHasCommittedLeavesTheOutcomeOpen) {
    run(*connection, "CREATE OR REPLACE TABLE kdeps_stored(id int)");
    const std::vector<std::vector<Value>> none(1);
    const db::Command commands[] = {{writing("INSERT INTO kdeps_stored VALUES (1)"), none},
                                    {writing("CREATE TABLE kdeps_stored(id int)"), none}};
    const Error error =
        error_of([&] { connection->run(commands, {.begin = true, .commit = true}); });
    EXPECT_EQ(error.detail().outcome, Outcome::Unknown);
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM kdeps_stored"), "Int:1");
    run(*connection, "DROP TABLE kdeps_stored");
}

/// What is said of commands of a call of which the last one fails, or a transaction is left open.
class MysqlOutcomeTest : public MysqlTest {
 protected:
    void SetUp() override {
        MysqlTest::SetUp();
        if (IsSkipped()) return;
        run(*connection, "CREATE TEMPORARY TABLE stored(id int PRIMARY KEY) ENGINE = InnoDB");
    }
    ErrorDetail failure_of(const std::vector<std::string>& texts) {
        const std::vector<std::vector<Value>> none(1);
        std::vector<db::Command> commands;
        for (const std::string& text : texts) {
            commands.push_back({{.text = std::make_shared<const std::string>(text),
                                 .statement_class = sql::classify(text, sql::kMySql)},
                                none});
        }
        return error_of([&] { connection->run(commands, {.must_end = true}); }).detail();
    }
    [[nodiscard]] std::string count() { return one(*connection, "SELECT count(*) FROM stored"); }

    const std::string insert = "INSERT INTO stored VALUES (1)";
};

using Indexes = std::vector<std::size_t>;

TEST_F(MysqlOutcomeTest, ACommitThatChainsHasStored) {
    for (const char* const commit : {"COMMIT", "COMMIT AND CHAIN"}) {
        const ErrorDetail detail =
            failure_of({"SET completion_type = 1", "BEGIN", insert, commit, insert});
        EXPECT_EQ(detail.sqlstate, "23000") << commit;
        EXPECT_EQ(detail.applied_indexes, (Indexes{0, 1, 2, 3})) << commit;
        EXPECT_EQ(count(), "Int:1");
        run(*connection, "DELETE FROM stored");
        run(*connection, "COMMIT AND NO CHAIN");
    }
}

TEST_F(MysqlOutcomeTest, ATableWithoutTransactionsMayKeepAPart) {
    run(*connection, "CREATE OR REPLACE TABLE kdeps_kept(id int PRIMARY KEY) ENGINE = MyISAM");
    const ErrorDetail kept = failure_of({"INSERT INTO kdeps_kept VALUES (1), (2), (1)"});
    EXPECT_EQ(kept.outcome, Outcome::Unknown);
    EXPECT_NE(kept.hint.find("InnoDB"), std::string::npos);
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM kdeps_kept"), "Int:2");
    EXPECT_EQ(failure_of({"BEGIN NOT ATOMIC INSERT INTO stored VALUES (7); SIGNAL SQLSTATE "
                          "'45000'; END"})
                  .outcome,
              Outcome::Unknown);
    EXPECT_EQ(failure_of({"INSERT INTO stored VALUES (1), (2), (1)"}).outcome, Outcome::NotDone);
    // Called as a table of information_schema, which has no transactions.
    run(*connection, "CREATE TEMPORARY TABLE named(files int PRIMARY KEY)");
    EXPECT_EQ(failure_of({"INSERT INTO named (files) VALUES (1), (1)"}).outcome, Outcome::NotDone);
    EXPECT_EQ(failure_of({"INSERT INTO kdeps_kept VALUES (1, 2)"}).outcome, Outcome::NotDone);
    run(*connection, "DROP TABLE kdeps_kept");
}

class MysqlXaTest : public MysqlOutcomeTest {
 protected:
    void SetUp() override {
        MysqlOutcomeTest::SetUp();
        if (IsSkipped()) return;
        run(*connection, "DROP TEMPORARY TABLE stored");
        run(*connection, "CREATE OR REPLACE TABLE " + table + "(id int PRIMARY KEY)");
    }
    void TearDown() override {
        if (!connection) return;
        connection.reset();
        const auto other = connect();
        run(*other, "DROP TABLE " + table);
    }
    // Tables and transactions of XA belong to the server, which serves other tests too.
    const std::string id =
        fmt::format("'{}'", testing::UnitTest::GetInstance()->current_test_info()->name());
    const std::string table = fmt::format("kdeps_xa_{}", getpid());
    const std::string change = "INSERT INTO " + table + " VALUES (1)";
};

TEST_F(MysqlXaTest, WhatIsOnlyPreparedIsUnknown) {
    const ErrorDetail detail =
        failure_of({"XA START " + id, change, "XA END " + id, "XA PREPARE " + id});
    EXPECT_EQ(detail.outcome, Outcome::Unknown);
    EXPECT_THROW(connection->rollback(), Error) << "the session must be closed";
    run(*connection, "XA ROLLBACK " + id);
}

TEST_F(MysqlXaTest, WhatIsCommittedIsStoredAndWhatIsRolledBackIsNot) {
    const ErrorDetail stored = failure_of(
        {"XA START " + id, change, "XA END " + id, "XA COMMIT " + id + " ONE PHASE", change});
    EXPECT_EQ(stored.applied_indexes, (Indexes{0, 1, 2, 3}));
    run(*connection, "DELETE FROM " + table);
    const ErrorDetail undone = failure_of(
        {"XA START " + id, change, "XA END " + id, "XA ROLLBACK " + id, "INSERT INTO " + table});
    EXPECT_EQ(undone.applied_indexes, (Indexes{3}));
    EXPECT_EQ(failure_of({"XA COMMIT 'nobody'"}).outcome, Outcome::Unknown);
}

TEST_F(MysqlSessionTest, ADeadlockHasUndoneEverything) {
    run(*connection, "CREATE OR REPLACE TABLE kdeps_locked(id int PRIMARY KEY, n int)");
    run(*connection, "INSERT INTO kdeps_locked SELECT seq, 0 FROM seq_1_to_100");
    const auto other = connect();
    begin(*other);
    // Of two in a deadlock the one loses that has changed less.
    run(*other, "UPDATE kdeps_locked SET n = 2 WHERE id > 1");
    std::jthread rival;
    const std::vector<std::vector<Value>> none(1);
    const db::Command commands[] = {{writing("UPDATE kdeps_locked SET n = 1 WHERE id = 1"), none},
                                    {writing("UPDATE kdeps_locked SET n = 1 WHERE id = 2"), none}};
    const auto meet = [&] {
        rival = std::jthread([&] { run(*other, "UPDATE kdeps_locked SET n = 2 WHERE id = 1"); });
    };
    const Error error = error_of(
        [&] { connection->run(commands, {.begin = true, .commit = true, .before_next = meet}); });
    rival.join();
    EXPECT_EQ(error.detail().sqlstate, "40001");
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    other->rollback();
    EXPECT_EQ(one(*connection, "SELECT max(n) FROM kdeps_locked"), "Int:0");
    run(*connection, "DROP TABLE kdeps_locked");
}

TEST_F(MysqlSessionTest, ReadOnlyTransactionRefusesWrites) {
    run(*connection, "CREATE OR REPLACE TABLE kdeps_ro(id int)");
    begin(*connection, true);
    EXPECT_EQ(
        error_of([&] { run(*connection, "INSERT INTO kdeps_ro VALUES (1)"); }).detail().sqlstate,
        "25006");
    connection->rollback();
    run(*connection, "DROP TABLE kdeps_ro");
}

TEST_F(MysqlSessionTest, CancelEndsARunningStatement) {
    const auto begin = std::chrono::steady_clock::now();
    const std::jthread canceller = once_running([this] { connection->cancel(); });
    const Error error = error_of([&] {
        one(*connection,
            "SELECT count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b WHERE a.seq * b.seq > 7");
    });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(error.detail().sqlstate, "70100");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
}

TEST_F(MysqlSessionTest, AbortFailsARunningStatementAtOnce) {
    const auto begin = std::chrono::steady_clock::now();
    const std::jthread aborter = once_running([this] { connection->abort(); });
    const Error error = error_of([&] { run(*connection, "SELECT sleep(30)"); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
    EXPECT_EQ(error.detail().outcome, Outcome::Unknown);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
    EXPECT_EQ(connection->state(), db::SessionState::Broken);
    EXPECT_FALSE(connection->ping());
    EXPECT_FALSE(connection->reset());
}

TEST_F(MysqlSessionTest, EndedSessionIsNoticedWithoutARoundTrip) {
    const auto other = connect();
    run(*other, "KILL CONNECTION " + connection->session_id());
    for (int i = 0; i < 2000 && connection->state() != db::SessionState::Broken; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(connection->state(), db::SessionState::Broken);
    EXPECT_EQ(error_of([&] { run(*connection, "SELECT 1"); }).code(), ErrorCode::ConnectionLost);
}

TEST_F(MysqlSessionTest, EndedDuringAStatement) {
    const auto other = connect();
    begin(*connection);
    const std::jthread killer =
        once_running([&] { run(*other, "KILL CONNECTION " + connection->session_id()); });
    const Error error = error_of([&] { run(*connection, "SELECT sleep(30)"); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(std::string(error.what()).rfind("connection to MySQL inventory on ", 0), 0u);
    EXPECT_EQ(connection->state(), db::SessionState::Broken);
}

TEST_F(MysqlSessionTest, ResetLeavesNothingBehind) {
    EXPECT_EQ(one(*connection, "SELECT ?", {1}), "Int:1");
    run(*connection, "SET @mine = 1");
    run(*connection, "SET time_zone = '+05:00'");
    run(*connection, "CREATE TEMPORARY TABLE left_over(id int)");
    EXPECT_EQ(one(*connection, "SELECT get_lock('kdeps_test_lock', 0)"), "Int:1");
    begin(*connection);
    ASSERT_TRUE(connection->reset());
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    EXPECT_EQ(one(*connection, "SELECT @mine"), "Null");
    EXPECT_EQ(one(*connection, "SELECT @@time_zone = @@global.time_zone"), "Int:1");
    EXPECT_EQ(one(*connection, "SELECT is_free_lock('kdeps_test_lock')"), "Int:1");
    EXPECT_EQ(error_of([&] { run(*connection, "SELECT * FROM left_over"); }).detail().sqlstate,
              "42S02");
    EXPECT_EQ(one(*connection, "SELECT ?", {2}), "Int:2");
    EXPECT_EQ(one(*connection, "SELECT @@character_set_client"), "Text:utf8mb4");
    EXPECT_EQ(one(*connection, "SELECT '\U0001F600'"), "Text:\U0001F600");
}

}  // namespace
}  // namespace kdeps::test
