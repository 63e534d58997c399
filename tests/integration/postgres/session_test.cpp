#include "postgres_fixture.hpp"

namespace kdeps::test {
namespace {

class PostgresSessionTest : public PostgresTest {};

TEST_F(PostgresSessionTest, StateFollowsTheServer) {
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    begin(*connection);
    EXPECT_EQ(connection->state(), db::SessionState::InTransaction);
    error_of([&] { one(*connection, "SELECT 1/0"); });
    EXPECT_EQ(connection->state(), db::SessionState::FailedTransaction);
    connection->rollback();
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    EXPECT_TRUE(connection->ping());
}

TEST_F(PostgresSessionTest, CommitAnsweredWithRollbackIsAnError) {
    begin(*connection);
    error_of([&] { one(*connection, "SELECT 1/0"); });
    const Error error = error_of([&] { commit(*connection); });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(std::string(error.what()),
              "the transaction was rolled back at COMMIT, because a statement in it failed");
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
}

TEST_F(PostgresSessionTest, DeferredConstraintFailsAtCommit) {
    run(*connection, "CREATE TEMP TABLE p(id int PRIMARY KEY)");
    run(*connection, "CREATE TEMP TABLE c(p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
    begin(*connection);
    run(*connection, "INSERT INTO c VALUES (1)");
    const Error error = error_of([&] { commit(*connection); });
    EXPECT_EQ(error.detail().sqlstate, "23503");
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
}

TEST_F(PostgresSessionTest, ReadOnlyTransactionRefusesWrites) {
    run(*connection, "CREATE TEMP TABLE t(id int)");
    begin(*connection, true);
    EXPECT_EQ(error_of([&] { run(*connection, "CREATE TABLE x(id int)"); }).detail().sqlstate,
              "25006");
    connection->rollback();
}

TEST_F(PostgresSessionTest, CancelEndsARunningStatement) {
    const auto begin = std::chrono::steady_clock::now();
    const std::jthread canceller = once_running([this] { connection->cancel(); });
    const Error error = error_of([&] { one(*connection, "SELECT pg_sleep(30)"); });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(error.detail().sqlstate, "57014");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
}

TEST_F(PostgresSessionTest, AbortFailsARunningStatementAtOnce) {
    const auto begin = std::chrono::steady_clock::now();
    const std::jthread aborter = once_running([this] { connection->abort(); });
    const Error error = error_of(
        [&] { static_cast<void>(connection->execute(writing("SELECT pg_sleep(30)"), {})); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
    EXPECT_EQ(error.detail().outcome, Outcome::Unknown);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
    EXPECT_EQ(connection->state(), db::SessionState::Broken);
    EXPECT_FALSE(connection->ping());
    EXPECT_FALSE(connection->reset());
}

TEST_F(PostgresSessionTest, EndedSessionIsNoticedWithoutARoundTrip) {
    const auto other = connect();
    run(*other, "SELECT pg_terminate_backend($1)", {std::stoi(connection->session_id())});
    for (int i = 0; i < 2000 && connection->state() != db::SessionState::Broken; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(connection->state(), db::SessionState::Broken);
    const Error error = error_of([&] { run(*connection, "SELECT 1"); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
}

TEST_F(PostgresSessionTest, EndedDuringAStatement) {
    const auto other = connect();
    const int id = std::stoi(connection->session_id());
    const auto end = [&] { run(*other, "SELECT pg_terminate_backend($1)", {id}); };
    begin(*connection);
    const std::jthread killer = once_running(end);
    const Error error = error_of([&] { run(*connection, "SELECT pg_sleep(30)"); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
    EXPECT_EQ(error.detail().sqlstate, "57P01");
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_NE(std::string(error.what())
                  .find("was lost: terminating connection due to administrator command"),
              std::string::npos);
    EXPECT_EQ(connection->state(), db::SessionState::Broken);
}

TEST_F(PostgresSessionTest, NotificationsDoNotBreakTheSession) {
    run(*connection, "LISTEN news");
    const auto other = connect();
    run(*other, "NOTIFY news");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
}

TEST_F(PostgresSessionTest, ResetLeavesNothingBehind) {
    EXPECT_EQ(one(*connection, "SELECT $1::int", {1}), "Int:1");
    run(*connection, "SET search_path = pg_catalog");
    run(*connection, "SET DateStyle = 'German'");
    run(*connection, "CREATE TEMP TABLE left_over(id int)");
    run(*connection, "SELECT pg_advisory_lock(4711)");
    run(*connection, "LISTEN news");
    run(*connection, "PREPARE mine AS SELECT 1");
    begin(*connection);
    ASSERT_TRUE(connection->reset());
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    EXPECT_EQ(one(*connection, "SHOW search_path"), "Text:\"$user\", public");
    EXPECT_EQ(one(*connection, "SELECT date '2024-01-15'"), "Date:2024-01-15");
    EXPECT_EQ(one(*connection, "SELECT to_regclass('left_over') IS NULL"), "Bool:true");
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"),
              "Int:0");
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM pg_listening_channels()"), "Int:0");
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM pg_prepared_statements WHERE from_sql"),
              "Int:0");
}

TEST_F(PostgresSessionTest, ResetNoticesDroppedPreparedStatements) {
    EXPECT_EQ(one(*connection, "SELECT $1::int", {1}), "Int:1");
    run(*connection, "DISCARD ALL");
    ASSERT_TRUE(connection->reset());
    begin(*connection);  // where a missing statement could not be healed
    EXPECT_EQ(one(*connection, "SELECT $1::int", {1}), "Int:1");
    commit(*connection);
}

TEST_F(PostgresSessionTest, ResetKeepsOurPreparedStatements) {
    EXPECT_EQ(one(*connection, "SELECT $1::int", {1}), "Int:1");
    ASSERT_TRUE(connection->reset());
    EXPECT_EQ(one(*connection,
                  "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::int'"),
              "Int:1");
}

}  // namespace
}  // namespace kdeps::test
