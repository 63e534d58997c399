// What a sql resource takes from its pool, and for how long.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/engine/executor.hpp"
#include "kdeps/resources/connections.hpp"
#include "kdeps/resources/kinds.hpp"

#include "support/database.hpp"
#include "support/fake_driver.hpp"
#include "support/temp_dir.hpp"

namespace kdeps::resources {
namespace {

/// `sql` resources of a workflow with the connection `shop`, whose pool has one session at most.
class SqlRunTest : public testing::Test {
 protected:
    static sql::PoolSettings one_session() {
        sql::PoolSettings settings;
        settings.name = "shop";
        settings.max_connections = 1;
        return settings;
    }
    Value run(const std::string& resource) {
        const std::string path = folder_.write("workflow.yaml", R"(
metadata: {name: test, targetActionId: query}
settings: {sqlConnections: {shop: {connection: "postgres://nowhere/shop"}}}
---
actionId: query
)" + resource);
        const engine::KindRegistry kinds = builtin_kinds(
            {.connections = [this]() -> Connections& { return *connections_; }, .workers = {}});
        Diagnostics diagnostics;
        SourceTexts texts;
        const workflow::Workflow workflow =
            workflow::load(path, grammar_of(kinds), {}, diagnostics, texts);
        connections_.emplace(workflow, diagnostics);
        connections_->all().front()->pool = pool_;
        const engine::Program program(workflow, kinds, true, diagnostics);
        EXPECT_EQ(diagnostics.error_count(), 0U) << render(diagnostics, texts);
        engine::Executor executor(null_sink());
        return executor.run(program, program.plan("query"), {}, Deadline::never(), {})
            .response.data;
    }
    /// How many of the statements asked to write.
    int writers(const std::string& resource) {
        const int before = server_.counts().writers;
        (void)run(resource);
        return server_.counts().writers - before;
    }

    test::TempDir folder_;
    test::FakeServer server_;
    std::shared_ptr<db::Pool> pool_ = std::make_shared<db::Pool>(
        one_session(), std::make_shared<test::FakeDriver>(server_), null_sink());
    std::optional<Connections> connections_;
};

TEST_F(SqlRunTest, OnlyWhatMayWriteIsAWriter) {
    EXPECT_EQ(writers("sql: {connectionName: shop, query: SELECT 1}"), 0);
    EXPECT_EQ(
        writers("sql: {connectionName: shop, queries: [{query: SELECT 1}, {query: SELECT 2}]}"), 0);
    EXPECT_EQ(writers("sql: {connectionName: shop, query: DELETE FROM t}"), 1);
    EXPECT_EQ(writers("sql: {connectionName: shop, query: 'WITH n AS (SELECT 1) DELETE FROM t'}"),
              1);
    EXPECT_EQ(writers("sql: {connectionName: shop, query: CALL archive()}"), 1);
    EXPECT_EQ(writers("sql: {connectionName: shop, transaction: true, queries: [{query: SELECT 1}, "
                      "{query: DELETE FROM t}]}"),
              1)
        << "one session for all of them";
}

TEST_F(SqlRunTest, NoSessionIsHeldWhileItsRowsAreWorkedWith) {
    std::vector<std::size_t> active;  // as each table goes
    server_.answer_with([&] {
        TableBuilder builder;
        builder.add_column("n");
        builder.append_int(1);
        auto rows = builder.finish();
        const Table* const table = rows.get();
        db::Result result;
        result.table = {table, [this, rows = std::move(rows), &active](const Table*) {
                            active.push_back(pool_->stats().active);
                        }};
        return result;
    });
    // A summary drops the rows once it has counted them.
    (void)run(
        "sql: {connectionName: shop, query: 'DELETE FROM t WHERE n = $1 RETURNING n', "
        "paramsBatch: [[1], [2]], batchResult: summary}");
    EXPECT_EQ(active, (std::vector<std::size_t>{0, 0}));
}

TEST_F(SqlRunTest, NoSessionIsHeldOnceItsStatementHasEnded) {
    // Each needs the only session, and the next comes while the outputs of all before are kept.
    const Value rows = run(R"yaml(
requires: [first, second]
sql: {connectionName: shop, query: DELETE FROM t}
after: ["set('n', get('first').rowsAffected + get('second').rowsAffected)"]
---
actionId: first
sql: {
    connectionName:
        shop, query : DELETE FROM t}
---
actionId: second
requires: [first]
sql: {connectionName: shop, query: DELETE FROM t}
)yaml");
    EXPECT_EQ(*rows.member("rowsAffected"), Value(1));
    EXPECT_EQ(pool_->stats().active, 0U);
    EXPECT_EQ(server_.counts().most_open, 1);
}

/// Transactions that are not as simple as all or nothing.
class SqlTransactionTest : public SqlRunTest {
 protected:
    static db::Result one_row() {
        db::Result result;
        result.rows_affected = 1;
        return result;
    }
    /// How often the server was asked, when the first `failures` statements fail with `error`.
    int statements_with(int failures, const Error& error, const std::string& resource) {
        server_.answer_with([failures, error]() mutable -> db::Result {
            if (failures-- > 0) throw Error(error);
            return one_row();
        });
        const int before = server_.counts().statements;
        try {
            (void)run(resource);
        } catch (const Error& thrown) {
            EXPECT_STREQ(thrown.what(), error.what());
        }
        return server_.counts().statements - before;
    }

    const Error conflict{ErrorCode::QueryFailed,
                         "could not serialize access",
                         {.sqlstate = "40001", .outcome = Outcome::NotDone}};
};

TEST_F(SqlTransactionTest, WhatIsNotAsExpectedIsUndone) {
    server_.answer_with([] { return db::Result{}; });
    const Error error = test::error_of([&] {
        (void)run(R"yaml(
sql:
  connectionName: shop
  transaction: true
  queries:
    - {query: DELETE FROM t, expect: {rows: 0}}
    - {query: DELETE FROM u, expect: {rows: '> 0', status: 404, message: no such order}}
    - {query: DELETE FROM v}
)yaml");
    });
    EXPECT_EQ(error.code(), ErrorCode::PreflightFailed);
    EXPECT_STREQ(error.what(), "no such order");
    EXPECT_EQ(error.detail().http_status, 404);
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(error.detail().failed_index, 1U);
    EXPECT_EQ(server_.counts().statements, 2);
    server_.wait_until([](const auto& counts) { return counts.rollbacks == 1; });
}

TEST_F(SqlTransactionTest, ASingleStatementUndoesItself) {
    const std::string expect = ", expect: {rows: 2}}";
    const Error write = test::error_of(
        [&] { (void)run("sql: {connectionName: shop, query: DELETE FROM t" + expect); });
    EXPECT_STREQ(write.what(), "the statement changed 1 row, expected 2");
    EXPECT_EQ(write.detail().http_status, 409);
    EXPECT_EQ(write.detail().outcome, Outcome::NotDone);
    EXPECT_FALSE(write.detail().failed_index);
    server_.wait_until([](const auto& counts) { return counts.rollbacks == 1; });
    const Error read =
        test::error_of([&] { (void)run("sql: {connectionName: shop, query: SELECT 1" + expect); });
    EXPECT_EQ(read.detail().outcome, Outcome::NotApplicable) << "no transaction was needed";
}

TEST_F(SqlTransactionTest, AFailureBetweenStatementsUndoesThemAll) {
    const Error error = test::error_of([&] {
        (void)run(R"yaml(
sql:
  connectionName: shop
  transaction: true
  queries:
    - {name: first, query: DELETE FROM t}
    - {query: "DELETE FROM u WHERE n = {{ result('first').rowsAffected.x.y }}"}
)yaml");
    });
    EXPECT_EQ(error.code(), ErrorCode::ExpressionFailed);
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(error.detail().failed_index, 1U);
    server_.wait_until([](const auto& counts) { return counts.rollbacks == 1; });
}

TEST_F(SqlTransactionTest, AStatementCanReadThoseOfEveryEarlierStage) {
    const Value results = run(R"yaml(
sql:
  connectionName: shop
  transaction: true
  queries:
    - {name: first, query: DELETE FROM t}
    - {query: DELETE FROM u, paramsBatch: []}
    - {query: DELETE FROM u, paramsBatch: [[], []]}
    - {query: "DELETE FROM v WHERE n = {{ len(result(2)) }}"}
    - {query: "DELETE FROM v WHERE n = {{ result('first').rowsAffected + len(result(1)) }}"}
    - {query: "DELETE FROM v WHERE n = {{ result(4).rowsAffected }}", expect: {rows: 1}}
)yaml");
    EXPECT_EQ(results.size(), 6U);
    EXPECT_EQ(server_.counts().statements, 6);
    EXPECT_EQ(server_.counts().most_open, 1);
    EXPECT_EQ(pool_->stats().active, 0U);
}

TEST_F(SqlTransactionTest, AConflictIsTriedAgainAsAWhole) {
    const std::string two =
        "sql: {connectionName: shop, transaction: true, queries: [{query: DELETE FROM t}, "
        "{query: DELETE FROM u}], retries: ";
    EXPECT_EQ(statements_with(2, conflict, two + "2}"), 4) << "two failures, two statements";
    EXPECT_EQ(statements_with(9, conflict, two + "2}"), 3) << "not without end";
    EXPECT_EQ(statements_with(9, conflict, two + "0}"), 1);
}

TEST_F(SqlTransactionTest, OnlyWhatIsUndoneIsTriedAgain) {
    const std::string one =
        "sql: {connectionName: shop, transaction: true, query: DELETE FROM t, retries: 2}";
    Error unknown = conflict;
    unknown.detail().outcome = Outcome::Unknown;
    EXPECT_EQ(statements_with(9, unknown, one), 1);
    const Error duplicate(ErrorCode::QueryFailed, "duplicate key",
                          {.sqlstate = "23505", .outcome = Outcome::NotDone});
    EXPECT_EQ(statements_with(9, duplicate, one), 1);
}

}  // namespace
}  // namespace kdeps::resources
