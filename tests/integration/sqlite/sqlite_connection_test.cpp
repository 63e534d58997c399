#include "sqlite/sqlite_connection.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kdeps/base/json.hpp"

#include "canceller.hpp"
#include "sqlite/sqlite_driver.hpp"
#include "support/database.hpp"
#include "support/temp_dir.hpp"

namespace kdeps::db {
namespace {

using namespace std::chrono_literals;
using test::begin, test::commit, test::run_sets;

class SqliteTest : public testing::Test {
 protected:
    std::unique_ptr<Connection> connect(const std::string& name = "test.db",
                                        const std::string& init = "") {
        return connect_to((folder.path() / name).string(), init);
    }
    static std::unique_ptr<Connection> connect_to(const std::string& path,
                                                  const std::string& init = "") {
        sql::Dsn dsn;
        dsn.database = path;
        return make_sqlite_driver(dsn, init)->connect(Deadline::after(10s));
    }
    static Statement statement(const std::string& text) {
        return {.text = std::make_shared<const std::string>(text), .statement_class = {}};
    }
    static Result run(Connection& connection, const std::string& text,
                      const std::vector<Value>& parameters = {}) {
        return connection.execute(statement(text), parameters);
    }
    static std::string rows(Connection& connection, const std::string& text,
                            const std::vector<Value>& parameters = {}) {
        const Result result = run(connection, text, parameters);
        return result.table ? to_json(Value(TableRef{result.table})) : "no rows";
    }
    template <typename Call>
    static Error error_of(Call call) {
        try {
            call();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "no error";
        return Error(ErrorCode::Internal, "no error");
    }

    test::TempDir folder;
};

struct ValueCase {
    const char* name;
    Value value;
    const char* storage;
    const char* json;
};
class SqliteValueTest : public SqliteTest, public testing::WithParamInterface<ValueCase> {};

TEST_P(SqliteValueTest, ComesBackAsStored) {
    const auto db = connect();
    const Result result = run(*db, "SELECT typeof(?1) AS t, ?1 AS v", {GetParam().value});
    EXPECT_EQ(result.table->cell(0, 0).text, GetParam().storage);
    EXPECT_EQ(to_json(result.table->value(0, 1)), GetParam().json);
}

std::vector<ValueCase> value_cases() {
    const auto decimal = [](const char* text) { return Value(*Decimal::parse(text)); };
    return {
        {"Null", Value(), "null", "null"},
        {"True", Value(true), "integer", "1"},
        {"False", Value(false), "integer", "0"},
        {"SmallestInt", Value(std::numeric_limits<std::int64_t>::min()), "integer",
         "-9223372036854775808"},
        {"LargestInt", Value(std::numeric_limits<std::int64_t>::max()), "integer",
         "9223372036854775807"},
        {"Double", Value(0.1), "real", "0.1"},
        {"LargestDouble", Value(std::numeric_limits<double>::max()), "real",
         "1.7976931348623157e+308"},
        {"Infinity", Value(HUGE_VAL), "real", "\"Infinity\""},
        {"NanIsNull", Value(std::nan("")), "null", "null"},
        {"Decimal", decimal("19.90"), "text", "\"19.90\""},
        {"DecimalThatARealPrints", decimal("10.5"), "real", "10.5"},
        {"DecimalWithOneZero", decimal("1.0"), "real", "1.0"},
        {"DecimalLongerThanADouble", decimal("123456789.123456789"), "text",
         "\"123456789.123456789\""},
        {"IntegralDecimal", decimal("12"), "integer", "12"},
        {"LongDecimal", decimal("18446744073709551615"), "text", "\"18446744073709551615\""},
        {"Text", Value("Zo\xc3\xab"), "text", "\"Zo\xc3\xab\""},
        {"EmptyText", Value(""), "text", "\"\""},
        {"Bytes", Value(Bytes{std::string("\0\xff", 2)}), "blob", "\"AP8=\""},
        {"EmptyBytes", Value(Bytes{}), "blob", "\"\""},
        {"Date", Value(Temporal{Kind::Date, "2024-02-29"}), "text", "\"2024-02-29\""},
        {"TimestampTz", Value(Temporal{Kind::TimestampTz, "2024-02-29T10:00:00Z"}), "text",
         "\"2024-02-29T10:00:00Z\""},
        {"List", Value(Value::List{1, "a"}), "text", "\"[1,\\\"a\\\"]\""},
        {"Object", Value(Object{{"a", 1}}), "text", "\"{\\\"a\\\":1}\""},
    };
}
INSTANTIATE_TEST_SUITE_P(Values, SqliteValueTest, testing::ValuesIn(value_cases()),
                         [](const auto& c) { return std::string(c.param.name); });

TEST_F(SqliteTest, StorageClassDecidesNotTheDeclaredType) {
    const auto db = connect();
    run(*db, "CREATE TABLE t (v INTEGER)");
    run(*db, "INSERT INTO t VALUES (1), (1.5), ('x'), (x'00'), (NULL)");
    EXPECT_EQ(rows(*db, "SELECT v FROM t"),
              R"([{"v":1},{"v":1.5},{"v":"x"},{"v":"AA=="},{"v":null}])");
}

TEST_F(SqliteTest, RowsAffectedCountsMatchedRowsOfThisStatementOnly) {
    const auto db = connect();
    EXPECT_EQ(run(*db, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)").rows_affected, 0);
    const Result inserted = run(*db, "INSERT INTO t (v) VALUES (1), (1), (2)");
    EXPECT_EQ(inserted.rows_affected, 3);
    EXPECT_EQ(inserted.last_insert_id, 3);
    EXPECT_EQ(inserted.table, nullptr);
    const Result updated = run(*db, "UPDATE t SET v = 1 WHERE v = 1");
    EXPECT_EQ(updated.rows_affected, 2);
    EXPECT_EQ(updated.last_insert_id, std::nullopt);
    EXPECT_EQ(run(*db, "CREATE INDEX i ON t (v)").rows_affected, 0);
    EXPECT_EQ(run(*db, "SELECT * FROM t").rows_affected, 0);
    EXPECT_EQ(run(*db, "DELETE FROM t WHERE v = 7").rows_affected, 0);
}

TEST_F(SqliteTest, RowsComeFromAnyStatementThatHasThem) {
    const auto db = connect();
    run(*db, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    EXPECT_EQ(rows(*db, "INSERT INTO t (v) VALUES ('a') RETURNING id, v"), R"([{"id":1,"v":"a"}])");
    EXPECT_EQ(run(*db, "UPDATE t SET v = 'b' RETURNING id").rows_affected, 1);
    EXPECT_EQ(rows(*db, "WITH x AS (SELECT v FROM t) SELECT * FROM x"), R"([{"v":"b"}])");
    EXPECT_EQ(rows(*db, "PRAGMA user_version"), R"([{"user_version":0}])");
    EXPECT_EQ(rows(*db, "SELECT 1 WHERE 0"), "[]");
    EXPECT_EQ(rows(*db, "VALUES (1)"), R"([{"column1":1}])");
    EXPECT_EQ(rows(*db, "DELETE FROM t"), "no rows");
}

TEST_F(SqliteTest, DuplicateColumnNamesAreRenamed) {
    const Result result = run(*connect(), "SELECT 1 AS id, 2 AS id");
    EXPECT_EQ(to_json(Value(TableRef{result.table})), R"([{"id":1,"id_2":2}])");
    EXPECT_EQ(result.renamed_columns.size(), 1u);
}

TEST_F(SqliteTest, ResultsAreBounded) {
    const auto db = connect();
    const std::string numbers =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
        "SELECT i FROM n";
    Statement bounded = statement(numbers);
    bounded.max_rows = 3;
    const Result cut = db->execute(bounded, {});
    EXPECT_EQ(cut.table->row_count(), 3u);
    EXPECT_TRUE(cut.table->is_truncated());
    bounded.max_rows = 1000;
    EXPECT_FALSE(db->execute(bounded, {}).table->is_truncated());
    bounded.max_bytes = 1000;
    EXPECT_EQ(error_of([&] { static_cast<void>(db->execute(bounded, {})); }).code(),
              ErrorCode::ResultTooLarge);
    EXPECT_EQ(db->state(), SessionState::Idle);
}

struct ErrorCase {
    const char *name, *sql, *sqlstate, *message;
};
class SqliteErrorTest : public SqliteTest, public testing::WithParamInterface<ErrorCase> {};

TEST_P(SqliteErrorTest, KeepsTheMessageAndHasASqlstate) {
    const auto db = connect();
    run(*db, "PRAGMA foreign_keys = ON");
    run(*db,
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
        "age INT CHECK (age > 0), boss INT REFERENCES users(id))");
    run(*db, "INSERT INTO users (id, name) VALUES (1, 'a')");
    const Error error = error_of([&] { run(*db, GetParam().sql); });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_STREQ(error.what(), GetParam().message);
    EXPECT_EQ(error.detail().sqlstate, GetParam().sqlstate);
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(rows(*db, "SELECT count(*) AS n FROM users"), R"([{"n":1}])");
}

constexpr ErrorCase kErrorCases[] = {
    {"Unique", "INSERT INTO users (name) VALUES ('a')", "23505",
     "UNIQUE constraint failed: users.name"},
    {"PrimaryKey", "INSERT INTO users (id, name) VALUES (1, 'b')", "23505",
     "UNIQUE constraint failed: users.id"},
    {"NotNull", "INSERT INTO users (name) VALUES (NULL)", "23502",
     "NOT NULL constraint failed: users.name"},
    {"Check", "INSERT INTO users (name, age) VALUES ('b', 0)", "23514",
     "CHECK constraint failed: age > 0"},
    {"ForeignKey", "INSERT INTO users (name, boss) VALUES ('b', 9)", "23503",
     "FOREIGN KEY constraint failed"},
    {"Syntax", "SELEC 1", "42601", "near \"SELEC\": syntax error"},
    {"Incomplete", "SELECT", "42601", "incomplete input"},
    {"NoTable", "SELECT * FROM nope", "42P01", "no such table: nope"},
    {"NoColumn", "SELECT nope FROM users", "42703", "no such column: nope"},
    {"NoFunction", "SELECT nope()", "42883", "no such function: nope"},
    {"Several", "SELECT 1; DELETE FROM users", "42601", "one text holds several statements"},
    {"Empty", "-- nothing", "42601", "the statement is empty"},
    {"Parameters", "SELECT ?, ?", "07001",
     "the statement has 2 parameters, but 0 values were given"},
};
INSTANTIATE_TEST_SUITE_P(Cases, SqliteErrorTest, testing::ValuesIn(kErrorCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST_F(SqliteTest, TrailingSemicolonAndCommentAreFine) {
    EXPECT_EQ(rows(*connect(), "SELECT 1 AS one; -- that is all\n"), R"([{"one":1}])");
}

TEST_F(SqliteTest, TransactionsCommitAndRollBack) {
    const auto db = connect();
    run(*db, "CREATE TABLE t (v)");
    begin(*db);
    EXPECT_EQ(db->state(), SessionState::InTransaction);
    run(*db, "INSERT INTO t VALUES (1)");
    db->rollback();
    EXPECT_EQ(db->state(), SessionState::Idle);
    begin(*db);
    run(*db, "INSERT INTO t VALUES (2)");
    commit(*db);
    EXPECT_EQ(rows(*db, "SELECT v FROM t"), R"([{"v":2}])");
    db->rollback();  // nothing to do
}

TEST_F(SqliteTest, FailedCommitLeavesNothing) {
    const auto db = connect();
    run(*db, "PRAGMA foreign_keys = ON");
    run(*db,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, r INT REFERENCES t(id) "
        "DEFERRABLE INITIALLY DEFERRED)");
    begin(*db);
    run(*db, "INSERT INTO t VALUES (1, 9)");
    const Error error = error_of([&] { commit(*db); });
    EXPECT_EQ(error.detail().sqlstate, "23503");
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(db->state(), SessionState::InTransaction);
    db->rollback();
    EXPECT_EQ(rows(*db, "SELECT * FROM t"), "[]");
}

TEST_F(SqliteTest, BatchTellsWhatFailedAndWhatIsStored) {
    const auto db = connect();
    run(*db, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    const std::vector<std::vector<Value>> sets = {{1, "a"}, {2, "b"}, {1, "c"}, {3, "d"}};
    const Error error = error_of(
        [&] { static_cast<void>(run_sets(*db, statement("INSERT INTO t VALUES (?, ?)"), sets)); });
    EXPECT_EQ(error.detail().failed_index, 2u);
    EXPECT_EQ(error.detail().applied_indexes, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(rows(*db, "SELECT count(*) AS n FROM t"), R"([{"n":2}])");
    begin(*db);
    const Error in_transaction = error_of(
        [&] { static_cast<void>(run_sets(*db, statement("INSERT INTO t VALUES (?, ?)"), sets)); });
    EXPECT_EQ(in_transaction.detail().failed_index, 0u);
    EXPECT_TRUE(in_transaction.detail().applied_indexes.empty());
    db->rollback();
    const std::vector<std::vector<Value>> good = {{5, "x"}, {6, "y"}};
    const auto results = run_sets(*db, statement("INSERT INTO t VALUES (?, ?)"), good);
    ASSERT_EQ(results.size(), 2u);
    EXPECT_EQ(results[1].last_insert_id, 6);
}

TEST_F(SqliteTest, LongStatementIsCancelled) {
    const auto db = connect();
    Canceller canceller;
    Canceller::Target target(canceller, *db);
    Canceller::Watch watch(target, Deadline::after(20ms), {});
    const Error error = error_of([&] {
        run(*db,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT count(*) FROM n");
    });
    EXPECT_EQ(watch.finish(), Canceller::Cause::Deadline);
    EXPECT_EQ(error.detail().sqlstate, "57014");
    EXPECT_EQ(rows(*db, "SELECT 1 AS one"), R"([{"one":1}])");
}

TEST_F(SqliteTest, CancelledWriteHasChangedNothing) {
    const auto db = connect();
    run(*db, "CREATE TABLE t (v)");
    Canceller canceller;
    Canceller::Target target(canceller, *db);
    Canceller::Watch watch(target, Deadline::after(20ms), {});
    const Error error = error_of([&] {
        run(*db,
            "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT i FROM n");
    });
    watch.finish();
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(rows(*db, "SELECT count(*) AS n FROM t"), R"([{"n":0}])");
}

/// Another process that holds the write lock of a file until it is told to stop.
class OtherProcess {
 public:
    explicit OtherProcess(const std::string& path) {
        if (pipe(go_) != 0 || pipe(locked_) != 0) throw std::runtime_error("pipe failed");
        pid_ = fork();
        if (pid_ == 0) hold(path);
        char byte = 0;
        if (read(locked_[0], &byte, 1) != 1) throw std::runtime_error("no lock");
    }
    ~OtherProcess() {
        release();
        waitpid(pid_, nullptr, 0);
        for (const int fd : {go_[0], locked_[0], locked_[1]}) ::close(fd);
    }
    void release() {
        if (go_[1] < 0) return;
        ::close(go_[1]);
        go_[1] = -1;
    }

 private:
    [[noreturn]] void hold(const std::string& path) {
        ::close(go_[1]);
        sql::Dsn dsn;
        dsn.database = path;
        const auto db = make_sqlite_driver(dsn, "")->connect(Deadline::after(10s));
        begin(*db);
        char byte = 'x';
        if (write(locked_[1], &byte, 1) != 1) _exit(1);
        const auto ignored = read(go_[0], &byte, 1);
        static_cast<void>(ignored);
        commit(*db);
        _exit(0);
    }
    int go_[2] = {-1, -1};
    int locked_[2] = {-1, -1};
    pid_t pid_ = -1;
};

TEST_F(SqliteTest, BusyIsWaitedForAndNeverTold) {
    const std::string path = (folder.path() / "test.db").string();
    run(*connect_to(path), "CREATE TABLE t (v)");
    OtherProcess other(path);
    const auto db = connect_to(path);
    EXPECT_EQ(rows(*db, "SELECT * FROM t"), "[]");  // WAL: readers do not wait
    std::jthread later([&] {
        std::this_thread::sleep_for(50ms);
        other.release();
    });
    EXPECT_EQ(run(*db, "INSERT INTO t VALUES (1)").rows_affected, 1);
}

TEST_F(SqliteTest, WaitForABusyFileEndsWithACancel) {
    const std::string path = (folder.path() / "test.db").string();
    run(*connect_to(path), "CREATE TABLE t (v)");
    OtherProcess other(path);
    const auto db = connect_to(path);
    Canceller canceller;
    Canceller::Target target(canceller, *db);
    Canceller::Watch watch(target, Deadline::after(20ms), {});
    const Error error = error_of([&] { run(*db, "INSERT INTO t VALUES (1)"); });
    EXPECT_EQ(watch.finish(), Canceller::Cause::Deadline);
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
}

TEST_F(SqliteTest, WriterWithoutATokenWaitsForTheGateAndCanBeCancelled) {
    const std::string path = (folder.path() / "test.db").string();
    const auto db = connect_to(path);
    run(*db, "CREATE TABLE t (v)");
    auto held = WriterGate::of_file(path)->enter(Deadline::never(), {});
    EXPECT_EQ(rows(*db, "SELECT * FROM t"), "[]");  // readers pass
    {
        Canceller canceller;
        Canceller::Target target(canceller, *db);
        Canceller::Watch watch(target, Deadline::after(10ms), {});
        EXPECT_EQ(error_of([&] { run(*db, "DELETE FROM t"); }).detail().sqlstate, "57014");
    }
    db->set_writer_token(held);  // as the lease does that has the token
    EXPECT_EQ(run(*db, "DELETE FROM t").rows_affected, 0);
    db->set_writer_token(nullptr);
    held.reset();
    begin(*db);  // holds the gate until the end of the transaction
    EXPECT_THROW(static_cast<void>(WriterGate::of_file(path)->enter(Deadline::after(1ms), {})),
                 Error);
    commit(*db);
    EXPECT_TRUE(WriterGate::of_file(path)->enter(Deadline::after(0ms), {}));
}

TEST_F(SqliteTest, StatementsAreCachedAndBounded) {
    const auto connection = connect();
    auto& db = dynamic_cast<SqliteConnection&>(*connection);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 100; ++i) run(db, "SELECT " + std::to_string(i));
    }
    EXPECT_EQ(db.cached_statements(), SqliteConnection::kCachedStatements);
}

TEST_F(SqliteTest, CachedStatementFollowsSchemaChanges) {
    const auto db = connect();
    run(*db, "CREATE TABLE t (a)");
    run(*db, "INSERT INTO t VALUES (1)");
    EXPECT_EQ(rows(*db, "SELECT * FROM t"), R"([{"a":1}])");
    const auto other = connect();
    run(*other, "ALTER TABLE t ADD COLUMN b DEFAULT 2");
    EXPECT_EQ(rows(*db, "SELECT * FROM t"), R"([{"a":1,"b":2}])");
    run(*other, "ALTER TABLE t RENAME a TO c");
    EXPECT_EQ(rows(*db, "SELECT * FROM t"), R"([{"c":1,"b":2}])");
    run(*other, "ALTER TABLE t DROP c");
    begin(*db);
    EXPECT_EQ(rows(*db, "SELECT * FROM t"), R"([{"b":2}])");
    EXPECT_EQ(rows(*db, "INSERT INTO t VALUES (3) RETURNING *"), R"([{"b":3}])");
    commit(*db);
}

TEST_F(SqliteTest, TableThatComesBackIsFoundAgain) {
    const auto db = connect();
    run(*db, "CREATE TABLE t (a)");
    EXPECT_EQ(rows(*db, "SELECT * FROM t"), "[]");
    run(*db, "DROP TABLE t");
    EXPECT_EQ(error_of([&] { run(*db, "SELECT * FROM t"); }).detail().sqlstate, "42P01");
    run(*db, "CREATE VIEW t AS SELECT 1 AS x, 'y' AS y");
    EXPECT_EQ(rows(*db, "SELECT * FROM t"), R"([{"x":1,"y":"y"}])");
}

TEST_F(SqliteTest, MissingFileIsCreatedInWalMode) {
    const auto db = connect("new.db");
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "new.db"));
    EXPECT_EQ(rows(*db, "PRAGMA journal_mode"), R"([{"journal_mode":"wal"}])");
}

TEST_F(SqliteTest, JournalModeOfOthersFilesIsLeftAlone) {
    folder.write("theirs.db", "");
    EXPECT_EQ(rows(*connect("theirs.db"), "PRAGMA journal_mode"), R"([{"journal_mode":"delete"}])");
}

TEST_F(SqliteTest, MissingFolderIsNamed) {
    const std::string path = (folder.path() / "no" / "x.db").string();
    const Error error = error_of([&] { connect_to(path); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_EQ(error.what(), "cannot open '" + path + "': folder '" +
                                (folder.path() / "no").string() + "' does not exist");
}

TEST_F(SqliteTest, OtherFilesAreRefusedAtOnce) {
    const std::string path = folder.write("x.db", std::string(2000, 'x'));
    EXPECT_EQ(error_of([&] { connect_to(path); }).what(),
              "cannot open '" + path + "': file is not a database");
}

TEST_F(SqliteTest, ReadOnlyModeRefusesWrites) {
    const auto writable = connect();
    run(*writable, "CREATE TABLE t (v)");
    sql::Dsn dsn;
    dsn.database = (folder.path() / "test.db").string();
    dsn.options["mode"] = "ro";
    const auto db = make_sqlite_driver(dsn, "")->connect(Deadline::after(10s));
    const Error error = error_of([&] { run(*db, "INSERT INTO t VALUES (1)"); });
    EXPECT_EQ(error.detail().sqlstate, "25006");
}

TEST_F(SqliteTest, DeletedFileEndsItsSessions) {
    const auto db = connect();
    EXPECT_TRUE(db->ping());
    std::filesystem::remove(folder.path() / "test.db");
    EXPECT_FALSE(db->ping());
    folder.write("test.db", "");
    EXPECT_FALSE(db->ping());
}

TEST_F(SqliteTest, InitScriptRunsOnceAndOnlyInAnEmptyDatabase) {
    const std::string script = folder.write("init.sql",
                                            "-- schema\n"
                                            "CREATE TABLE t (v TEXT); /* two; */\n"
                                            "INSERT INTO t VALUES ('a;b');;\n"
                                            "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n"
                                            "  DELETE FROM t WHERE v = 'c'; SELECT 1;\n"
                                            "END;\n");
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(rows(*connect("app.db", script), "SELECT v FROM t"), R"([{"v":"a;b"}])");
    }
}

struct ScriptCase {
    const char *name, *script, *message;
};
class SqliteScriptTest : public SqliteTest, public testing::WithParamInterface<ScriptCase> {};

TEST_P(SqliteScriptTest, MistakeIsLocatedAndNothingIsKept) {
    const std::string script = folder.write("init.sql", GetParam().script);
    const Error error = error_of([&] { connect("app.db", script); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_EQ(error.what(), script + GetParam().message);
    EXPECT_EQ(rows(*connect("app.db"), "SELECT name FROM sqlite_schema"), "[]");
}

constexpr ScriptCase kScriptCases[] = {
    {"Syntax", "CREATE TABLE t (v);\n\nCREATE TABEL\n u (v);\n",
     ":3: near \"TABEL\": syntax error"},
    {"LaterLine", "CREATE TABLE t (v);\nINSERT INTO t\n  VALUES (nope);\n",
     ":3: no such column: nope"},
    {"Running", "CREATE TABLE t (v UNIQUE);\n-- twice\nINSERT INTO t VALUES (1), (1);\n",
     ":3: UNIQUE constraint failed: t.v"},
    {"Transaction", "BEGIN;\nCREATE TABLE t (v);\nCOMMIT;\n",
     ":1: cannot start a transaction within a transaction"},
};
INSTANTIATE_TEST_SUITE_P(Cases, SqliteScriptTest, testing::ValuesIn(kScriptCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST_F(SqliteTest, MissingInitScriptIsNamed) {
    EXPECT_STREQ(error_of([&] { connect("app.db", "/nowhere/init.sql"); }).what(),
                 "cannot read the init script '/nowhere/init.sql'");
}

TEST_F(SqliteTest, ManySessionsInitialiseOneFileOnce) {
    const std::string script =
        folder.write("init.sql", "CREATE TABLE t (v); INSERT INTO t VALUES (1);");
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] { static_cast<void>(connect("app.db", script)); });
    }
    threads.clear();
    EXPECT_EQ(rows(*connect("app.db"), "SELECT count(*) AS n FROM t"), R"([{"n":1}])");
}

TEST_F(SqliteTest, MemoryIsOneSessionThatIsNeverRetired) {
    sql::Dsn dsn;
    dsn.database = ":memory:";
    const auto driver = make_sqlite_driver(dsn, "");
    EXPECT_EQ(driver->max_sessions(), 1u);
    EXPECT_FALSE(driver->may_retire());
    EXPECT_EQ(driver->admit_writer(Deadline::never(), {}), nullptr);
    const auto db = driver->connect(Deadline::never());
    run(*db, "CREATE TABLE t (v)");
    EXPECT_TRUE(db->ping());
    EXPECT_TRUE(db->reset());
    EXPECT_EQ(rows(*db, "SELECT * FROM t"), "[]");
}

TEST_F(SqliteTest, ChangedSessionOfAFileIsNotReset) {
    EXPECT_FALSE(connect()->reset());
}

TEST_F(SqliteTest, FunctionsMakeNoEndlessValues) {
    const auto session = connect();
    for (const char* const text :
         {"SELECT length(hex(zeroblob(40000000)))",
          "SELECT length(replace(hex(zeroblob(10000000)), '0', 'abcd'))",
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) "
          "SELECT length(group_concat(hex(zeroblob(5000000)))) FROM n"}) {
        const Error error = error_of([&] { run(*session, text); });
        EXPECT_EQ(error.detail().sqlstate, "54000") << text;
        EXPECT_NE(error.detail().hint.find("maxResultBytes"), std::string::npos);
    }
    EXPECT_EQ(rows(*session, "SELECT length(hex(zeroblob(30000000))) AS n"), R"([{"n":60000000}])");
    Statement larger = statement("SELECT length(hex(zeroblob(40000000)))");
    larger.max_bytes = 100'000'000;
    EXPECT_NO_THROW(static_cast<void>(session->execute(larger, {})));
}

TEST_F(SqliteTest, WriteWithTooManyRowsToGiveIsStoredAllTheSame) {
    const auto db = connect();
    run(*db, "CREATE TABLE t(n)");
    Statement insert = statement("INSERT INTO t VALUES (?1) RETURNING n, n, n, n");
    insert.max_bytes = 20;
    const std::vector<std::vector<Value>> sets{{1}, {2}};
    const Error error = error_of([&] { static_cast<void>(run_sets(*db, insert, sets)); });
    EXPECT_EQ(error.code(), ErrorCode::ResultTooLarge);
    EXPECT_EQ(error.detail().outcome, Outcome::Done);
    EXPECT_EQ(error.detail().applied_indexes, std::vector<std::size_t>{0});
    EXPECT_EQ(rows(*db, "SELECT n FROM t"), R"([{"n":1}])");
}

TEST_F(SqliteTest, AReadOnlyTransactionRefusesWrites) {
    const auto connection = connect();
    run(*connection, "CREATE TABLE t (n)");
    const Statement write = statement("INSERT INTO t VALUES (1)");
    const std::vector<std::vector<Value>> once = {{}};
    const Error error = error_of([&] {
        connection->run(std::vector<Command>{{write, once}},
                        {.begin = true, .read_only = true, .commit = true});
    });
    EXPECT_EQ(error.detail().sqlstate, "25006");
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    connection->rollback();
    run(*connection, "BEGIN");
    run(*connection, "INSERT INTO t VALUES (1)");
    run(*connection, "COMMIT");
    EXPECT_EQ(rows(*connection, "SELECT n FROM t"), R"([{"n":1}])")
        << "the next transaction may write";
}

}  // namespace
}  // namespace kdeps::db
