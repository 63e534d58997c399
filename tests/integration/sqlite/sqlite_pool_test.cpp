// The pool and the SQLite driver together, on real files.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/base/json.hpp"
#include "kdeps/db/pool.hpp"

#include "sqlite/sqlite_driver.hpp"
#include "support/temp_dir.hpp"

namespace kdeps::db {
namespace {

using namespace std::chrono_literals;

class SqlitePoolTest : public testing::Test {
 protected:
    std::unique_ptr<Pool> open_pool(std::size_t max, const std::string& database) const {
        sql::PoolSettings settings;
        settings.name = "local";
        settings.max_connections = max;
        sql::Dsn dsn;
        dsn.database = database;
        return std::make_unique<Pool>(settings, make_sqlite_driver(dsn, ""), null_sink());
    }
    static Result run(Lease& lease, const std::string& text, Deadline deadline = Deadline::never(),
                      sql::SessionEffect effect = sql::SessionEffect::Neutral) {
        return lease.execute(
            {.text = std::make_shared<const std::string>(text), .statement_class = {effect, true}},
            {}, deadline, {});
    }
    static std::string rows(Pool& pool, const std::string& text) {
        Lease lease = pool.acquire({.access = Access::Read});
        return to_json(Value(TableRef{run(lease, text).table}));
    }

    test::TempDir folder;
    const std::string path = (folder.path() / "test.db").string();
};

TEST_F(SqlitePoolTest, WritersNeverSeeBusyAndLoseNothing) {
    const auto pool = open_pool(8, path);
    const auto same_file = open_pool(4, path);  // another name for the file shares its writer
    {
        Lease lease = pool->acquire({});
        run(lease, "CREATE TABLE t (n INT)");
        run(lease, "INSERT INTO t VALUES (0)");
    }
    std::atomic<int> failures = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            for (int round = 0; round < 25; ++round) {
                try {
                    Lease lease = (i % 2 == 0 ? *pool : *same_file).acquire({});
                    lease.run({}, {.begin = true}, Deadline::never(), {});
                    run(lease, "UPDATE t SET n = n + 1");
                    lease.run({}, {.commit = true}, Deadline::never(), {});
                } catch (const Error&) {
                    ++failures;
                }
            }
        });
    }
    threads.clear();
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(rows(*pool, "SELECT n FROM t"), R"([{"n":200}])");
}

TEST_F(SqlitePoolTest, ReadersGoOnWhileAWriterWrites) {
    const auto pool = open_pool(4, path);
    Lease writer = pool->acquire({});
    run(writer, "CREATE TABLE t (n INT)");
    writer.run({}, {.begin = true}, Deadline::never(), {});
    run(writer, "INSERT INTO t VALUES (1)");
    EXPECT_EQ(rows(*pool, "SELECT * FROM t"), "[]");
    writer.run({}, {.commit = true}, Deadline::never(), {});
    EXPECT_EQ(rows(*pool, "SELECT * FROM t"), R"([{"n":1}])");
}

TEST_F(SqlitePoolTest, SecondWriterIsRefusedAtItsDeadline) {
    const auto pool = open_pool(4, path);
    const Lease first_use = pool->acquire({.access = Access::Read});  // creates the file
    const Lease writer = pool->acquire({});
    try {
        static_cast<void>(pool->acquire({.deadline = Deadline::after(10ms)}));
        ADD_FAILURE() << "two writers";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::PoolTimeout);
        EXPECT_STREQ(error.what(), "pool 'local': another writer held the file until the deadline");
    }
}

TEST_F(SqlitePoolTest, ForgottenTransactionIsRolledBackAndTheGateOpens) {
    const auto pool = open_pool(2, path);
    {
        Lease lease = pool->acquire({});
        run(lease, "CREATE TABLE t (n INT)");
    }
    {
        Lease lease = pool->acquire({.access = Access::Read});
        lease.run({}, {.begin = true}, Deadline::never(), {});
        run(lease, "INSERT INTO t VALUES (1)");
    }
    Lease next = pool->acquire({.deadline = Deadline::after(5s)});
    EXPECT_EQ(run(next, "SELECT * FROM t").table->row_count(), 0u);
}

TEST_F(SqlitePoolTest, StatementEndsAtItsDeadlineAndTheSessionServesOn) {
    const auto pool = open_pool(1, path);
    Lease lease = pool->acquire({});
    try {
        run(lease,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
            Deadline::after(20ms));
        ADD_FAILURE() << "no deadline";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::ResourceTimeout);
        EXPECT_EQ(error.detail().sqlstate, "57014");
        EXPECT_EQ(error.detail().connection, "local");
    }
    lease = Lease();
    EXPECT_EQ(rows(*pool, "SELECT 1 AS one"), R"([{"one":1}])");
    EXPECT_EQ(pool->stats().opened_ever, 1u);
}

TEST_F(SqlitePoolTest, SettingsOfOneUserDoNotReachTheNext) {
    const auto pool = open_pool(1, path);
    {
        Lease lease = pool->acquire({});
        run(lease, "PRAGMA case_sensitive_like = ON", Deadline::never(),
            sql::SessionEffect::Session);
    }
    EXPECT_EQ(rows(*pool, "SELECT 'a' LIKE 'A' AS same"), R"([{"same":1}])");
    EXPECT_EQ(pool->stats().opened_ever, 2u);
}

TEST_F(SqlitePoolTest, MemoryKeepsItsDataForAllUsers) {
    const auto pool = open_pool(10, ":memory:");
    {
        Lease lease = pool->acquire({});
        run(lease, "CREATE TABLE t (n INT)", Deadline::never(), sql::SessionEffect::Session);
    }
    EXPECT_EQ(rows(*pool, "SELECT * FROM t"), "[]");
    EXPECT_EQ(pool->stats().max, 1u);
}

}  // namespace
}  // namespace kdeps::db
