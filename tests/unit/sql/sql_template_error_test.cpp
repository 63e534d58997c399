#include <string>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/sql/sql_template.hpp"

namespace kdeps::sql {
namespace {

std::string error_of(const std::string& source, const Dialect& dialect) {
    try {
        (void)SqlTemplate::compile(source, TextOrigin{.file = "q.sql"}, dialect);
    } catch (const Error& error) {
        SourceTexts texts;
        texts.add("q.sql", source);
        return render(error, texts);
    }
    return "no error";
}

struct TemplateErrorCase {
    const char* name;
    const Dialect& dialect;
    const char* source;
    const char* message;
};
class SqlTemplateErrorTest : public testing::TestWithParam<TemplateErrorCase> {};

TEST_P(SqlTemplateErrorTest, PointsAtTheMistake) {
    EXPECT_EQ(error_of(GetParam().source, GetParam().dialect), GetParam().message);
}

constexpr TemplateErrorCase kTemplateErrorCases[] = {
    {"AfterFrom", kPostgres, "SELECT * FROM {{ get('t') }}",
     "q.sql:1:15: a value cannot stand after FROM, where a name is needed [SQL_SYNTAX]\n"
     "  1 | SELECT * FROM {{ get('t') }}\n"
     "    |               ^^^^^^^^^^^^^^\n"
     "  hint: to insert one of your own names write {{ ident(get('t'), ['a','b']) }}"},
    {"OrderBy", kPostgres, "SELECT 1 ORDER BY {{ get('s') }} DESC",
     "q.sql:1:19: a value as ORDER BY item does not sort [SQL_SYNTAX]\n"
     "  1 | SELECT 1 ORDER BY {{ get('s') }} DESC\n"
     "    |                   ^^^^^^^^^^^^^^\n"
     "  hint: to choose one of your own fragments write "
     "{{ oneOf(get('s'), ['name ASC','name DESC']) }}"},
    {"QuotedName", kPostgres, "SELECT \"{{ c }}\"",
     "q.sql:1:8: a quoted name cannot contain {{ }} [SQL_SYNTAX]\n"
     "  1 | SELECT \"{{ c }}\"\n"
     "    |        ^^^^^^^^^\n"
     "  hint: to insert one of your own names write {{ ident(x, ['a','b']) }} without quotes round "
     "it"},
    {"MixedStyles", kPostgres, "SELECT ?,\n $1",
     "q.sql:2:2: placeholder '$1' is mixed with '?' of line 1, column 8 [SQL_SYNTAX]\n"
     "  2 |  $1\n"
     "    |  ^^\n"
     "  hint: use one kind of placeholder in a statement: $1, ?, or :name"},
    {"SecondStatement", kPostgres, "SELECT 1; DROP TABLE t",
     "q.sql:1:11: a second statement begins here [SQL_SYNTAX]\n"
     "  1 | SELECT 1; DROP TABLE t\n"
     "    |           ^^^^\n"
     "  hint: list the statements under 'queries:', each as one 'query'"},
    {"UnclosedString", kPostgres, "SELECT 'abc",
     "q.sql:1:8: this string literal is never closed [SQL_SYNTAX]\n"
     "  1 | SELECT 'abc\n"
     "    |        ^"},
    {"UnclosedComment", kPostgres, "SELECT 1 /* /* */",
     "q.sql:1:10: this comment is never closed [SQL_SYNTAX]\n"
     "  1 | SELECT 1 /* /* */\n"
     "    |          ^^\n"
     "  hint: end it with */"},
    {"UnclosedDollar", kPostgres, "SELECT $a$ $b$",
     "q.sql:1:8: this dollar-quoted string is never closed [SQL_SYNTAX]\n"
     "  1 | SELECT $a$ $b$\n"
     "    |        ^^^\n"
     "  hint: end it with $a$"},
    {"ArrayOfArrays", kPostgres, "SELECT '{{1,2},{3,4}}'",
     "q.sql:1:9: '{{' is never closed [SQL_SYNTAX]\n"
     "  1 | SELECT '{{1,2},{3,4}}'\n"
     "    |         ^^\n"
     "  hint: end the expression with }}; an array of arrays is written ARRAY[[1,2],[3,4]]"},
    {"ZeroPlaceholder", kPostgres, "SELECT $0",
     "q.sql:1:8: placeholder '$0' has no such number [SQL_SYNTAX]\n"
     "  1 | SELECT $0\n"
     "    |        ^^\n"
     "  hint: placeholders are counted from 1 to 65535"},
};
INSTANTIATE_TEST_SUITE_P(Cases, SqlTemplateErrorTest, testing::ValuesIn(kTemplateErrorCases),
                         [](const auto& c) { return c.param.name; });

/// The first line without file, place and code.
std::string message_of(const std::string& source, const Dialect& dialect) {
    try {
        (void)SqlTemplate::compile(source, TextOrigin{}, dialect);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

class SqlTemplateRefusalTest : public testing::TestWithParam<TemplateErrorCase> {};

TEST_P(SqlTemplateRefusalTest, SaysWhy) {
    EXPECT_EQ(message_of(GetParam().source, GetParam().dialect), GetParam().message);
}

constexpr TemplateErrorCase kRefusalCases[] = {
    {"Join", kPostgres, "SELECT 1 FROM a JOIN {{ t }} ON true",
     "a value cannot stand after JOIN, where a name is needed"},
    {"Into", kPostgres, "INSERT INTO {{ t }} VALUES (1)",
     "a value cannot stand after INTO, where a name is needed"},
    {"Update", kMySql, "UPDATE {{ t }} SET a = 1",
     "a value cannot stand after UPDATE, where a name is needed"},
    {"Table", kSqlite, "DROP TABLE {{ t }}",
     "a value cannot stand after TABLE, where a name is needed"},
    {"As", kPostgres, "SELECT 1 AS {{ t }}",
     "a value cannot stand after AS, where a name is needed"},
    {"AfterDot", kPostgres, "SELECT a.{{ c }}",
     "a value cannot stand after '.', where a name is needed"},
    {"BeforeDot", kPostgres, "SELECT {{ s }}.a",
     "a value cannot stand before '.', where a name is needed"},
    {"BeforeParenthesis", kPostgres, "SELECT {{ f }}(1)",
     "a value cannot stand before '(', where a name is needed"},
    {"LiteralAfterFrom", kMySql, "SELECT 1 FROM '{{ t }}'",
     "a value cannot stand after FROM, where a name is needed"},
    {"FromInSubquery", kPostgres, "SELECT trim((SELECT a FROM {{ t }}))",
     "a value cannot stand after FROM, where a name is needed"},
    {"SelectDistinctFrom", kPostgres, "SELECT DISTINCT FROM {{ t }}",
     "a value cannot stand after FROM, where a name is needed"},
    {"FunctionBody", kPostgres, "CREATE FUNCTION f() RETURNS int AS $$ {{ x }} $$ LANGUAGE sql",
     "a value cannot stand after AS, where a name is needed"},
    {"SecondOrderItem", kPostgres, "SELECT 1 ORDER BY a, {{ s }}",
     "a value as ORDER BY item does not sort"},
    {"LiteralOrderItem", kMySql, "SELECT 1 ORDER BY '{{ s }}'",
     "a value as ORDER BY item does not sort"},
    {"OrderItemBeforeLimit", kSqlite, "SELECT 1 ORDER BY {{ s }} LIMIT 1",
     "a value as ORDER BY item does not sort"},
    {"OrderItemInAggregate", kPostgres, "SELECT array_agg(a ORDER BY {{ s }})",
     "a value as ORDER BY item does not sort"},
    {"GroupItem", kPostgres, "SELECT 1 GROUP BY {{ s }} HAVING true",
     "a value as GROUP BY item does not group"},
    {"PartOfName", kPostgres, "SELECT * FROM logs_{{ y }}", "a value cannot be part of a name"},
    {"PartOfNameBehind", kPostgres, "SELECT {{ y }}_total", "a value cannot be part of a name"},
    {"PartOfInsertedName", kPostgres, "SELECT * FROM logs_{{ ident(y, ['a']) }}",
     "an inserted name cannot be part of a name"},
    {"WholeStatement", kPostgres, "{{ get('q') }}", "a statement cannot come from a value"},
    {"WholeStatementQuoted", kPostgres, " ( '{{ get('q') }}' )", "no error"},
    {"BacktickName", kMySql, "SELECT `{{ c }}`", "a quoted name cannot contain {{ }}"},
    {"BracketName", kSqlServer, "SELECT [{{ c }}]", "a quoted name cannot contain {{ }}"},
    {"BitLiteral", kPostgres, "SELECT B'{{ x }}'",
     "a B'', X'' or U&'' literal cannot contain {{ }}"},
    {"HexLiteral", kMySql, "SELECT x'{{ x }}'", "a B'', X'' or U&'' literal cannot contain {{ }}"},
    {"UnicodeLiteral", kPostgres, "SELECT U&'{{ x }}'",
     "a B'', X'' or U&'' literal cannot contain {{ }}"},
    {"ContinuedLiteral", kMySql, "SELECT '{{ x }}' 'b'",
     "a literal with {{ }} cannot be continued by another literal"},
    {"CharacterSet", kMySql, "SELECT _utf8mb4'{{ x }}'",
     "a literal with a character set cannot contain {{ }}"},
    {"IntervalRange", kPostgres, "SELECT INTERVAL '{{ x }}' YEAR TO MONTH",
     "an interval literal with a range of units cannot contain {{ }}"},
    {"DoBlock", kPostgres, "DO $$ {{ x }} $$", "a DO block cannot take values"},
    {"DoBlockWithLanguage", kPostgres, "DO LANGUAGE plpgsql $$ {{ x }} $$",
     "a DO block cannot take values"},
    {"ExecutableComment", kMySql, "SELECT 1 /*! {{ x }} */",
     "a comment that MySQL executes cannot contain {{ }}"},
    {"EmptySlot", kPostgres, "SELECT {{  }}", "'{{ }}' is empty"},
    {"UnclosedSlot", kMySql, "SELECT {{ x", "'{{' is never closed"},
    {"UnclosedSlotInLiteral", kMySql, "SELECT '{{ x'", "'{{' is never closed"},
    {"UnclosedName", kMySql, "SELECT `a", "this quoted name is never closed"},
    {"UnclosedBracket", kSqlServer, "SELECT [a]]", "this quoted name is never closed"},
    {"BackslashAtEnd", kMySql, "SELECT '\\'", "this string literal is never closed"},
    {"MixedNamed", kPostgres, "SELECT :a, ?",
     "placeholder '?' is mixed with ':a' of line 1, column 8"},
    {"MixedNumberedNamed", kSqlite, "SELECT $1, @a",
     "placeholder '@a' is mixed with '$1' of line 1, column 8"},
    {"HugeNumber", kPostgres, "SELECT $99999999999999999999",
     "placeholder '$99999999999999999999' has no such number"},
    {"Empty", kPostgres, "", "the statement is empty"},
    {"OnlyComments", kPostgres, " -- a\n /* b */ ; ", "the statement is empty"},
    {"SecondAfterTrigger", kSqlite, "CREATE TRIGGER t BEGIN SELECT 1; END; SELECT 2",
     "a second statement begins here"},
    {"SecondAfterTransaction", kMySql, "BEGIN; SELECT 1", "a second statement begins here"},
    {"SecondAfterTable", kMySql, "CREATE TABLE t (event int); SELECT 2",
     "a second statement begins here"},
};
INSTANTIATE_TEST_SUITE_P(Cases, SqlTemplateRefusalTest, testing::ValuesIn(kRefusalCases),
                         [](const auto& c) { return c.param.name; });

TEST(SqlTemplateError, ParametersAreCounted) {
    std::string text = "SELECT ?";
    for (int i = 1; i < 65'535; ++i) text += ",?";
    EXPECT_EQ(message_of(text, kMySql), "no error");
    EXPECT_EQ(message_of(text + ",?", kMySql), "the statement has more than 65535 parameters");
}

TEST(SqlTemplateError, NulInTheStatementIsRefused) {
    EXPECT_EQ(message_of(std::string("SELECT 'a\0b'", 12), kPostgres),
              "the statement contains a NUL character");
}

}  // namespace
}  // namespace kdeps::sql
