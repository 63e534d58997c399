#include "mysql_fixture.hpp"

namespace kdeps::test {
namespace {

class MysqlStatementsTest : public MysqlTest {};

TEST_F(MysqlStatementsTest, RowsAreToldFromTheResultNotFromTheFirstWord) {
    run(*connection, "CREATE TEMPORARY TABLE t(id int AUTO_INCREMENT PRIMARY KEY, n int)");
    const db::Result inserted = run(*connection, "INSERT INTO t(n) VALUES (10), (20)");
    EXPECT_FALSE(inserted.table);
    EXPECT_EQ(inserted.rows_affected, 2);
    EXPECT_EQ(inserted.last_insert_id, 1);
    const db::Result returning = run(*connection, "INSERT INTO t(n) VALUES (30) RETURNING id, n");
    ASSERT_TRUE(returning.table);
    EXPECT_EQ(cell_text(*returning.table), "Int:3");
    EXPECT_EQ(returning.rows_affected, 1);
    EXPECT_TRUE(run(*connection, "WITH d AS (SELECT 1) SELECT * FROM d").table);
    EXPECT_TRUE(run(*connection, "SHOW VARIABLES LIKE 'port'").table);
    EXPECT_TRUE(run(*connection, "EXPLAIN SELECT 1").table);
    EXPECT_TRUE(run(*connection, "DESCRIBE t").table);
    const db::Result matched = run(*connection, "UPDATE t SET n = n");
    EXPECT_EQ(matched.rows_affected, 3) << "matched rows, not changed ones";
    EXPECT_FALSE(matched.last_insert_id);
}

TEST_F(MysqlStatementsTest, EmptyResultKeepsItsColumns) {
    const db::Result result = run(*connection, "SELECT 1 AS a, 2 AS b FROM dual WHERE false");
    ASSERT_TRUE(result.table);
    EXPECT_EQ(result.table->row_count(), 0u);
    EXPECT_EQ(result.table->columns()[1].name, "b");
}

TEST_F(MysqlStatementsTest, CallGivesItsFirstRows) {
    run(*connection, "DROP PROCEDURE IF EXISTS kdeps_two");
    run(*connection,
        "CREATE PROCEDURE kdeps_two(IN n int) BEGIN SET @x = n; SELECT n AS a; SELECT n + 1 AS b; "
        "END");
    const db::Result result = run(*connection, "CALL kdeps_two(?)", {41});
    ASSERT_TRUE(result.table);
    EXPECT_EQ(result.table->columns()[0].name, "a");
    EXPECT_EQ(cell_text(*result.table), "Int:41");
    EXPECT_EQ(one(*connection, "SELECT @x"), "Int:41");
    run(*connection, "DROP PROCEDURE kdeps_two");
    run(*connection, "DROP PROCEDURE IF EXISTS kdeps_none");
    run(*connection, "CREATE PROCEDURE kdeps_none() SET @y = 7");
    EXPECT_FALSE(run(*connection, "CALL kdeps_none()").table);
    EXPECT_EQ(one(*connection, "SELECT @y"), "Int:7");
    run(*connection, "DROP PROCEDURE kdeps_none");
}

TEST_F(MysqlStatementsTest, FailureInsideACall) {
    run(*connection, "DROP PROCEDURE IF EXISTS kdeps_fails");
    run(*connection,
        "CREATE PROCEDURE kdeps_fails() BEGIN SELECT 1; "
        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no way'; END");
    const Error error = error_of([&] { run(*connection, "CALL kdeps_fails()"); });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(std::string(error.what()), "no way");
    EXPECT_EQ(error.detail().sqlstate, "45000");
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
    run(*connection, "DROP PROCEDURE kdeps_fails");
}

TEST_F(MysqlStatementsTest, FailureAfterTheFirstRows) {
    const Error error = error_of([&] {
        one(*connection,
            "SELECT repeat('x', 10000), IF(seq = 500, (SELECT 1 UNION SELECT 2), seq) "
            "FROM seq_1_to_1000");
    });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(std::string(error.what()), "Subquery returns more than 1 row");
    EXPECT_EQ(error.detail().sqlstate, "21000");
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
}

TEST_F(MysqlStatementsTest, TakenColumnNamesAreNumbered) {
    const db::Result result = run(*connection, "SELECT 1 AS id, 2 AS id");
    EXPECT_EQ(result.table->columns()[1].name, "id_2");
    EXPECT_EQ(result.renamed_columns.size(), 1u);
}

TEST_F(MysqlStatementsTest, FailureCarriesTheServersWords) {
    run(*connection, "CREATE TEMPORARY TABLE t(id int PRIMARY KEY)");
    run(*connection, "INSERT INTO t VALUES (1)");
    const Error error = error_of([&] { run(*connection, "INSERT INTO t VALUES (?)", {1}); });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(std::string(error.what()), "Duplicate entry '1' for key 'PRIMARY'");
    EXPECT_EQ(error.detail().sqlstate, "23000");
    EXPECT_EQ(error.detail().context, "error number: 1062");
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
}

TEST_F(MysqlStatementsTest, SeveralStatementsInOneTextAreRefused) {
    EXPECT_EQ(error_of([&] { run(*connection, "SELECT 1; SELECT 2"); }).detail().sqlstate, "42000");
}

TEST_F(MysqlStatementsTest, WhatCannotBePreparedRunsAsPlainText) {
    run(*connection, "PREPARE mine FROM 'SELECT 1 AS a, NULL AS b, 1.50 AS c'");
    const db::Result result = run(*connection, "EXECUTE mine");
    ASSERT_TRUE(result.table);
    EXPECT_EQ(cell_text(*result.table, 0, 0), "Int:1");
    EXPECT_EQ(cell_text(*result.table, 0, 1), "Null");
    EXPECT_EQ(cell_text(*result.table, 0, 2), "Decimal:1.50");
    EXPECT_FALSE(run(*connection, "DEALLOCATE PREPARE mine").table);
}

TEST_F(MysqlStatementsTest, CacheIsBounded) {
    const auto prepared = [&] {
        const db::Result r = run(*connection, "SHOW SESSION STATUS LIKE 'Com_stmt_close'");
        return std::stoi(std::string(r.table->cell(0, 1).text));
    };
    for (int i = 0; i < 200; ++i) {
        ASSERT_EQ(one(*connection, "SELECT " + std::to_string(i)), "Int:" + std::to_string(i));
    }
    EXPECT_GE(prepared(), 70);
    EXPECT_EQ(one(*connection, "SELECT 0"), "Int:0");
}

TEST_F(MysqlStatementsTest, RowsPastTheLimitAreCutOff) {
    db::Statement statement = reading("SELECT seq FROM seq_1_to_5000000");
    statement.max_rows = 3;
    const db::Result result = connection->execute(statement, {});
    EXPECT_EQ(result.table->row_count(), 3u);
    EXPECT_TRUE(result.table->is_truncated());
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
}

TEST_F(MysqlStatementsTest, BytesPastTheLimitFail) {
    db::Statement statement = reading("SELECT repeat('x', 1000) FROM seq_1_to_1000000");
    statement.max_bytes = 1u << 20;
    const Error error = error_of([&] { static_cast<void>(connection->execute(statement, {})); });
    EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
}

}  // namespace
}  // namespace kdeps::test
