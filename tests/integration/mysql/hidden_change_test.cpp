#include <unistd.h>

#include "mysql_fixture.hpp"
#include "support/clean_session.hpp"
#include "support/tcp_gate.hpp"

namespace kdeps::test {
namespace {

class HiddenChangeTest : public MysqlTest {
 protected:
    static constexpr const sql::Dialect& kDialect = sql::kMySql;
};

/// What views and triggers do to a session. The objects are of this process: `@@` is its prefix.
class MysqlHiddenChangeTest : public CleanSessionTest<HiddenChangeTest> {
 protected:
    void SetUp() override {
        CleanSessionTest::SetUp();
        if (IsSkipped()) return;
        prefix = "hidden_" + std::to_string(getpid()) + "_";
        drop();
        set_up("CREATE TABLE @@t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(20) DEFAULT 'a')");
        set_up("INSERT INTO @@t (v) VALUES ('a'), ('b')");
        set_up("CREATE TABLE @@log (v VARCHAR(20))");
        set_up("CREATE VIEW @@plain AS SELECT upper(v) AS v, count(*) AS n FROM @@t GROUP BY 1");
    }
    void TearDown() override {
        pool.reset();
        if (connection) drop();
    }
    void drop() {
        for (const char* const what :
             {"VIEW IF EXISTS @@w, @@v, @@plain", "TABLE IF EXISTS @@t, @@log",
              "FUNCTION IF EXISTS @@f", "PROCEDURE IF EXISTS @@p"}) {
            set_up(std::string("DROP ") + what);
        }
    }
    [[nodiscard]] std::string here(std::string text) const {
        for (std::size_t at = 0; (at = text.find("@@", at)) != std::string::npos;) {
            if (text.compare(at, 3, "@@s") == 0) {  // @@session
                at += 2;
            } else {
                text.replace(at, 2, prefix);
            }
        }
        return text;
    }
    /// As by somebody else.
    void set_up(const std::string& statement) const { run(*connection, here(statement)); }
    /// Everything that a session keeps, in one line.
    std::string state() {
        return answer(here(
            "SELECT concat_ws(',', @changed IS NULL, @@session.sql_mode, @@session.time_zone, "
            "@@session.lock_wait_timeout, ifnull(IS_USED_LOCK('@@lock') = connection_id(), 0))"));
    }
    void expect_nothing_left_by(const std::string& statement) {
        const std::string before = state();
        for (int i = 0; i < 3; ++i) {
            request(here(statement));
            EXPECT_EQ(state(), before) << statement << ", time " << i;
            EXPECT_THROW(request("SELECT * FROM changed"), Error);
        }
    }

    std::string prefix;
};

struct Way {
    const char *name, *set_up, *statement;
};
struct Change {
    const char *name, *action;
};
class MysqlHiddenWayTest : public MysqlHiddenChangeTest,
                           public testing::WithParamInterface<std::tuple<Way, Change>> {};

TEST_P(MysqlHiddenWayTest, ReachesNoOtherRequest) {
    const auto& [way, change] = GetParam();
    set_up(std::string("CREATE FUNCTION @@f() RETURNS INT DETERMINISTIC BEGIN ") + change.action +
           "; RETURN 1; END");
    set_up(std::string("CREATE PROCEDURE @@p() BEGIN ") + change.action + "; SELECT 1; END");
    if (*way.set_up != '\0') set_up(way.set_up);
    expect_nothing_left_by(way.statement);
}

constexpr Way kWays[] = {
    {"View", "CREATE VIEW @@v AS SELECT @@f() AS a", "SELECT a FROM @@v"},
    {"ViewInView",
     "CREATE VIEW @@v AS SELECT a FROM (SELECT 1 AS a) x WHERE @@f() = 1 UNION SELECT 2",
     "SELECT a FROM @@v JOIN @@plain"},
    {"Trigger", "CREATE TRIGGER @@x BEFORE INSERT ON @@t FOR EACH ROW SET NEW.v = @@f()",
     "INSERT INTO @@t (v) VALUES ('x')"},
    {"TriggerBehindRows",
     "CREATE TRIGGER @@x AFTER INSERT ON @@t FOR EACH ROW INSERT INTO @@log VALUES (@@f())",
     "INSERT INTO @@t (v) VALUES ('x') RETURNING id"},
    {"Update", "CREATE TRIGGER @@x AFTER UPDATE ON @@t FOR EACH ROW DO @@f()",
     "UPDATE @@t SET v = concat(v, '1')"},
    {"Call", "", "CALL @@p()"},
    {"Do", "", "DO @@f()"},
};
constexpr Change kHiddenChanges[] = {
    {"Variable", "SET @changed = 1"},
    {"Setting", "SET SESSION lock_wait_timeout = 17"},
    {"Mode", "SET SESSION sql_mode = 'ANSI_QUOTES'"},
    {"Lock", "DO GET_LOCK('@@lock', 1)"},
    {"TemporaryTable", "CREATE TEMPORARY TABLE IF NOT EXISTS changed (a int)"},
};
INSTANTIATE_TEST_SUITE_P(Ways, MysqlHiddenWayTest,
                         testing::Combine(testing::ValuesIn(kWays),
                                          testing::ValuesIn(kHiddenChanges)),
                         [](const auto& c) {
                             return std::string(std::get<0>(c.param).name) +
                                    std::get<1>(c.param).name;
                         });

class MysqlPlainStatementTest : public MysqlHiddenChangeTest {
 protected:
    void SetUp() override {
        MysqlHiddenChangeTest::SetUp();
        if (IsSkipped()) return;
        gate.emplace(dsn.host, dsn.port);
        sql::Dsn through = dsn;
        through.host = "127.0.0.1";
        through.port = gate->port();
        sql::PoolSettings settings;
        settings.name = "plain";
        settings.max_connections = 1;
        pool.emplace(settings, make_driver(through), events);
    }
    std::optional<TcpGate> gate;
};

TEST_F(MysqlPlainStatementTest, CostsOneRoundTripAndNoReset) {
    for (const char* const statement :
         {"SELECT * FROM @@t WHERE id = 1", "INSERT INTO @@t (v) VALUES ('c')",
          "UPDATE @@t SET v = 'd' WHERE id = 2", "DELETE FROM @@t WHERE id < 0",
          "SELECT v FROM @@plain WHERE n > 0", "SELECT now(), lower('A')"}) {
        const std::string text = here(statement);
        for (int i = 0; i < 3; ++i) request(text);
        answer("SELECT 1");  // waits for what is cleaned
        answer("SELECT 1");
        const int before = gate->round_trips();
        for (int i = 0; i < 10; ++i) request(text);
        answer("SELECT 1");
        EXPECT_EQ(gate->round_trips() - before, 11) << statement;
    }
}

TEST_F(MysqlPlainStatementTest, IsAskedAboutAgainWhenTheSchemaChanges) {
    const std::string before = state();
    const std::string insert = here("INSERT INTO @@t (v) VALUES ('e')");
    for (int i = 0; i < 3; ++i) request(insert);
    request(here("CREATE TRIGGER @@x AFTER INSERT ON @@t FOR EACH ROW DO GET_LOCK('@@lock', 1)"));
    for (int i = 0; i < 3; ++i) {
        request(insert);
        EXPECT_EQ(state(), before);
    }
}

/// What a read may have written is not written again, although its time has a zone.
TEST_F(MysqlPlainStatementTest, AReadThatMayHaveWrittenIsNotRunAgain) {
    set_up("CREATE FUNCTION @@f() RETURNS INT BEGIN INSERT INTO @@log VALUES ('x'); RETURN 1; END");
    set_up("CREATE VIEW @@v AS SELECT @@f() AS a, CAST('2024-01-01' AS DATETIME) AS d");
    const std::string text = here("SELECT a FROM @@v WHERE d < ?");
    const Error error = error_of([&] {
        static_cast<void>(connection->execute(reading(text), {Value("2025-01-15T10:00:00Z")}));
    });
    EXPECT_NE(error.detail().hint.find("UTC"), std::string::npos);
    EXPECT_EQ(one(*connection, here("SELECT count(*) FROM @@log")), "Int:1");
}

}  // namespace
}  // namespace kdeps::test
