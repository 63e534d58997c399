#include "kdeps/sql/statement_class.hpp"

#include <gtest/gtest.h>

namespace kdeps::sql {
namespace {

using enum Dialect;
using enum SessionEffect;

struct ClassCase {
    const char* name;
    Dialect dialect;
    const char* source;
    SessionEffect effect;
    bool may_write;
};
class StatementClassTest : public testing::TestWithParam<ClassCase> {};

TEST_P(StatementClassTest, Classifies) {
    const StatementClass found = classify(GetParam().source, GetParam().dialect);
    EXPECT_EQ(found.effect, GetParam().effect);
    EXPECT_EQ(found.may_write, GetParam().may_write);
}

constexpr ClassCase kClassCases[] = {
    {"Select", Postgres, "SELECT 1", Neutral, false},
    {"SelectInParentheses", Postgres, "((SELECT 1))", Neutral, false},
    {"SelectAfterComment", Postgres, "-- SET x\n select 1", Neutral, false},
    {"Values", Postgres, "VALUES (1)", Neutral, false},
    {"Table", Postgres, "TABLE t", Neutral, false},
    {"Show", MySql, "SHOW TABLES", Neutral, false},
    {"Explain", Postgres, "EXPLAIN SELECT 1", Neutral, false},
    {"ExplainAnalyzeDelete", Postgres, "EXPLAIN ANALYZE DELETE FROM t", Neutral, true},
    {"With", Postgres, "WITH a AS (SELECT 1) SELECT * FROM a", Neutral, false},
    {"WithDelete", Postgres, "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", Neutral,
     true},
    {"SelectForUpdate", Postgres, "SELECT 1 FROM t FOR UPDATE", Neutral, true},
    {"SelectForShare", Postgres, "SELECT 1 FROM t FOR SHARE", Neutral, true},
    {"InsertFunction", MySql, "SELECT INSERT('a', 1, 1, 'b')", Neutral, false},
    {"ColumnNamedSet", Postgres, "SELECT \"set\", 'SET' FROM t", Neutral, false},
    {"Insert", Postgres, "INSERT INTO t VALUES (1)", Neutral, true},
    {"Update", MySql, "UPDATE t SET a = 1", Neutral, true},
    {"Replace", MySql, "REPLACE INTO t VALUES (1)", Neutral, true},
    {"Ddl", Postgres, "CREATE TABLE t (a int)", Neutral, true},
    {"Truncate", Postgres, "TRUNCATE t", Neutral, true},
    {"NextValue", Postgres, "SELECT nextval('s')", Neutral, true},
    {"StoredFunction", Postgres, "SELECT put(1)", Neutral, true},
    {"StoredFunctionInSchema", MySql, "SELECT shop.`put` (1)", Neutral, true},
    {"FunctionOfSqlite", Sqlite, "SELECT my_function(1)", Neutral, false},
    {"Aggregates", Postgres,
     "SELECT count(*), COALESCE(max(a), 0)::numeric(10, 2), row_number() OVER (ORDER BY b) FROM t "
     "WHERE a IN (1, 2) AND EXISTS (SELECT 1) GROUP BY (a)",
     Neutral, false},
    {"CurrentValue", Postgres, "SELECT currval('s')", Neutral, false},
    {"LoadData", MySql, "LOAD DATA INFILE 'x' INTO TABLE t", Neutral, true},

    {"Begin", Postgres, "BEGIN", Transactional, false},
    {"BeginTransaction", SqlServer, "BEGIN TRAN", Transactional, false},
    {"StartTransaction", MySql, "START TRANSACTION", Transactional, false},
    {"Commit", Postgres, "COMMIT", Transactional, true},
    {"Savepoint", Postgres, "SAVEPOINT a", Transactional, false},
    {"Call", MySql, "CALL p()", Transactional, true},
    {"Do", Postgres, "DO $$ BEGIN END $$", Transactional, true},
    {"Exec", SqlServer, "EXEC p", Transactional, true},
    {"SetLocal", Postgres, "SET LOCAL work_mem = '1MB'", Transactional, false},
    {"SetTransaction", Postgres, "SET TRANSACTION READ ONLY", Transactional, false},
    {"PrepareTransaction", Postgres, "PREPARE TRANSACTION 'x'", Transactional, true},
    {"AdvisoryTransactionLock", Postgres, "SELECT pg_advisory_xact_lock(1)", Transactional, false},
    {"TryAdvisoryTransactionLock", Postgres, "SELECT pg_try_advisory_xact_lock(1)", Transactional,
     false},

    {"Set", Postgres, "SET search_path = a", Session, false},
    {"SetLocalMySql", MySql, "SET LOCAL sql_mode = ''", Session, false},
    {"SetTransactionMySql", MySql, "SET TRANSACTION READ ONLY", Session, false},
    {"SetConfig", Postgres, "SELECT set_config('a', 'b', false)", Session, false},
    {"SetConfigQualified", Postgres, "SELECT pg_catalog.\"set_config\" ('a', 'b', false)", Session,
     false},
    {"AdvisoryLock", Postgres, "SELECT pg_advisory_lock(1)", Session, false},
    {"TryAdvisoryLock", Postgres, "SELECT pg_try_advisory_lock_shared(1)", Session, false},
    {"LockInString", Postgres, "SELECT 'pg_advisory_lock(1)'", Neutral, false},
    {"GetLock", MySql, "SELECT GET_LOCK('a', 1)", Session, false},
    {"DoGetLock", MySql, "DO GET_LOCK('a', 1)", Session, true},
    {"UserVariable", MySql, "SELECT @n := @n + 1", Session, false},
    {"SelectIntoVariable", MySql, "SELECT 1 INTO @n", Session, true},
    {"TemporaryTable", Postgres, "CREATE TEMP TABLE t (a int)", Session, true},
    {"TemporaryTableMySql", MySql, "CREATE TEMPORARY TABLE t (a int)", Session, true},
    {"LocalTemporaryView", Postgres, "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1", Session,
     true},
    {"TemporarySchema", Postgres, "CREATE TABLE pg_temp.t (a int)", Session, true},
    {"HashTable", SqlServer, "CREATE TABLE #t (a int)", Session, true},
    {"SelectIntoHashTable", SqlServer, "SELECT 1 AS a INTO #t", Session, true},
    {"SelectInto", Postgres, "SELECT 1 AS a INTO t", Neutral, true},
    {"SelectIntoTemp", Postgres, "SELECT 1 AS a INTO TEMP t", Session, true},
    {"Listen", Postgres, "LISTEN c", Session, false},
    {"Prepare", Postgres, "PREPARE a AS SELECT 1", Session, true},
    {"LockTables", MySql, "LOCK TABLES t READ", Session, true},
    {"Use", MySql, "USE d", Session, false},
    {"Attach", Sqlite, "ATTACH 'x' AS y", Session, true},
    {"Pragma", Sqlite, "PRAGMA foreign_keys = ON", Session, true},
    {"LoadExtension", Sqlite, "SELECT load_extension('x')", Session, true},
    {"ExecutableComment", MySql, "SELECT 1 /*!50000 , GET_LOCK('a', 1) */", Session, true},
    {"AnonymousBlock", MySql, "BEGIN NOT ATOMIC SET @a = 1; END", Session, true},
    {"ApplicationLock", SqlServer, "EXEC sp_getapplock 'x', 'Shared'", Session, true},
    {"UnknownWord", Postgres, "FROBNICATE", Session, true},
    {"Nothing", Postgres, "", Session, true},
    {"Slot", Postgres, "{{ oneOf(x, ['SELECT 1']) }}", Session, true},
    {"Unclosed", Postgres, "SELECT 'a", Session, true},
};
INSTANTIATE_TEST_SUITE_P(Cases, StatementClassTest, testing::ValuesIn(kClassCases),
                         [](const auto& c) { return c.param.name; });

TEST(StatementClass, SaysWhatCallsUnknownFunctions) {
    EXPECT_TRUE(classify("SELECT price_of(id) FROM t", MySql).calls_unknown);
    EXPECT_TRUE(classify("INSERT INTO t VALUES (next_code())", Postgres).calls_unknown);
    EXPECT_FALSE(classify("SELECT count(*), now() FROM t WHERE a IN (1)", MySql).calls_unknown);
    EXPECT_FALSE(classify("SELECT nextval('s')", Postgres).calls_unknown);
    EXPECT_FALSE(classify("SELECT anything(1)", Sqlite).calls_unknown);
    EXPECT_TRUE(classify("SELECT 1 FROM a JOIN b ON fits(a.x, b.x)", Postgres).calls_unknown);
    EXPECT_TRUE(classify("INSERT INTO t (a) VALUES (1, put(2))", Postgres).calls_unknown);
    for (const char* const source :
         {"INSERT INTO shop.t (a) VALUES (1) ON CONFLICT (a) DO NOTHING", "SELECT tags[1] FROM t",
          "SELECT * FROM (VALUES (1)) v(a) JOIN unnest($1) AS u(b) ON a = b",
          "WITH RECURSIVE a(x) AS (SELECT 1), b(y, z) AS MATERIALIZED (SELECT 2, 3) SELECT 1"}) {
        EXPECT_FALSE(classify(source, Postgres).calls_unknown) << source;
    }
    EXPECT_FALSE(classify("INSERT IGNORE t (a) VALUES (1)", MySql).calls_unknown);
}

TEST(StatementClass, SaysWhatOpensATransaction) {
    const auto opens = [](Dialect dialect, const char* source) {
        return classify(source, dialect).opens_transaction;
    };
    for (const char* const source :
         {"BEGIN", "/* x */ begin isolation level serializable", "START TRANSACTION READ ONLY"}) {
        EXPECT_TRUE(opens(Postgres, source)) << source;
    }
    EXPECT_TRUE(opens(Sqlite, "BEGIN IMMEDIATE"));
    EXPECT_TRUE(opens(MySql, "BEGIN WORK"));
    EXPECT_FALSE(opens(MySql, "BEGIN NOT ATOMIC SELECT 1; END"));
    for (const char* const source :
         {"COMMIT", "ROLLBACK", "SELECT 1", "START SLAVE", "SAVEPOINT a"}) {
        EXPECT_FALSE(opens(MySql, source)) << source;
    }
}

TEST(StatementClass, SaysWhatEndsATransaction) {
    const auto ends = [](Dialect dialect, const char* source) {
        return classify(source, dialect).ends_transaction;
    };
    for (const char* const source : {"BEGIN", "start transaction", "COMMIT", "END", "ROLLBACK",
                                     "ROLLBACK WORK", "ABORT", "PREPARE TRANSACTION 'x'"}) {
        EXPECT_TRUE(ends(Postgres, source)) << source;
    }
    for (const char* const source :
         {"SELECT 1", "ROLLBACK TO a", "ROLLBACK TO SAVEPOINT a", "ROLLBACK WORK TO a",
          "SAVEPOINT a", "CREATE TABLE t (a int)", "PREPARE a AS SELECT 1", ""}) {
        EXPECT_FALSE(ends(Postgres, source)) << source;
    }
    EXPECT_TRUE(ends(MySql, "CREATE TABLE t (a int)"));
    EXPECT_TRUE(ends(MySql, "TRUNCATE t"));
    EXPECT_FALSE(ends(MySql, "CREATE TEMPORARY TABLE t (a int)"));
    EXPECT_FALSE(ends(MySql, "BEGIN NOT ATOMIC SET @a = 1; END"));
}

TEST(StatementClass, SaysWhatChangesTheSchema) {
    for (const char* const source : {"CREATE TABLE t (a int)", "/* x */ alter table t add b int",
                                     "DROP VIEW v", "RENAME TABLE a TO b"}) {
        EXPECT_TRUE(classify(source, MySql).changes_schema) << source;
    }
    for (const char* const source : {"SELECT 1", "INSERT INTO t VALUES (1)", "TRUNCATE t"}) {
        EXPECT_FALSE(classify(source, MySql).changes_schema) << source;
    }
}

}  // namespace
}  // namespace kdeps::sql
