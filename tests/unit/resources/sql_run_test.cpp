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

}  // namespace
}  // namespace kdeps::resources
