#include "kdeps/sql/script.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"

namespace kdeps::sql {
namespace {

std::vector<std::string> texts(const std::string& script, const Dialect& dialect = kSqlite) {
    std::vector<std::string> all;
    for (const ScriptStatement& statement : split_script(script, {}, dialect)) {
        EXPECT_EQ(script.substr(statement.begin, statement.text.size()), statement.text);
        all.emplace_back(statement.text);
    }
    return all;
}

using Texts = std::vector<std::string>;

TEST(ScriptTest, EndsStatementsAtSemicolons) {
    EXPECT_EQ(texts("INSERT INTO t VALUES (1);\n INSERT INTO t VALUES (2) ;;"),
              (Texts{"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"}));
    EXPECT_EQ(texts(" -- nothing;\n/* here; */ ;"), Texts{});
}

TEST(ScriptTest, LeavesSemicolonsOfLiteralsAndComments) {
    EXPECT_EQ(texts("SELECT ';' -- a;\n, 1; SELECT \"a;b\""),
              (Texts{"SELECT ';' -- a;\n, 1", "SELECT \"a;b\""}));
    EXPECT_EQ(texts("SELECT $$a;b$$; SELECT 2", kPostgres), (Texts{"SELECT $$a;b$$", "SELECT 2"}));
}

TEST(ScriptTest, LeavesTheBodiesOfTriggers) {
    const std::string trigger =
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET a = 1; SELECT CASE WHEN 1 THEN 2 "
        "END; END";
    EXPECT_EQ(texts(trigger + "; SELECT 1"), (Texts{trigger, "SELECT 1"}));
}

TEST(ScriptTest, TellsWhereALiteralIsNotClosed) {
    try {
        (void)split_script("SELECT 1;\nSELECT 'a", {.file = "a.sql"}, kSqlite);
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::SqlSyntax);
        EXPECT_EQ(error.detail().where->line, 2);
    }
}

}  // namespace
}  // namespace kdeps::sql
