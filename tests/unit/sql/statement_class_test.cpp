#include "kdeps/sql/statement_class.hpp"

#include <gtest/gtest.h>

#include "kdeps/sql/dialect.hpp"

namespace kdeps::sql {
namespace {

using enum SessionEffect;

struct ClassCase {
    const char* name;
    const Dialect& dialect;
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
    {"Select", kPostgres, "SELECT 1", Neutral, false},
    {"SelectInParentheses", kPostgres, "((SELECT 1))", Neutral, false},
    {"SelectAfterComment", kPostgres, "-- SET x\n select 1", Neutral, false},
    {"Values", kPostgres, "VALUES (1)", Neutral, false},
    {"Table", kPostgres, "TABLE t", Neutral, false},
    {"Show", kMySql, "SHOW TABLES", Neutral, false},
    {"Explain", kPostgres, "EXPLAIN SELECT 1", Neutral, false},
    {"ExplainAnalyzeDelete", kPostgres, "EXPLAIN ANALYZE DELETE FROM t", Neutral, true},
    {"With", kPostgres, "WITH a AS (SELECT 1) SELECT * FROM a", Neutral, false},
    {"WithDelete", kPostgres, "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", Neutral,
     true},
    {"SelectForUpdate", kPostgres, "SELECT 1 FROM t FOR UPDATE", Neutral, true},
    {"SelectForShare", kPostgres, "SELECT 1 FROM t FOR SHARE", Neutral, true},
    {"InsertFunction", kMySql, "SELECT INSERT('a', 1, 1, 'b')", Neutral, false},
    {"ColumnNamedSet", kPostgres, "SELECT \"set\", 'SET' FROM t", Neutral, false},
    {"Insert", kPostgres, "INSERT INTO t VALUES (1)", Neutral, true},
    {"Update", kMySql, "UPDATE t SET a = 1", Neutral, true},
    {"Replace", kMySql, "REPLACE INTO t VALUES (1)", Neutral, true},
    {"Ddl", kPostgres, "CREATE TABLE t (a int)", Neutral, true},
    {"Truncate", kPostgres, "TRUNCATE t", Neutral, true},
    {"NextValue", kPostgres, "SELECT nextval('s')", Neutral, true},
    {"StoredFunction", kPostgres, "SELECT put(1)", Neutral, true},
    {"StoredFunctionInSchema", kMySql, "SELECT shop.`put` (1)", Neutral, true},
    {"StoredFunctionNamedAsBuiltIn", kMySql, "SELECT shop.lower('A')", Neutral, true},
    {"FunctionOfASchema", kPostgres, "SELECT app.format(1)", Neutral, true},
    {"FunctionOfTheSystem", kPostgres, "SELECT pg_catalog.lower('A')", Neutral, false},
    {"ColumnsOfASchemasTable", kPostgres, "INSERT INTO app.format (a) VALUES (1)", Neutral, true},
    {"FunctionOfSqlite", kSqlite, "SELECT my_function(1)", Neutral, false},
    {"Aggregates", kPostgres,
     "SELECT count(*), COALESCE(max(a), 0)::numeric(10, 2), row_number() OVER (ORDER BY b) FROM t "
     "WHERE a IN (1, 2) AND EXISTS (SELECT 1) GROUP BY (a)",
     Neutral, false},
    {"CurrentValue", kPostgres, "SELECT currval('s')", Neutral, false},
    {"LoadData", kMySql, "LOAD DATA INFILE 'x' INTO TABLE t", Neutral, true},

    {"Begin", kPostgres, "BEGIN", Transactional, false},
    {"BeginTransaction", kSqlServer, "BEGIN TRAN", Transactional, false},
    {"StartTransaction", kMySql, "START TRANSACTION", Transactional, false},
    {"Commit", kPostgres, "COMMIT", Transactional, true},
    {"Savepoint", kPostgres, "SAVEPOINT a", Transactional, false},
    {"Call", kMySql, "CALL p()", Transactional, true},
    {"Do", kPostgres, "DO $$ BEGIN END $$", Transactional, true},
    {"Exec", kSqlServer, "EXEC p", Transactional, true},
    {"SetLocal", kPostgres, "SET LOCAL work_mem = '1MB'", Transactional, false},
    {"SetTransaction", kPostgres, "SET TRANSACTION READ ONLY", Transactional, false},
    {"PrepareTransaction", kPostgres, "PREPARE TRANSACTION 'x'", Transactional, true},
    {"AdvisoryTransactionLock", kPostgres, "SELECT pg_advisory_xact_lock(1)", Transactional, false},
    {"TryAdvisoryTransactionLock", kPostgres, "SELECT pg_try_advisory_xact_lock(1)", Transactional,
     false},

    {"XaStart", kMySql, "XA START 'a'", Transactional, false},
    {"XaPrepare", kMySql, "XA PREPARE 'a'", Transactional, true},
    {"XaCommit", kMySql, "XA COMMIT 'a' ONE PHASE", Transactional, true},
    {"Set", kPostgres, "SET search_path = a", Session, false},
    {"SetLocalMySql", kMySql, "SET LOCAL sql_mode = ''", Session, false},
    {"SetTransactionMySql", kMySql, "SET TRANSACTION READ ONLY", Session, false},
    {"SetConfig", kPostgres, "SELECT set_config('a', 'b', false)", Session, false},
    {"SetConfigQualified", kPostgres, "SELECT pg_catalog.\"set_config\" ('a', 'b', false)", Session,
     false},
    {"AdvisoryLock", kPostgres, "SELECT pg_advisory_lock(1)", Session, false},
    {"TryAdvisoryLock", kPostgres, "SELECT pg_try_advisory_lock_shared(1)", Session, false},
    {"LockInString", kPostgres, "SELECT 'pg_advisory_lock(1)'", Neutral, false},
    {"GetLock", kMySql, "SELECT GET_LOCK('a', 1)", Session, false},
    {"DoGetLock", kMySql, "DO GET_LOCK('a', 1)", Session, true},
    {"UserVariable", kMySql, "SELECT @n := @n + 1", Session, false},
    {"SelectIntoVariable", kMySql, "SELECT 1 INTO @n", Session, true},
    {"TemporaryTable", kPostgres, "CREATE TEMP TABLE t (a int)", Session, true},
    {"TemporaryTableMySql", kMySql, "CREATE TEMPORARY TABLE t (a int)", Session, true},
    {"LocalTemporaryView", kPostgres, "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1", Session,
     true},
    {"TemporarySchema", kPostgres, "CREATE TABLE pg_temp.t (a int)", Session, true},
    {"HashTable", kSqlServer, "CREATE TABLE #t (a int)", Session, true},
    {"SelectIntoHashTable", kSqlServer, "SELECT 1 AS a INTO #t", Session, true},
    {"EmptyName", kSqlite, "SELECT 1 WHERE '' = \"\"", Neutral, false},
    {"EmptyNameSqlServer", kSqlServer, "SELECT 1 AS \"\"", Neutral, false},
    {"SelectInto", kPostgres, "SELECT 1 AS a INTO t", Neutral, true},
    {"SelectIntoTemp", kPostgres, "SELECT 1 AS a INTO TEMP t", Session, true},
    {"Listen", kPostgres, "LISTEN c", Session, false},
    {"Prepare", kPostgres, "PREPARE a AS SELECT 1", Session, true},
    {"LockTables", kMySql, "LOCK TABLES t READ", Session, true},
    {"Use", kMySql, "USE d", Session, false},
    {"Attach", kSqlite, "ATTACH 'x' AS y", Session, true},
    {"Pragma", kSqlite, "PRAGMA foreign_keys = ON", Session, true},
    {"LoadExtension", kSqlite, "SELECT load_extension('x')", Session, true},
    {"ExecutableComment", kMySql, "SELECT 1 /*!50000 , GET_LOCK('a', 1) */", Session, true},
    {"AnonymousBlock", kMySql, "BEGIN NOT ATOMIC SET @a = 1; END", Session, true},
    {"ApplicationLock", kSqlServer, "EXEC sp_getapplock 'x', 'Shared'", Session, true},
    {"UnknownWord", kPostgres, "FROBNICATE", Session, true},
    {"Nothing", kPostgres, "", Session, true},
    {"Slot", kPostgres, "{{ oneOf(x, ['SELECT 1']) }}", Session, true},
    {"Unclosed", kPostgres, "SELECT 'a", Session, true},
};
INSTANTIATE_TEST_SUITE_P(Cases, StatementClassTest, testing::ValuesIn(kClassCases),
                         [](const auto& c) { return c.param.name; });

TEST(StatementClass, SaysWhatCallsUnknownFunctions) {
    EXPECT_TRUE(classify("SELECT price_of(id) FROM t", kMySql).calls_unknown);
    EXPECT_TRUE(classify("INSERT INTO t VALUES (next_code())", kPostgres).calls_unknown);
    EXPECT_FALSE(classify("SELECT count(*), now() FROM t WHERE a IN (1)", kMySql).calls_unknown);
    EXPECT_FALSE(classify("SELECT nextval('s')", kPostgres).calls_unknown);
    EXPECT_FALSE(classify("SELECT anything(1)", kSqlite).calls_unknown);
    EXPECT_TRUE(classify("SELECT 1 FROM a JOIN b ON fits(a.x, b.x)", kPostgres).calls_unknown);
    EXPECT_TRUE(classify("INSERT INTO t (a) VALUES (1, put(2))", kPostgres).calls_unknown);
    for (const char* const source :
         {"INSERT INTO shop.t (a) VALUES (1) ON CONFLICT (a) DO NOTHING", "SELECT tags[1] FROM t",
          "SELECT * FROM (VALUES (1)) v(a) JOIN unnest($1) AS u(b) ON a = b",
          "WITH RECURSIVE a(x) AS (SELECT 1), b(y, z) AS MATERIALIZED (SELECT 2, 3) SELECT 1"}) {
        EXPECT_FALSE(classify(source, kPostgres).calls_unknown) << source;
    }
    EXPECT_FALSE(classify("INSERT IGNORE t (a) VALUES (1)", kMySql).calls_unknown);
}

TEST(StatementClass, SaysWhatOpensATransaction) {
    const auto opens = [](const Dialect& dialect, const char* source) {
        return classify(source, dialect).opens_transaction;
    };
    for (const char* const source :
         {"BEGIN", "/* x */ begin isolation level serializable", "START TRANSACTION READ ONLY"}) {
        EXPECT_TRUE(opens(kPostgres, source)) << source;
    }
    EXPECT_TRUE(opens(kSqlite, "BEGIN IMMEDIATE"));
    EXPECT_TRUE(opens(kMySql, "BEGIN WORK"));
    EXPECT_FALSE(opens(kMySql, "BEGIN NOT ATOMIC SELECT 1; END"));
    for (const char* const source :
         {"COMMIT", "ROLLBACK", "SELECT 1", "START SLAVE", "SAVEPOINT a"}) {
        EXPECT_FALSE(opens(kMySql, source)) << source;
    }
}

TEST(StatementClass, SaysWhatEndsATransaction) {
    const auto ends = [](const Dialect& dialect, const char* source) {
        return classify(source, dialect).ends_transaction;
    };
    for (const char* const source : {"BEGIN", "start transaction", "COMMIT", "END", "ROLLBACK",
                                     "ROLLBACK WORK", "ABORT", "PREPARE TRANSACTION 'x'"}) {
        EXPECT_TRUE(ends(kPostgres, source)) << source;
    }
    for (const char* const source :
         {"SELECT 1", "ROLLBACK TO a", "ROLLBACK TO SAVEPOINT a", "ROLLBACK WORK TO a",
          "SAVEPOINT a", "CREATE TABLE t (a int)", "PREPARE a AS SELECT 1", ""}) {
        EXPECT_FALSE(ends(kPostgres, source)) << source;
    }
    EXPECT_TRUE(ends(kMySql, "CREATE TABLE t (a int)"));
    EXPECT_TRUE(ends(kMySql, "TRUNCATE t"));
    EXPECT_FALSE(ends(kMySql, "CREATE TEMPORARY TABLE t (a int)"));
    EXPECT_FALSE(ends(kMySql, "BEGIN NOT ATOMIC SET @a = 1; END"));
}

TEST(StatementClass, SaysWhatChangesTheSchema) {
    for (const char* const source : {"CREATE TABLE t (a int)", "/* x */ alter table t add b int",
                                     "DROP VIEW v", "RENAME TABLE a TO b"}) {
        EXPECT_TRUE(classify(source, kMySql).changes_schema) << source;
    }
    for (const char* const source : {"SELECT 1", "INSERT INTO t VALUES (1)", "TRUNCATE t"}) {
        EXPECT_FALSE(classify(source, kMySql).changes_schema) << source;
    }
}

TEST(StatementClass, NamesWhatAStatementMayTouch) {
    const std::vector<std::string> names = {"select", "a", "A b", "from", "t", "where", "ü"};
    EXPECT_EQ(names_in("SELECT a, \"A b\" FROM T /* x */ WHERE ü = 'y'", kPostgres), names);
    EXPECT_TRUE(names_in("SELECT 'never closed", kPostgres).empty());
}

}  // namespace
}  // namespace kdeps::sql
