#include <unistd.h>

#include "postgres_fixture.hpp"
#include "support/clean_session.hpp"
#include "support/tcp_gate.hpp"

namespace kdeps::test {
namespace {

/// A schema of this process, which is where its sessions look.
class OwnSchema : public PostgresTest {
 protected:
    static constexpr const sql::Dialect& kDialect = sql::kPostgres;

    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        schema = "hidden_" + std::to_string(getpid());
        drop();
        run(*connection, "CREATE SCHEMA " + schema);
        run(*connection, "CREATE SCHEMA " + schema + "_other");
        dsn.options["options"] = "-c search_path=" + schema;
    }
    void drop() {
        if (schema.empty()) return;
        run(*connection, "DROP SCHEMA IF EXISTS " + schema + " CASCADE");
        run(*connection, "DROP SCHEMA IF EXISTS " + schema + "_other CASCADE");
    }
    /// With the name of the schema in place of each `@@`.
    [[nodiscard]] std::string here(std::string text) const {
        for (std::size_t at = 0; (at = text.find("@@")) != std::string::npos;) {
            text.replace(at, 2, schema);
        }
        return text;
    }

    std::string schema;
};

class PostgresHiddenChangeTest : public CleanSessionTest<OwnSchema> {
 protected:
    void TearDown() override {
        pool.reset();
        drop();
    }
    /// Run beside the pool, as by somebody else.
    void set_up(const std::string& statements) const {
        const auto other = make_driver(dsn)->connect(soon());
        run(*other, here("DO $do$ BEGIN " + statements + " END $do$"));
    }
    /// Everything that a session keeps, in one line.
    std::string state() {
        return answer(
            "SELECT current_setting('search_path') || current_setting('work_mem') || "
            "coalesce(current_setting('app.tenant', true), '') || current_setting('role') || "
            "(to_regclass('pg_temp.changed') IS NULL)::text || "
            "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')::text || "
            "(SELECT count(*) FROM pg_cursors WHERE is_holdable)::text || "
            "(SELECT count(*) FROM pg_listening_channels())::text");
    }
    void expect_nothing_left_by(const std::string& statement) {
        const std::string before = state();
        for (int i = 0; i < 3; ++i) {
            request(here(statement));
            EXPECT_EQ(state(), before) << statement << ", time " << i;
        }
    }
};

/// A function that does `action`, and what calls it unseen.
std::string with_function(const std::string& action) {
    return "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE child (id int REFERENCES t "
           "ON DELETE CASCADE); INSERT INTO t SELECT n, 'v' FROM generate_series(1, 100) n; "
           "INSERT INTO child SELECT id FROM t; "
           "CREATE FUNCTION change() RETURNS int LANGUAGE plpgsql AS $$ BEGIN " +
           action +
           "; RETURN 1; END $$; CREATE FUNCTION on_change() RETURNS trigger LANGUAGE plpgsql AS "
           "$$ BEGIN PERFORM @@.change(); RETURN coalesce(new, old); END $$; "
           "CREATE FUNCTION check_change(int) RETURNS bool IMMUTABLE LANGUAGE sql AS "
           "'SELECT @@.change() = 1'; ";
}

constexpr const char* kSetting = "PERFORM set_config('search_path', 'pg_catalog', false)";

struct Way {
    const char *name, *set_up, *statement;
};
class PostgresHiddenWayTest : public PostgresHiddenChangeTest,
                              public testing::WithParamInterface<Way> {};

TEST_P(PostgresHiddenWayTest, ReachesNoOtherRequest) {
    set_up(with_function(kSetting) + GetParam().set_up);
    expect_nothing_left_by(GetParam().statement);
}

constexpr Way kWays[] = {
    {"View", "CREATE VIEW v AS SELECT change() AS a;", "SELECT a FROM v"},
    {"ViewOfBuiltIn",
     "CREATE VIEW v AS SELECT set_config('search_path', 'pg_catalog', false) AS a;",
     "SELECT * FROM v"},
    {"ViewInView",
     "CREATE VIEW w AS SELECT change() AS a; CREATE VIEW v AS SELECT a + 1 AS b FROM w;",
     "SELECT count(b) FROM v"},
    {"Trigger",
     "CREATE TRIGGER x BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION on_change();",
     "INSERT INTO t VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET v = 'b'"},
    {"TriggerOfPartition",
     "CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES "
     "IN (1); CREATE TRIGGER x AFTER INSERT ON p1 FOR EACH ROW EXECUTE FUNCTION on_change();",
     "INSERT INTO p VALUES (1)"},
    {"TriggerBehindForeignKey",
     "CREATE TRIGGER x AFTER DELETE ON child FOR EACH ROW EXECUTE FUNCTION on_change();",
     "DELETE FROM t WHERE id = (SELECT min(id) FROM t)"},
    {"StatementTrigger",
     "CREATE TRIGGER x AFTER TRUNCATE ON child FOR EACH STATEMENT EXECUTE FUNCTION on_change();",
     "TRUNCATE child"},
    {"Default", "CREATE TABLE d (a int DEFAULT change(), b int);", "INSERT INTO d (b) VALUES (1)"},
    {"Rule", "CREATE RULE r AS ON UPDATE TO t DO ALSO SELECT change();",
     "UPDATE t SET v = 'x' WHERE id = 7"},
    {"SystemRule", "", "UPDATE pg_settings SET setting = '7MB' WHERE name = 'work_mem'"},
    {"Operator",
     "CREATE FUNCTION op(int, int) RETURNS bool LANGUAGE sql AS 'SELECT change() = 1'; "
     "CREATE OPERATOR <+> (LEFTARG = int, RIGHTARG = int, FUNCTION = op);",
     "SELECT id <+> 1 FROM t"},
    {"Cast",
     "CREATE TYPE pair AS (a int, b int); CREATE FUNCTION to_pair(int) RETURNS pair LANGUAGE sql "
     "AS 'SELECT row(change(), 1)::pair'; CREATE CAST (int AS pair) WITH FUNCTION to_pair(int);",
     "SELECT id::pair FROM t LIMIT 1"},
    {"Domain", "CREATE DOMAIN odd AS int CHECK (check_change(VALUE));", "SELECT 1::odd"},
    {"CheckConstraint", "CREATE TABLE d (a int CHECK (check_change(a)));",
     "INSERT INTO d VALUES (1)"},
    {"GeneratedColumn",
     "CREATE TABLE d (a int, b bool GENERATED ALWAYS AS (check_change(a)) STORED);",
     "INSERT INTO d VALUES (1)"},
    {"Index", "CREATE TABLE d (a int); CREATE INDEX ON d (check_change(a));",
     "INSERT INTO d VALUES (1)"},
    {"FunctionNamedAsBuiltIn",
     "CREATE FUNCTION lower(int) RETURNS int LANGUAGE sql AS 'SELECT change()';",
     "SELECT lower(id) FROM t"},
    {"FunctionOfSchema",
     "CREATE FUNCTION @@_other.lower(text) RETURNS int LANGUAGE sql AS "
     "'SELECT @@.change()';",
     "SELECT @@_other.lower('A')"},
    {"FunctionAsColumn", "CREATE FUNCTION extra(t) RETURNS int LANGUAGE sql AS 'SELECT change()';",
     "SELECT t.extra FROM t"},
    {"Policy",
     "CREATE POLICY x ON t USING (change() = 1); ALTER TABLE t ENABLE ROW LEVEL SECURITY; "
     "ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE VIEW v AS SELECT id FROM t;",
     "SELECT count(*) FROM v"},
    {"Explain", "CREATE VIEW v AS SELECT change() AS a;", "EXPLAIN ANALYZE SELECT a FROM v"},
};
INSTANTIATE_TEST_SUITE_P(Ways, PostgresHiddenWayTest, testing::ValuesIn(kWays),
                         [](const auto& c) { return c.param.name; });

struct Change {
    const char *name, *action;
};
class PostgresHiddenKindTest : public PostgresHiddenChangeTest,
                               public testing::WithParamInterface<Change> {};

TEST_P(PostgresHiddenKindTest, ReachesNoOtherRequest) {
    set_up(with_function(GetParam().action) + "CREATE VIEW v AS SELECT change() AS a;");
    expect_nothing_left_by("SELECT a FROM v");
}

constexpr Change kChanges[] = {
    {"Setting", "PERFORM set_config('work_mem', '7MB', false)"},
    {"OwnSetting", "PERFORM set_config('app.tenant', '42', false)"},
    {"Role", "EXECUTE format('SET ROLE %I', session_user)"},
    {"TemporaryTable", "CREATE TEMP TABLE IF NOT EXISTS changed (a int)"},
    {"Lock", "PERFORM pg_advisory_lock(4711)"},
    {"Listen", "EXECUTE 'LISTEN something'"},
    {"Cursor", "EXECUTE 'DECLARE c CURSOR WITH HOLD FOR SELECT 1'"},
};
INSTANTIATE_TEST_SUITE_P(Changes, PostgresHiddenKindTest, testing::ValuesIn(kChanges),
                         [](const auto& c) { return c.param.name; });

TEST_F(PostgresHiddenChangeTest, AViewThatWritesIsReadOnce) {
    set_up(
        "CREATE SEQUENCE s; CREATE TABLE size (n int); INSERT INTO size VALUES (1); CREATE VIEW v "
        "AS SELECT nextval('s'), repeat('x', 1000) FROM size, generate_series(1, size.n);");
    int sum = 0;
    for (const int count : {1, 1, 8000, 1, 9000}) {
        request("UPDATE size SET n = " + std::to_string(count));
        EXPECT_EQ(request("SELECT * FROM v").rows_affected, count);
        EXPECT_EQ(answer("SELECT last_value FROM s"), "Int:" + std::to_string(sum += count));
    }
}

/// What goes through the gate for statements that leave nothing behind.
class PostgresPlainStatementTest : public PostgresHiddenChangeTest {
 protected:
    void SetUp() override {
        PostgresHiddenChangeTest::SetUp();
        if (IsSkipped()) return;
        gate.emplace(dsn.host, dsn.port);
        sql::Dsn through = dsn;
        through.host = "127.0.0.1";
        through.port = gate->port();
        through.options["sslmode"] = "disable";
        sql::PoolSettings settings;
        settings.name = "plain";
        settings.max_connections = 1;
        pool.emplace(settings, make_driver(through), events);
    }
    /// Of ten requests that were made before.
    template <typename Request>
    int round_trips_of_ten(Request request) {
        for (int i = 0; i < 3; ++i) request();
        answer("SELECT 1");  // waits for what is cleaned
        answer("SELECT 1");
        const int before = gate->round_trips();
        for (int i = 0; i < 10; ++i) request();
        answer("SELECT 1");
        return gate->round_trips() - before - 1;
    }

    std::optional<TcpGate> gate;
};

TEST_F(PostgresPlainStatementTest, CostsOneRoundTripAndNoReset) {
    set_up(
        "CREATE TABLE t (id serial PRIMARY KEY, v varchar(20) DEFAULT upper('a') CHECK "
        "(length(v) < 20), at timestamptz DEFAULT now(), u uuid DEFAULT gen_random_uuid(), "
        "n numeric GENERATED ALWAYS AS (length(v) * 2) STORED); CREATE INDEX ON t (lower(v)); "
        "CREATE TABLE child (t int REFERENCES t ON DELETE CASCADE); "
        "CREATE VIEW v AS SELECT upper(v) AS v, count(*) FROM t WHERE id > 0 GROUP BY 1; "
        "CREATE DOMAIN email AS text CHECK (VALUE ~ '@');");
    for (const char* const statement :
         {"SELECT * FROM t WHERE id = 1", "INSERT INTO t (v) VALUES ('b') RETURNING id",
          "UPDATE t SET v = 'c' WHERE id = 2", "DELETE FROM t WHERE id < 0",
          "SELECT v FROM v ORDER BY v", "WITH a AS (SELECT 1 AS n) SELECT n::text || 'a' FROM a",
          "SELECT 'a@b'::email", "SHOW work_mem", "SELECT 1 FROM t FOR UPDATE"}) {
        EXPECT_EQ(round_trips_of_ten([&] { request(statement); }), 10) << statement;
    }
}

TEST_F(PostgresPlainStatementTest, InATransactionToo) {
    set_up("CREATE TABLE t (id int, v text);");
    const std::vector<std::vector<Value>> nothing = {{}};
    const auto command = [&](const char* text) {
        return db::Command{{.text = std::make_shared<const std::string>(text),
                            .statement_class = sql::classify(text, sql::kPostgres)},
                           nothing};
    };
    const std::vector<db::Command> unit = {command("INSERT INTO t VALUES (1, 'a')"),
                                           command("UPDATE t SET v = 'b'"),
                                           command("SELECT count(*) FROM t")};
    EXPECT_EQ(round_trips_of_ten(
                  [&] { pool->run(unit, {.begin = true, .commit = true}, {.deadline = soon()}); }),
              10);
}

TEST_F(PostgresPlainStatementTest, IsAskedAboutAgainWhenTheSchemaChanges) {
    set_up(with_function(kSetting));
    const std::string before = state();
    const std::string insert = "INSERT INTO t SELECT max(id) + 1, 'v' FROM t";
    for (int i = 0; i < 3; ++i) request(insert);
    request("CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION on_change()");
    for (int i = 0; i < 3; ++i) {
        request(insert);
        EXPECT_EQ(state(), before);
    }
}

}  // namespace
}  // namespace kdeps::test
