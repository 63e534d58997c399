// Prepared statements that have outlived what they were prepared for.
#include "postgres_fixture.hpp"

namespace kdeps::test {
namespace {

using Sets = std::vector<std::vector<Value>>;

class PostgresStaleTest : public PostgresTest {
 protected:
    /// Runs one statement as a transaction of its own; its first cell, if it has one.
    std::string in_transaction(const std::string& text, const std::vector<Value>& values) {
        const Sets sets = {values};
        const db::Command command{writing(text), sets};
        try {
            const auto results = connection->run({&command, 1}, {.begin = true, .commit = true});
            const db::Result& result = results.front().front();
            return result.table && result.table->row_count() > 0 ? cell_text(*result.table) : "";
        } catch (const Error& error) {
            if (connection->state() != db::SessionState::Idle) connection->rollback();
            return error.detail().sqlstate;
        }
    }
};

struct ChangedType {
    const char* name;
    const char* before;
    const char* after;
    const char* statement;
    Value first;   ///< Fits the type before.
    Value second;  ///< Fits only the type after.
    const char* cell;
};

class PostgresChangedTypeTest : public PostgresStaleTest,
                                public testing::WithParamInterface<ChangedType> {};

TEST_P(PostgresChangedTypeTest, IsAskedAgainOutsideATransaction) {
    const ChangedType& c = GetParam();
    run(*connection, std::string("CREATE TEMP TABLE t(v ") + c.before + ")");
    for (int i = 0; i < 2; ++i) run(*connection, c.statement, {c.first});
    run(*connection, "DELETE FROM t");
    run(*connection, std::string("ALTER TABLE t ALTER v TYPE ") + c.after);
    EXPECT_EQ(cell_text(*run(*connection, c.statement, {c.second}).table), c.cell);
}

TEST_P(PostgresChangedTypeTest, IsAskedAgainInATransaction) {
    const ChangedType& c = GetParam();
    run(*connection, std::string("CREATE TEMP TABLE t(v ") + c.before + ")");
    for (int i = 0; i < 2; ++i) in_transaction(c.statement, {c.first});
    run(*connection, "DELETE FROM t");
    run(*connection, std::string("ALTER TABLE t ALTER v TYPE ") + c.after);
    EXPECT_EQ(in_transaction(c.statement, {c.second}), c.cell);
}

const ChangedType kChangedTypes[] = {
    {"IntToText", "int", "text", "INSERT INTO t VALUES ($1) RETURNING v", 1, "abc", "Text:abc"},
    {"IntToBigint", "int", "int8", "INSERT INTO t VALUES ($1) RETURNING v", 1, 3'000'000'000,
     "Int:3000000000"},
    {"IntToNumeric", "int", "numeric", "INSERT INTO t VALUES ($1) RETURNING v", 1, "1.5",
     "Decimal:1.5"},
    {"DateToText", "date", "text", "INSERT INTO t VALUES ($1) RETURNING v", "2024-01-05", "soon",
     "Text:soon"},
    {"Compared", "int", "text", "SELECT count(*) FROM t WHERE v = $1", 1, "x", "Int:0"},
    {"ComparedTwice", "int", "text", "SELECT count(*) FROM t WHERE v = $1 OR v IN ($1, '2')", 1,
     "x", "Int:0"},
    {"InABatch", "text", "jsonb USING v::jsonb", "INSERT INTO t VALUES ($1) RETURNING v", "x",
     Value(Object{{"a", 1}}), "Json:{\"a\": 1}"},
};
INSTANTIATE_TEST_SUITE_P(Types, PostgresChangedTypeTest, testing::ValuesIn(kChangedTypes),
                         [](const auto& c) { return std::string(c.param.name); });

TEST_F(PostgresStaleTest, ATransactionThatFailsAtOnceIsRunAnew) {
    run(*connection, "CREATE TEMP TABLE t(id int)");
    run(*connection, "INSERT INTO t VALUES (1)");
    const char* const all = "SELECT * FROM t WHERE id = $1";
    EXPECT_EQ(in_transaction(all, {1}), "Int:1");
    run(*connection, "ALTER TABLE t ADD n int");
    EXPECT_EQ(in_transaction(all, {1}), "Int:1");
    run(*connection, "DEALLOCATE ALL");
    EXPECT_EQ(in_transaction(all, {1}), "Int:1");
    run(*connection, "DISCARD PLANS; ");
    run(*connection, "ALTER TABLE t RENAME n TO m");
    EXPECT_EQ(in_transaction(all, {1}), "Int:1");
}

TEST_F(PostgresStaleTest, OneThatHasBegunFailsOnce) {
    run(*connection, "CREATE TEMP TABLE a(id int)");
    run(*connection, "CREATE TEMP TABLE b(id int)");
    run(*connection, "CREATE TEMP TABLE log(id int)");
    const Sets none = {{}};
    const std::vector<db::Command> unit = {{writing("INSERT INTO log VALUES (1)"), none},
                                           {reading("SELECT * FROM a"), none},
                                           {reading("SELECT * FROM b"), none}};
    const db::UnitOfWork frame{.begin = true, .commit = true};
    connection->run(unit, frame);
    run(*connection, "ALTER TABLE a ADD n int");
    run(*connection, "ALTER TABLE b ADD n int");
    const Error error = error_of([&] { connection->run(unit, frame); });
    EXPECT_EQ(error.detail().sqlstate, "0A000");
    EXPECT_EQ(error.detail().failed_index, 1u);
    connection->rollback();
    EXPECT_EQ(connection->run(unit, frame)[2][0].table->columns().size(), 2u);
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM log"), "Int:2");  // each success once
}

TEST_F(PostgresStaleTest, AReplacedViewIsReadAnew) {
    run(*connection, "CREATE TEMP VIEW v AS SELECT 1 AS id");
    EXPECT_EQ(in_transaction("SELECT * FROM v", {}), "Int:1");
    EXPECT_EQ(one(*connection, "SELECT * FROM v"), "Int:1");
    run(*connection, "DROP VIEW v");
    run(*connection, "CREATE TEMP VIEW v AS SELECT 'x'::text AS other, 2 AS id");
    EXPECT_EQ(one(*connection, "SELECT * FROM v"), "Text:x");
    EXPECT_EQ(in_transaction("SELECT * FROM v", {}), "Text:x");
}

TEST_F(PostgresStaleTest, ABatchAsksAgain) {
    run(*connection, "CREATE TEMP TABLE t(v int)");
    const db::Statement insert = writing("INSERT INTO t VALUES ($1)");
    run_sets(*connection, insert, {{1}, {2}});
    run_sets(*connection, insert, {{3}, {4}});
    run(*connection, "ALTER TABLE t ALTER v TYPE text");
    run_sets(*connection, insert, {{"five"}, {"six"}});
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM t"), "Int:6");
}

TEST_F(PostgresStaleTest, AnErrorOfTheValueIsNoReasonToRunAnything) {
    run(*connection, "CREATE SEQUENCE pg_temp.calls");
    const char* const text =
        "SELECT nextval('pg_temp.calls'), 1 / (g - $1) FROM generate_series(1, 1) g";
    run(*connection, text, {0});
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(error_of([&] { run(*connection, text, {1}); }).detail().sqlstate, "22012");
        EXPECT_EQ(in_transaction(text, {1}), "22012");
    }
    EXPECT_EQ(one(*connection, "SELECT last_value FROM pg_temp.calls"), "Int:5");
}

}  // namespace
}  // namespace kdeps::test
