#include "support/clean_session.hpp"

#include "postgres_fixture.hpp"

namespace kdeps::test {
namespace {

class CleanPostgres : public PostgresTest {
 protected:
    static constexpr const sql::Dialect& kDialect = sql::kPostgres;
};

struct SessionChange {
    const char *name, *statement;
};
class PostgresCleanSessionTest : public CleanSessionTest<CleanPostgres>,
                                 public testing::WithParamInterface<SessionChange> {
 protected:
    void SetUp() override {
        CleanSessionTest::SetUp();
        if (IsSkipped()) return;
        // Programs that run at once make the same; without the lock one of them would fail.
        request(R"(DO $make$ BEGIN
            PERFORM pg_advisory_xact_lock(4711);
            CREATE SCHEMA IF NOT EXISTS clean_session;
            CREATE OR REPLACE FUNCTION clean_session.change() RETURNS int LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM set_config('application_name', 'changed', false);
                SET search_path = pg_catalog;
                CREATE TEMP TABLE IF NOT EXISTS changed (a int);
                PERFORM pg_advisory_lock(4712);
                RETURN 1;
            END $$;
            CREATE OR REPLACE PROCEDURE clean_session.change_all() LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM clean_session.change();
                COMMIT;
            END $$;
        END $make$)");
    }
    /// Everything that a session keeps, in one line.
    std::string state() {
        return answer(
            "SELECT current_setting('application_name') || current_setting('search_path') || "
            "current_setting('work_mem') || (to_regclass('pg_temp.changed') IS NULL)::text || "
            "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = "
            "pg_backend_pid())::text || current_setting('default_transaction_read_only')");
    }
};

TEST_P(PostgresCleanSessionTest, NothingReachesTheNextRequest) {
    const std::string before = state();
    const std::string session = answer("SELECT pg_backend_pid()");
    request(GetParam().statement);
    EXPECT_EQ(state(), before);
    EXPECT_EQ(answer("SELECT pg_backend_pid()"), session);
}

constexpr SessionChange kSessionChanges[] = {
    {"Set", "SET work_mem = '7MB'"},
    {"SetSearchPath", "SET search_path = pg_catalog"},
    {"SetConfig", "SELECT set_config('search_path', 'pg_catalog', false)"},
    {"ReadOnly", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"},
    {"TemporaryTable", "CREATE TEMP TABLE changed (a int)"},
    {"Lock", "SELECT pg_advisory_lock(4711)"},
    {"Block", "DO $$ BEGIN SET search_path = pg_catalog; END $$"},
    {"BlockWithTable", "DO $$ BEGIN CREATE TEMP TABLE changed (a int); END $$"},
    {"Call", "CALL clean_session.change_all()"},
    {"Function", "SELECT clean_session.change()"},
    {"FunctionAsTable", "SELECT * FROM clean_session.change() AS t(a)"},
    {"FunctionInWith", "WITH a AS MATERIALIZED (SELECT clean_session.change()) SELECT * FROM a"},
    {"OpenTransaction", "BEGIN"},
};
INSTANTIATE_TEST_SUITE_P(Changes, PostgresCleanSessionTest, testing::ValuesIn(kSessionChanges),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::test
