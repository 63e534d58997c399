#include "support/clean_session.hpp"

#include "mysql_fixture.hpp"

namespace kdeps::test {
namespace {

class CleanMysql : public MysqlTest {
 protected:
    static constexpr const sql::Dialect& kDialect = sql::kMySql;
};

struct SessionChange {
    const char *name, *statement;
};
class MysqlCleanSessionTest : public CleanSessionTest<CleanMysql>,
                              public testing::WithParamInterface<SessionChange> {
 protected:
    void SetUp() override {
        CleanSessionTest::SetUp();
        if (IsSkipped()) return;
        request(
            "CREATE OR REPLACE FUNCTION change_session() RETURNS INT DETERMINISTIC BEGIN "
            "SET @changed = 1; SET SESSION sql_mode = 'ANSI_QUOTES'; "
            "SET SESSION lock_wait_timeout = 17; RETURN 1; END");
        request(
            "CREATE OR REPLACE PROCEDURE change_session() BEGIN SET @changed = 1; "
            "SET autocommit = 0; SET SESSION time_zone = '+03:00'; "
            "CREATE TEMPORARY TABLE IF NOT EXISTS changed (a int); "
            "DO GET_LOCK('clean_session', 1); END");
    }
    /// Everything that a session keeps, in one line.
    std::string state() {
        return answer(
            "SELECT concat_ws(',', @changed IS NULL, @@autocommit, @@sql_mode, @@time_zone, "
            "@@lock_wait_timeout, database(), @@character_set_client, @@collation_connection, "
            "ifnull(IS_USED_LOCK('clean_session') = connection_id(), 0))");
    }
};

TEST_P(MysqlCleanSessionTest, NothingReachesTheNextRequest) {
    const std::string before = state();
    request("SET @nothing = 1");  // the first reset must not change anything either
    EXPECT_EQ(state(), before);
    const std::string session = answer("SELECT connection_id()");
    request(GetParam().statement);
    EXPECT_EQ(state(), before);
    EXPECT_THROW(request("SELECT * FROM changed"), Error);
    EXPECT_EQ(answer("SELECT connection_id()"), session);
}

constexpr SessionChange kSessionChanges[] = {
    {"Set", "SET SESSION sql_mode = 'ANSI_QUOTES'"},
    {"Names", "SET NAMES latin1"},
    {"Autocommit", "SET autocommit = 0"},
    {"UserVariable", "SET @changed = 1"},
    {"AssignedVariable", "SELECT @changed := 1"},
    {"SelectInto", "SELECT 1 INTO @changed"},
    {"TemporaryTable", "CREATE TEMPORARY TABLE changed (a int)"},
    {"Use", "USE information_schema"},
    {"Lock", "SELECT GET_LOCK('clean_session', 1)"},
    {"Do", "DO change_session()"},
    {"Call", "CALL change_session()"},
    {"Function", "SELECT change_session()"},
    {"FunctionInCondition", "SELECT 1 FROM dual WHERE `change_session` () = 1"},
    {"Block", "BEGIN NOT ATOMIC SET @changed = 1; END"},
    {"OpenTransaction", "START TRANSACTION"},
};
INSTANTIATE_TEST_SUITE_P(Changes, MysqlCleanSessionTest, testing::ValuesIn(kSessionChanges),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::test
