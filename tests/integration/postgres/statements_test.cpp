#include <chrono>
#include <thread>

#include "postgres_fixture.hpp"

namespace kdeps::test {
namespace {

class PostgresStatementsTest : public PostgresTest {};

TEST_F(PostgresStatementsTest, RowsAreToldFromTheResultNotFromTheFirstWord) {
    run(*connection, "CREATE TEMP TABLE t(id int PRIMARY KEY, n int)");
    const db::Result inserted =
        run(*connection, "INSERT INTO t VALUES (1, 10), (2, 20) RETURNING id");
    ASSERT_TRUE(inserted.table);
    EXPECT_EQ(inserted.table->row_count(), 2u);
    EXPECT_EQ(inserted.rows_affected, 2);
    const db::Result with = run(
        *connection, "WITH d AS (DELETE FROM t WHERE id = 2 RETURNING id) SELECT count(*) FROM d");
    EXPECT_EQ(cell_text(*with.table), "Int:1");
    EXPECT_TRUE(run(*connection, "EXPLAIN SELECT 1").table);
    EXPECT_TRUE(run(*connection, "SHOW server_version").table);
    EXPECT_TRUE(run(*connection, "TABLE t").table);
    const db::Result updated = run(*connection, "UPDATE t SET n = n");
    EXPECT_FALSE(updated.table);
    EXPECT_EQ(updated.rows_affected, 1);
    EXPECT_FALSE(updated.last_insert_id);
}

TEST_F(PostgresStatementsTest, EmptyResultKeepsItsColumns) {
    const db::Result result = run(*connection, "SELECT 1 AS a, 2 AS b WHERE false");
    ASSERT_TRUE(result.table);
    EXPECT_EQ(result.table->row_count(), 0u);
    ASSERT_EQ(result.table->columns().size(), 2u);
    EXPECT_EQ(result.table->columns()[1].name, "b");
}

TEST_F(PostgresStatementsTest, CallGivesItsOutParameters) {
    run(*connection, "CREATE PROCEDURE pg_temp.twice(INOUT n int) LANGUAGE sql AS 'SELECT 2 * n'");
    EXPECT_EQ(cell_text(*run(*connection, "CALL pg_temp.twice($1)", {21}).table), "Int:42");
}

TEST_F(PostgresStatementsTest, TakenColumnNamesAreNumbered) {
    const db::Result result = run(*connection, "SELECT 1 AS id, 2 AS id");
    EXPECT_EQ(result.table->columns()[1].name, "id_2");
    EXPECT_EQ(result.renamed_columns.size(), 1u);
}

TEST_F(PostgresStatementsTest, FailureCarriesTheServersWords) {
    run(*connection, "CREATE TEMP TABLE t(id int CONSTRAINT positive CHECK (id > 0))");
    const Error error = error_of([&] { run(*connection, "INSERT INTO t VALUES ($1)", {-1}); });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(std::string(error.what()),
              "new row for relation \"t\" violates check constraint \"positive\"");
    EXPECT_EQ(error.detail().sqlstate, "23514");
    EXPECT_EQ(error.detail().context, "detail: Failing row contains (-1).\nconstraint: positive");
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    const Error syntax = error_of([&] { one(*connection, "SELEC 1"); });
    EXPECT_EQ(std::string(syntax.what()), "syntax error at or near \"SELEC\"");
    EXPECT_EQ(syntax.detail().context, "position: 1");
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
}

TEST_F(PostgresStatementsTest, ChangedTableHealsOutsideATransaction) {
    run(*connection, "CREATE TEMP TABLE t(id int)");
    run(*connection, "INSERT INTO t VALUES (1)");
    EXPECT_EQ(one(*connection, "SELECT * FROM t"), "Int:1");
    run(*connection, "ALTER TABLE t ALTER COLUMN id TYPE text");
    EXPECT_EQ(one(*connection, "SELECT * FROM t"), "Text:1");
    EXPECT_EQ(one(*connection, "SELECT * FROM t"), "Text:1");
    run(*connection, "ALTER TABLE t ALTER COLUMN id TYPE int USING id::int");
    begin(*connection);
    const Error error = error_of([&] { one(*connection, "SELECT * FROM t"); });
    EXPECT_EQ(std::string(error.what()), "cached plan must not change result type");
    connection->rollback();
    EXPECT_EQ(one(*connection, "SELECT * FROM t"), "Int:1");
}

TEST_F(PostgresStatementsTest, DeallocatedStatementsHeal) {
    EXPECT_EQ(one(*connection, "SELECT $1::int", {7}), "Int:7");
    run(*connection, "DEALLOCATE ALL");
    EXPECT_EQ(one(*connection, "SELECT $1::int", {8}), "Int:8");
}

TEST_F(PostgresStatementsTest, TakenStatementNameHeals) {
    constexpr const char* kText = "SELECT 'first'";
    EXPECT_EQ(one(*connection, kText), "Text:first");
    const db::Result names =
        run(*connection, "SELECT name FROM pg_prepared_statements WHERE statement = $1", {kText});
    const std::string name(names.table->cell(0, 0).text);
    const auto other = connect();  // has not prepared it yet, and finds its name taken
    run(*other, "PREPARE " + name + " AS SELECT 'somebody else'");
    EXPECT_EQ(one(*other, kText), "Text:first");
}

TEST_F(PostgresStatementsTest, CacheIsBounded) {
    for (int i = 0; i < 300; ++i) {
        ASSERT_EQ(one(*connection, "SELECT " + std::to_string(i)), "Int:" + std::to_string(i));
    }
    EXPECT_EQ(one(*connection, "SELECT count(*) <= 256 FROM pg_prepared_statements"), "Bool:true");
    EXPECT_EQ(one(*connection, "SELECT 0"), "Int:0");
}

TEST_F(PostgresStatementsTest, FullCacheInATransaction) {
    for (int i = 0; i < 256; ++i) one(*connection, "SELECT " + std::to_string(i));
    run(*connection, "DEALLOCATE ALL");
    begin(*connection);
    for (int i = 300; i < 310; ++i) {
        EXPECT_EQ(one(*connection, "SELECT " + std::to_string(i)), "Int:" + std::to_string(i));
    }
    commit(*connection);
    EXPECT_EQ(one(*connection, "SELECT 0"), "Int:0");
}

TEST_F(PostgresStatementsTest, RowsPastTheLimitAreCutOff) {
    db::Statement statement = reading("SELECT i FROM generate_series(1, 5000000) i");
    statement.max_rows = 3;
    const db::Result result = connection->execute(statement, {});
    EXPECT_EQ(result.table->row_count(), 3u);
    EXPECT_TRUE(result.table->is_truncated());
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
    statement = reading("SELECT i FROM generate_series(1, 3) i");
    statement.max_rows = 3;
    EXPECT_FALSE(connection->execute(statement, {}).table->is_truncated());
}

TEST_F(PostgresStatementsTest, RowsPastTheLimitDoNotFailATransaction) {
    begin(*connection);
    db::Statement statement = reading("SELECT i FROM generate_series(1, 20000) i");
    statement.max_rows = 1;
    EXPECT_EQ(connection->execute(statement, {}).table->row_count(), 1u);
    EXPECT_EQ(connection->state(), db::SessionState::InTransaction);
    commit(*connection);
}

TEST_F(PostgresStatementsTest, BytesPastTheLimitFail) {
    db::Statement statement = reading("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)");
    statement.max_bytes = 1u << 20;
    const Error error = error_of([&] { static_cast<void>(connection->execute(statement, {})); });
    EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
    EXPECT_EQ(one(*connection, "SELECT 1"), "Int:1");
}

TEST_F(PostgresStatementsTest, CopyIsRefusedAndCostsTheSession) {
    for (const char* copy : {"COPY pg_temp.t FROM STDIN", "COPY (SELECT 1) TO STDOUT"}) {
        const auto session = connect();
        run(*session, "CREATE TEMP TABLE t(id int)");
        const Error error = error_of([&] { run(*session, copy); });
        EXPECT_EQ(std::string(error.what()), "COPY to or from the client is not supported");
        EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
        EXPECT_EQ(session->state(), db::SessionState::Broken);
    }
}

TEST_F(PostgresStatementsTest, EmptyStatementGivesNothing) {
    const db::Result result = run(*connection, "-- nothing");
    EXPECT_FALSE(result.table);
    EXPECT_EQ(result.rows_affected, 0);
}

}  // namespace
}  // namespace kdeps::test
