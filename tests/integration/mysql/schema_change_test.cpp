#include "mysql_fixture.hpp"

namespace kdeps::test {
namespace {

struct ChangeCase {
    const char* name;
    const char* change;  ///< What another session does to `kdeps_shape`.
};

/// A statement that was prepared before the schema changed.
///
/// The table is `kdeps_shape(id int, email varchar(50), is_admin tinyint(1))` with one row.
class MysqlSchemaChangeTest : public MysqlTest, public testing::WithParamInterface<ChangeCase> {
 protected:
    void SetUp() override {
        MysqlTest::SetUp();
        if (connection == nullptr) return;
        other = connect();
        // Until this session ends: the others of these tests may run beside this one.
        run(*other, "SELECT GET_LOCK('kdeps_shape', 60)");
        drop();
        run(*other, "CREATE TABLE kdeps_shape(id int, email varchar(50), is_admin tinyint(1))");
        run(*other, "INSERT INTO kdeps_shape VALUES (1, 'ann@example.com', 0)");
        run(*other, "CREATE VIEW kdeps_seen AS SELECT id, email, is_admin FROM kdeps_shape");
        run(*other, "CREATE PROCEDURE kdeps_told() SELECT * FROM kdeps_shape");
    }
    void TearDown() override {
        if (other != nullptr) drop();
    }
    void drop() {
        run(*other, "DROP VIEW IF EXISTS kdeps_seen");
        run(*other, "DROP TABLE IF EXISTS kdeps_shape, kdeps_old");
        run(*other, "DROP PROCEDURE IF EXISTS kdeps_told");
    }
    /// Names, types and values of all rows, or the error.
    static std::string answer(db::Connection& session, const std::string& text) {
        try {
            const db::Result result = run(session, text);
            if (!result.table) return "no rows";
            std::string told;
            for (std::size_t i = 0; i < result.table->columns().size(); ++i) {
                told += result.table->columns()[i].name + '=';
                for (std::size_t row = 0; row < result.table->row_count(); ++row) {
                    told += cell_text(*result.table, row, i) + ' ';
                }
            }
            return told;
        } catch (const Error& error) {
            return std::string("error: ") + error.what();
        }
    }
    void expect_as_fresh(db::Connection& session, const std::string& text) {
        const std::string fresh = answer(*connect(), text);
        EXPECT_EQ(answer(session, text), fresh) << text;
        EXPECT_EQ(answer(session, text), fresh) << text << ", again";
    }

    std::unique_ptr<db::Connection> other;
};

constexpr const char* kCall = "CALL kdeps_told()";
constexpr const char* kTexts[] = {"SELECT * FROM kdeps_shape", "SELECT * FROM kdeps_seen",
                                  "DELETE FROM kdeps_shape WHERE id = 9 RETURNING *",
                                  "SELECT s.*, id + 1 AS next FROM kdeps_shape AS s"};

TEST_P(MysqlSchemaChangeTest, AnOldSessionAnswersAsAFreshOne) {
    const auto in_transaction = connect();
    for (const char* text : kTexts) {
        static_cast<void>(answer(*connection, text));
        static_cast<void>(answer(*in_transaction, text));
    }
    static_cast<void>(answer(*connection, kCall));
    run(*other, GetParam().change);
    for (const char* text : kTexts) {
        expect_as_fresh(*connection, text);
        begin(*in_transaction);
        expect_as_fresh(*in_transaction, text);
        in_transaction->rollback();
    }
    // The server itself keeps what a `*` in a procedure meant when a session first called it.
    const bool has_failed = answer(*connection, kCall).starts_with("error");
    EXPECT_TRUE(connection->session_changed() || !has_failed);
    ASSERT_TRUE(connection->reset());
    EXPECT_FALSE(connection->session_changed());
    expect_as_fresh(*connection, kCall);
}

constexpr ChangeCase kChanges[] = {
    {"Moved", "ALTER TABLE kdeps_shape MODIFY is_admin tinyint(1) AFTER id"},
    {"Renamed", "ALTER TABLE kdeps_shape CHANGE email mail varchar(50)"},
    {"NamesSwapped",
     "ALTER TABLE kdeps_shape CHANGE email is_admin varchar(50), CHANGE is_admin email tinyint(1)"},
    {"Added", "ALTER TABLE kdeps_shape ADD note text DEFAULT 'n' AFTER id"},
    {"Dropped", "ALTER TABLE kdeps_shape DROP email"},
    {"DroppedAndAdded", "ALTER TABLE kdeps_shape DROP email, ADD phone varchar(50) DEFAULT '1'"},
    {"Retyped", "ALTER TABLE kdeps_shape MODIFY id decimal(10, 2), MODIFY is_admin varchar(5)"},
    {"FlagToNumber", "ALTER TABLE kdeps_shape MODIFY is_admin tinyint(4)"},
    {"TextToBytes", "ALTER TABLE kdeps_shape MODIFY email varbinary(50)"},
    {"TextToJson", "ALTER TABLE kdeps_shape MODIFY email text, ADD doc json DEFAULT '[1]' FIRST"},
    {"Unsigned", "ALTER TABLE kdeps_shape MODIFY id bigint unsigned"},
    {"TableReplaced", "CREATE OR REPLACE TABLE kdeps_shape AS SELECT 'x' AS a, 2.5 AS id"},
    {"TableGone", "RENAME TABLE kdeps_shape TO kdeps_old"},
    {"ViewReplaced",
     "CREATE OR REPLACE VIEW kdeps_seen AS SELECT is_admin, id, 1.5 AS email "
     "FROM kdeps_shape"},
    {"ViewOfOneColumn", "CREATE OR REPLACE VIEW kdeps_seen AS SELECT 'one' AS only_one"},
    {"ProcedureReplaced",
     "CREATE OR REPLACE PROCEDURE kdeps_told() SELECT is_admin, id FROM kdeps_shape"},
};
INSTANTIATE_TEST_SUITE_P(Changes, MysqlSchemaChangeTest, testing::ValuesIn(kChanges),
                         [](const auto& c) { return c.param.name; });

TEST_F(MysqlTest, ARowIsInsertedOnceWhenItsTableHasANewColumn) {
    run(*connection, "CREATE OR REPLACE TABLE kdeps_changed_writes(a int)");
    constexpr const char* kInsert = "INSERT INTO kdeps_changed_writes(a) VALUES (1) RETURNING *";
    EXPECT_EQ(cell_text(*run(*connection, kInsert).table), "Int:1");
    run(*connection, "ALTER TABLE kdeps_changed_writes ADD b int DEFAULT 5 FIRST");
    const db::Result result = run(*connection, kInsert);
    EXPECT_EQ(result.table->columns()[0].name, "b");
    EXPECT_EQ(cell_text(*result.table), "Int:5");
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM kdeps_changed_writes"), "Int:2");
    run(*connection, "DROP TABLE kdeps_changed_writes");
}

TEST_F(MysqlTest, ATableThatComesBackIsFoundAgain) {
    run(*connection, "CREATE OR REPLACE TABLE kdeps_back(a int, b int)");
    run(*connection, "INSERT INTO kdeps_back VALUES (1, 2)");
    constexpr const char* kSelect = "SELECT * FROM kdeps_back";
    EXPECT_EQ(one(*connection, kSelect), "Int:1");
    run(*connection, "DROP TABLE kdeps_back");
    EXPECT_EQ(error_of([&] { run(*connection, kSelect); }).detail().sqlstate, "42S02");
    run(*connection, "CREATE TABLE kdeps_back(b varchar(5))");
    run(*connection, "INSERT INTO kdeps_back VALUES ('x')");
    const db::Result result = run(*connection, kSelect);
    EXPECT_EQ(result.table->columns()[0].name, "b");
    EXPECT_EQ(cell_text(*result.table), "Text:x");
    run(*connection, "CREATE TEMPORARY TABLE kdeps_back(mine int)");
    EXPECT_EQ(run(*connection, kSelect).table->columns()[0].name, "mine");
    run(*connection, "DROP TEMPORARY TABLE kdeps_back");
    EXPECT_EQ(run(*connection, kSelect).table->columns()[0].name, "b");
    run(*connection, "DROP TABLE kdeps_back");
}

TEST_F(MysqlTest, AParameterAsAColumnHasTheTypeOfItsValue) {
    EXPECT_EQ(one(*connection, "SELECT ? AS v", {1}), "Int:1");
    EXPECT_EQ(one(*connection, "SELECT ? AS v", {"one"}), "Text:one");
    EXPECT_EQ(one(*connection, "SELECT ? AS v", {2.5}), "Double:2.5");
    EXPECT_EQ(one(*connection, "SELECT ? AS v", {nullptr}), "Null");
}

}  // namespace
}  // namespace kdeps::test
