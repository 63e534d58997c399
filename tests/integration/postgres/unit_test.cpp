#include "postgres_fixture.hpp"
#include "support/tcp_gate.hpp"

namespace kdeps::test {
namespace {

using Sets = std::vector<std::vector<Value>>;

/// Whole transactions in one call.
class PostgresUnitTest : public PostgresTest {
 protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (connection) run(*connection, "CREATE TEMP TABLE t(id int PRIMARY KEY, v text)");
    }
    static std::vector<std::vector<db::Result>> transaction(db::Connection& session,
                                                            const std::vector<db::Command>& unit,
                                                            bool read_only = false) {
        return session.run(unit, {.begin = true, .read_only = read_only, .commit = true});
    }
    [[nodiscard]] std::string count() { return one(*connection, "SELECT count(*) FROM t"); }

    const Sets nothing = {{}};
    const Sets first = {{1, "a"}};
    const Sets second = {{2, "b"}, {3, "c"}};
    const db::Statement insert = writing("INSERT INTO t VALUES ($1, $2)");
    const db::Statement read = reading("SELECT count(*) FROM t");
};

TEST_F(PostgresUnitTest, IsOneRoundTripFromTheFirstTimeOn) {
    TcpGate gate(dsn.host, dsn.port);
    sql::Dsn through = dsn;
    through.host = "127.0.0.1";
    through.port = gate.port();
    through.options["sslmode"] = "disable";
    const auto session = make_driver(through)->connect(soon());
    run(*session, "CREATE TEMP TABLE t(id int PRIMARY KEY, v text)");
    const db::Statement remove = writing("DELETE FROM t WHERE id = $1");
    const Sets id = {{1}};
    for (int i = 0; i < 3; ++i) {
        const int before = gate.round_trips();
        const auto results =
            transaction(*session, {{insert, first}, {read, nothing}, {remove, id}});
        EXPECT_EQ(gate.round_trips() - before, 1) << i;
        ASSERT_EQ(results.size(), 3u);
        EXPECT_EQ(results[0][0].rows_affected, 1);
        EXPECT_EQ(cell_text(*results[1][0].table), "Int:1");
        EXPECT_EQ(results[2][0].rows_affected, 1);
        EXPECT_EQ(session->state(), db::SessionState::Idle);
    }
}

TEST_F(PostgresUnitTest, AFailureUndoesAllAndNamesItsSet) {
    for (int i = 0; i < 2; ++i) {  // unknown and known to the session
        const Sets bad = {{4, "d"}, {1, "again"}, {5, "e"}};
        const Error error = error_of([&] {
            transaction(*connection, {{insert, first}, {insert, bad}, {read, nothing}});
        });
        EXPECT_EQ(error.detail().sqlstate, "23505");
        EXPECT_EQ(error.detail().failed_index, 2u);
        EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
        EXPECT_TRUE(error.detail().applied_indexes.empty());
        EXPECT_EQ(connection->state(), db::SessionState::FailedTransaction);
        connection->rollback();
        EXPECT_EQ(count(), "Int:0");
    }
    transaction(*connection, {{insert, first}, {insert, second}});
    EXPECT_EQ(count(), "Int:3");
}

TEST_F(PostgresUnitTest, AStatementThatCannotBePreparedNamesItself) {
    const Error error = error_of([&] {
        transaction(*connection, {{insert, first}, {reading("SELECT nothing FROM t"), nothing}});
    });
    EXPECT_EQ(error.detail().sqlstate, "42703");
    EXPECT_EQ(error.detail().failed_index, 1u);
    connection->rollback();
    EXPECT_EQ(count(), "Int:0");
}

TEST_F(PostgresUnitTest, FailureAtCommitHasNoIndex) {
    run(*connection, "CREATE TEMP TABLE c(p int REFERENCES t DEFERRABLE INITIALLY DEFERRED)");
    const db::Statement child = writing("INSERT INTO c VALUES (9)");
    const Error error = error_of([&] { transaction(*connection, {{child, nothing}}); });
    EXPECT_EQ(error.detail().sqlstate, "23503");
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_FALSE(error.detail().failed_index);
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
}

TEST_F(PostgresUnitTest, LaterStatementsMayNeedEarlierOnes) {
    db::Statement create = writing("CREATE TEMP TABLE made(a int[])");
    create.statement_class.changes_schema = true;
    const db::Statement fill = writing("INSERT INTO made VALUES ($1)");
    const Sets list = {{Value(Value::List{1, 2})}};
    transaction(*connection, {{create, nothing}, {fill, list}});
    EXPECT_EQ(one(*connection, "SELECT a FROM made"), "Json:[1,2]");
    const Sets other = {{Value(Value::List{3})}};
    transaction(*connection, {{fill, other}, {fill, list}});
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM made"), "Int:3");
}

TEST_F(PostgresUnitTest, ColumnsOfNewTypesAreReadAtOnce) {
    run(*connection, "CREATE TYPE pg_temp.colour AS ENUM ('red', 'deep blue')");
    const db::Statement colours =
        reading("SELECT ARRAY['red', 'deep blue']::pg_temp.colour[], 1, NULL::pg_temp.colour");
    const auto results = transaction(*connection, {{colours, nothing}}, true);
    EXPECT_EQ(cell_text(*results[0][0].table), "Json:[\"red\",\"deep blue\"]");
    EXPECT_EQ(cell_text(*results[0][0].table, 0, 1), "Int:1");
    EXPECT_EQ(cell_text(*results[0][0].table, 0, 2), "Null");
}

TEST_F(PostgresUnitTest, ReadOnlyRefusesWrites) {
    const db::Statement create = reading("CREATE TABLE never(id int)");
    const Error error = error_of([&] { transaction(*connection, {{create, nothing}}, true); });
    EXPECT_EQ(error.detail().sqlstate, "25006");
    EXPECT_EQ(error.detail().failed_index, 0u);
    connection->rollback();
}

TEST_F(PostgresUnitTest, AnUntypedParameterIsStillRepaired) {
    const db::Statement pair = reading("SELECT jsonb_build_array($1, $2)");
    const Sets values = {{1, "x"}};
    const auto results = transaction(*connection, {{insert, first}, {pair, values}});
    EXPECT_EQ(cell_text(*results[1][0].table), "Json:[1, \"x\"]");
    EXPECT_EQ(count(), "Int:1");
}

TEST_F(PostgresUnitTest, TooManyRowsSayWhetherTheTransactionIsStored) {
    db::Statement large = reading("SELECT repeat('x', 1000) FROM generate_series(1, 100)");
    large.max_bytes = 10'000;
    const Error error = error_of([&] {
        transaction(*connection, {{insert, first}, {large, nothing}});
    });
    EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
    EXPECT_EQ(error.detail().failed_index, 1u);
    const bool is_stored = error.detail().outcome == Outcome::Done;
    if (!is_stored) connection->rollback();
    EXPECT_EQ(count(), is_stored ? "Int:1" : "Int:0");
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
}

TEST_F(PostgresUnitTest, ManySetsGoInWindows) {
    Sets sets;
    for (int i = 0; i < 600; ++i) sets.push_back({i, "v"});
    EXPECT_EQ(transaction(*connection, {{insert, sets}, {read, nothing}})[0].size(), 600u);
    EXPECT_EQ(count(), "Int:600");
}

TEST_F(PostgresUnitTest, ALostConnectionLeavesWritesUnknown) {
    const db::Statement kill = writing("SELECT pg_terminate_backend(pg_backend_pid())");
    const Error error = error_of([&] {
        transaction(*connection, {{insert, first}, {kill, nothing}});
    });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
    EXPECT_EQ(error.detail().failed_index, 1u);
    EXPECT_EQ(error.detail().outcome,
              Outcome::NotDone);  // the server's good-bye came before COMMIT
}

TEST_F(PostgresUnitTest, WhatIsLookedAtTakesOneRoundTripMore) {
    TcpGate gate(dsn.host, dsn.port);
    sql::Dsn through = dsn;
    through.host = "127.0.0.1";
    through.port = gate.port();
    through.options["sslmode"] = "disable";
    const auto session = make_driver(through)->connect(soon());
    run(*session, "CREATE TEMP TABLE t(id int PRIMARY KEY, v text)");
    const db::Statement remove = writing("DELETE FROM t");
    const std::vector<db::Command> all = {{insert, first}, {read, nothing}, {remove, nothing}};
    std::vector<std::size_t> seen;
    const auto look = [&](std::size_t command, std::span<const db::Result>) {
        seen.push_back(command);
        EXPECT_TRUE(session->in_transaction());
    };
    for (int i = 0; i < 2; ++i) {
        const int before = gate.round_trips();
        session->run(all, {.begin = true, .commit = true, .on_results = look});
        EXPECT_EQ(gate.round_trips() - before, 2) << i;
    }
    EXPECT_EQ(seen, (std::vector<std::size_t>{0, 1, 2, 0, 1, 2}));
    // In two calls: the second one brings COMMIT with it.
    const std::vector<db::Command> begin = {{insert, first}};
    const std::vector<db::Command> rest = {{read, nothing}, {remove, nothing}};
    const int before = gate.round_trips();
    session->run(begin, {.begin = true, .on_results = look});
    const auto results = session->run(rest, {.goes_on = true, .commit = true});
    EXPECT_EQ(gate.round_trips() - before, 2);
    EXPECT_EQ(cell_text(*results[0][0].table), "Int:1");
    EXPECT_EQ(session->state(), db::SessionState::Idle);
}

TEST_F(PostgresUnitTest, WhatIsMissingIsToldBeforeWhatFailedForIt) {
    const Sets again = {{1, "again"}};
    const Error error = error_of([&] {
        connection->run(
            std::vector<db::Command>{{insert, second}, {insert, first}, {insert, again}},
            {.begin = true,
             .commit = true,
             .on_results = [](std::size_t command, std::span<const db::Result> given) {
                 if (command == 0) return;
                 EXPECT_EQ(given.size(), 1u);
                 throw Error(ErrorCode::PreflightFailed, "not so");
             }});
    });
    EXPECT_EQ(error.code(), ErrorCode::PreflightFailed);
    EXPECT_EQ(error.detail().failed_index, 2u);
    connection->rollback();
    EXPECT_EQ(count(), "Int:0");
}

TEST_F(PostgresUnitTest, ASecondCallUndoesTheFirstOne) {
    for (const char* const text : {"INSERT INTO t VALUES (1, 'again')", "SELECT nothing FROM t"}) {
        connection->run(std::vector<db::Command>{{insert, first}}, {.begin = true});
        const db::Statement bad = writing(text);
        const Error error = error_of([&] {
            connection->run(std::vector<db::Command>{{insert, second}, {bad, nothing}},
                            {.goes_on = true, .commit = true});
        });
        EXPECT_EQ(error.detail().failed_index, 2u) << text;
        EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
        connection->rollback();
        EXPECT_EQ(count(), "Int:0");
    }
}

TEST_F(PostgresUnitTest, BeginsAtTheLevelThatIsAskedFor) {
    const std::string text = "SELECT current_setting('transaction_isolation')";
    const db::Statement show = reading(text);
    const auto level_of = [&](const std::vector<db::Command>& commands, std::string_view level) {
        const auto results =
            connection->run(commands, {.begin = true, .commit = true, .isolation = level});
        return cell_text(*results.back()[0].table);
    };
    for (const char* const level : {"serializable", "repeatable read", "read committed"}) {
        const std::string expected = std::string("Text:") + level;
        const db::Statement fresh = reading(text + " AS a" + level[0] + level[2]);
        EXPECT_EQ(level_of({{fresh, nothing}}, level), expected) << "prepared on the way";
        EXPECT_EQ(level_of({{fresh, nothing}}, level), expected);
    }
    // What cannot be prepared on the way, and what has to be run one by one.
    const db::Statement pair = reading("SELECT jsonb_build_array($1, $2)");
    const Sets values = {{1, "x"}};
    EXPECT_EQ(level_of({{pair, values}, {show, nothing}}, "serializable"), "Text:serializable");
    db::Statement create = writing("CREATE TEMP TABLE c AS SELECT 1");
    create.statement_class.changes_schema = true;
    EXPECT_EQ(level_of({{create, nothing}, {show, nothing}}, "serializable"), "Text:serializable");
    EXPECT_EQ(one(*connection, text), "Text:read committed");
}

TEST_F(PostgresUnitTest, ConflictsAreThoseThatAnotherTryMaySolve) {
    const auto driver = make_driver(dsn);
    for (const char* const state : {"40001", "40P01"}) {
        EXPECT_TRUE(driver->is_conflict({.sqlstate = state})) << state;
    }
    for (const char* const state : {"", "23505", "55P03", "40002", "57014"}) {
        EXPECT_FALSE(driver->is_conflict({.sqlstate = state})) << state;
    }
}

}  // namespace
}  // namespace kdeps::test
