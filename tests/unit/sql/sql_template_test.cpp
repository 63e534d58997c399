#include "kdeps/sql/sql_template.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace kdeps::sql {
namespace {

using enum Dialect;

/// One letter for the source, one more for a role other than Value, then what names the slot.
std::string summary(const SqlTemplate& statement) {
    std::string out;
    for (const Slot& slot : statement.slots()) {
        if (!out.empty()) out += " | ";
        switch (slot.source) {
            case SlotSource::Positional:
                out += "#" + std::to_string(slot.index + 1);
                break;
            case SlotSource::Named:
                out += ":" + slot.name;
                break;
            case SlotSource::Expression:
                out += "{" + slot.text + "}";
                break;
            case SlotSource::Text:
                out += "'" + slot.text + "'";
                break;
        }
        if (slot.role == SlotRole::List) out += " list";
        if (slot.role == SlotRole::Identifier) out += " name";
        if (slot.role == SlotRole::Fragment) out += " fragment";
    }
    return out;
}

struct TextCase {
    const char* name;
    Dialect dialect;
    const char* source;
    const char* text;
    const char* slots;
};
class SqlTemplateTest : public testing::TestWithParam<TextCase> {};

TEST_P(SqlTemplateTest, RewritesToNativeForm) {
    const TextCase& c = GetParam();
    const auto statement = SqlTemplate::compile(c.source, TextOrigin{}, c.dialect);
    std::vector<Value> values;
    for (const Slot& slot : statement.slots()) {
        values.push_back(slot.role == SlotRole::List ? Value(Value::List{1}) : Value(1));
    }
    EXPECT_EQ(*statement.bind(values).text, c.text);
    EXPECT_EQ(summary(statement), c.slots);
}

constexpr TextCase kTextCases[] = {
    // Placeholders of every style on every dialect.
    {"NoSlots", Postgres, "SELECT 1", "SELECT 1", ""},
    {"NumberedPostgres", Postgres, "SELECT $1, $2, $1", "SELECT $1, $2, $1", "#1 | #2"},
    {"NumberedMySql", MySql, "SELECT $1, $2, $1", "SELECT ?, ?, ?", "#1 | #2"},
    {"NumberedSqlite", Sqlite, "SELECT $1, $2, $1", "SELECT ?1, ?2, ?1", "#1 | #2"},
    {"NumberedSqlServer", SqlServer, "SELECT $1, $2, $1", "SELECT @p1, @p2, @p1", "#1 | #2"},
    {"NumberedOutOfOrder", Postgres, "SELECT $2, $1", "SELECT $1, $2", "#2 | #1"},
    {"NumberedTwelve", MySql, "SELECT $12", "SELECT ?", "#12"},
    {"QuestionMarks", Postgres, "SELECT ?, ?", "SELECT $1, $2", "#1 | #2"},
    {"QuestionMarksSqlite", Sqlite, "VALUES (?,?)", "VALUES (?1,?2)", "#1 | #2"},
    {"QuestionNumber", Sqlite, "SELECT ?2, ?1", "SELECT ?1, ?2", "#2 | #1"},
    {"NamedColon", MySql, "SELECT :a, :b, :a", "SELECT ?, ?, ?", ":a | :b"},
    {"NamedColonPostgres", Postgres, "SELECT :a, :b, :a", "SELECT $1, $2, $1", ":a | :b"},
    {"NamedAt", Sqlite, "SELECT @a, @a", "SELECT ?1, ?1", ":a"},
    {"NamedAtPostgres", Postgres, "WHERE id=@id", "WHERE id=$1", ":id"},
    {"NamedAtSqlServer", SqlServer, "SELECT @a", "SELECT @p1", ":a"},
    {"NumberedAtSqlServer", SqlServer, "SELECT @p2, @p1", "SELECT @p1, @p2", "#2 | #1"},
    {"NamedDollarSqlite", Sqlite, "SELECT $name", "SELECT ?1", ":name"},
    {"PercentS", Postgres, "WHERE a = %s AND b=%s", "WHERE a = $1 AND b=$2", "#1 | #2"},
    {"PercentSMySql", MySql, "VALUES (%s, %s)", "VALUES (?, ?)", "#1 | #2"},
    {"PercentNamed", Postgres, "WHERE a = %(id)s", "WHERE a = $1", ":id"},
    {"NonAsciiName", Postgres, "SELECT :größe", "SELECT $1", ":größe"},

    // Where the same signs mean something else.
    {"Modulo", Postgres, "SELECT a %s FROM t", "SELECT a %s FROM t", ""},
    {"ModuloSpace", Postgres, "SELECT a % s FROM t", "SELECT a % s FROM t", ""},
    {"ModuloAfterParenthesis", MySql, "SELECT (a) %s", "SELECT (a) %s", ""},
    {"TrigramOperator", Postgres, "SELECT a <%s", "SELECT a <%s", ""},
    {"Cast", Postgres, "SELECT $1::int IS NULL", "SELECT $1::int IS NULL", "#1"},
    {"CastNamed", Postgres, "SELECT :a::int[]", "SELECT $1::int[]", ":a"},
    {"Assignment", MySql, "SELECT @n := 1, @@version", "SELECT @n := 1, @@version", ""},
    {"NamedArgument", Postgres, "SELECT f(a := 1, b => :b)", "SELECT f(a := 1, b => $1)", ":b"},
    {"ArraySlice", Postgres, "SELECT a[1:n], a[:i], b[lo:hi]", "SELECT a[1:n], a[$1], b[lo:hi]",
     ":i"},
    {"JsonExists", Postgres, "WHERE d ? 'k' AND e ?| $1 AND f ?& $2",
     "WHERE d ? 'k' AND e ?| $1 AND f ?& $2", "#1 | #2"},
    {"JsonExistsPlaceholder", Postgres, "WHERE d ? ? AND x = ?", "WHERE d ? $1 AND x = $2",
     "#1 | #2"},
    {"JsonExistsAfterCast", Postgres, "WHERE d::jsonb ? 'k'", "WHERE d::jsonb ? 'k'", ""},
    {"JsonExistsAfterBracket", Postgres, "WHERE a[1] ?| b", "WHERE a[1] ?| b", ""},
    {"JsonExistsSlot", Postgres, "WHERE d ? {{ k }}", "WHERE d ? $1", "{k}"},
    {"JsonExistsKeywordColumn", Postgres, "WHERE first ? 'k'", "WHERE first ? 'k'", ""},
    {"EscapedQuestionMark", Postgres, "WHERE d ?? ? AND e ??| $x$a$x$",
     "WHERE d ? $1 AND e ?| $x$a$x$", "#1"},
    {"GluedQuestionMark", Postgres, "WHERE a=? AND b>=? AND c LIKE ?||'%' AND d->>?='x'",
     "WHERE a=$1 AND b>=$2 AND c LIKE $3||'%' AND d->>$4='x'", "#1 | #2 | #3 | #4"},
    {"ContainsOperators", Postgres, "WHERE a @> ? AND b <@ $x$1$x$ AND c @@ d AND e @? 'p'",
     "WHERE a @> $1 AND b <@ $x$1$x$ AND c @@ d AND e @? 'p'", "#1"},
    {"ContainsGlued", Postgres, "WHERE tags @>? AND a<@b", "WHERE tags @>$1 AND a<@b", "#1"},
    {"AbsoluteValue", Postgres, "SELECT @ -5, @(1)", "SELECT @ -5, @(1)", ""},
    {"UserVariables", MySql, "SELECT @x, @'y', @`z`, ?", "SELECT @x, @'y', @`z`, ?", "#1"},
    {"ServerVariable", SqlServer, "SELECT @@ROWCOUNT", "SELECT @@ROWCOUNT", ""},
    {"ProcedureArgument", SqlServer, "EXEC p @id = @id, @n = {{ n }}", "EXEC p @id = @p1, @n = @p2",
     ":id | {n}"},
    {"DollarInName", Postgres, "SELECT a$1 FROM t", "SELECT a$1 FROM t", ""},
    {"MySqlSubtraction", MySql, "SELECT 5--?", "SELECT 5--?", "#1"},

    // Literals, names and comments hide everything.
    {"Strings", Postgres, "SELECT '?', 'it''s $1', '%s', \":a\"",
     "SELECT '?', 'it''s $1', '%s', \":a\"", ""},
    {"NoBackslashPostgres", Postgres, "SELECT '\\', ?", "SELECT '\\', $1", "#1"},
    {"EscapeString", Postgres, "SELECT E'\\'?', ?", "SELECT E'\\'?', $1", "#1"},
    {"BackslashMySql", MySql, "SELECT '\\'?', \"\\\"?\", ?", "SELECT '\\'?', \"\\\"?\", ?", "#1"},
    {"OtherPrefixes", Postgres, "SELECT N'?', B'01', X'0f', U&'\\0441?'",
     "SELECT N'?', B'01', X'0f', U&'\\0441?'", ""},
    {"DollarQuotes", Postgres, "SELECT $$ ' ? $1 $$, $tag$ $$ ? $tag$, ?",
     "SELECT $$ ' ? $1 $$, $tag$ $$ ? $tag$, $1", "#1"},
    {"Backticks", MySql, "SELECT `a``?` FROM `t`", "SELECT `a``?` FROM `t`", ""},
    {"BackticksSqlite", Sqlite, "SELECT `?`, ?", "SELECT `?`, ?1", "#1"},
    {"BracketsSqlite", Sqlite, "SELECT [a?], ?", "SELECT [a?], ?1", "#1"},
    {"BracketsSqlServer", SqlServer, "SELECT [a]]?], ?", "SELECT [a]]?], @p1", "#1"},
    {"LineComment", Postgres, "SELECT 1 -- ? it's\n, ?", "SELECT 1 -- ? it's\n, $1", "#1"},
    {"BlockComment", Postgres, "SELECT /* ' /* ? */ $1 */ ?", "SELECT /* ' /* ? */ $1 */ $1", "#1"},
    {"FlatBlockComment", MySql, "SELECT /* /* ? */ ?", "SELECT /* /* ? */ ?", "#1"},
    {"HashComment", MySql, "SELECT 1 # ?\n, ?", "SELECT 1 # ?\n, ?", "#1"},
    {"HashOperator", Postgres, "SELECT a # ?", "SELECT a # $1", "#1"},
    {"Hint", MySql, "SELECT /*+ BKA(t) */ ?", "SELECT /*+ BKA(t) */ ?", "#1"},
    {"CommentWithSlot", Postgres, "SELECT 1/* {{ x */+ {{ y }} -- {{ z }}\n", "SELECT 1 + $1  ",
     "{y}"},
    {"TrailingSemicolon", Postgres, "SELECT ? ; -- done\n ;", "SELECT $1", "#1"},
    {"LeadingSemicolon", SqlServer, ";WITH a AS (SELECT 1) SELECT * FROM a",
     "WITH a AS (SELECT 1) SELECT * FROM a", ""},

    // {{ }} in value position.
    {"Expression", Postgres, "SELECT {{ get('x') }}", "SELECT $1", "{get('x')}"},
    {"ExpressionMySql", MySql, "SELECT {{a}}, {{ a }}", "SELECT ?, ?", "{a}"},
    {"ExpressionSqlite", Sqlite, "SELECT {{a}}, {{ a }}, {{b}}", "SELECT ?1, ?1, ?2", "{a} | {b}"},
    {"ExpressionWithBraces", Postgres, "SELECT {{ {\"a\": '}}'} }}", "SELECT $1",
     "{{\"a\": '}}'}}"},
    {"MixedWithNumbered", Postgres, "SELECT $1, {{ a }}, $2", "SELECT $1, $2, $3", "#1 | {a} | #2"},
    {"CastExpression", Postgres, "SELECT {{ a }}::date", "SELECT $1::date", "{a}"},
    {"Seed", Postgres, "SELECT * FROM metrics WHERE date = {{ get('date') }}",
     "SELECT * FROM metrics WHERE date = $1", "{get('date')}"},
    {"ExtractFrom", Postgres, "SELECT EXTRACT(year FROM {{ d }}), trim(both FROM {{ s }})",
     "SELECT EXTRACT(year FROM $1), trim(both FROM $2)", "{d} | {s}"},
    {"DistinctFrom", Postgres, "WHERE a IS NOT DISTINCT FROM {{ x }}",
     "WHERE a IS NOT DISTINCT FROM $1", "{x}"},
    {"OrderByExpression", Postgres, "SELECT 1 ORDER BY {{ x }} = name, name LIMIT {{ n }}",
     "SELECT 1 ORDER BY $1 = name, name LIMIT $2", "{x} | {n}"},
    {"AfterOrderedAggregate", Postgres, "SELECT array_agg(a ORDER BY b), {{ x }}",
     "SELECT array_agg(a ORDER BY b), $1", "{x}"},
    {"MySqlLimitPair", MySql, "SELECT 1 ORDER BY a LIMIT {{ a }}, {{ b }}",
     "SELECT 1 ORDER BY a LIMIT ?, ?", "{a} | {b}"},
    {"PlaceholderGluedToWord", Postgres, "SELECT 1 LIMIT?OFFSET?", "SELECT 1 LIMIT $1 OFFSET $2",
     "#1 | #2"},
    {"PlaceholderBeforeDigit", SqlServer, "SELECT %s5", "SELECT %s5", ""},

    // Literals with {{ }}.
    {"Like", Postgres, "WHERE n LIKE '%{{ q }}%'", "WHERE n LIKE $1", "'%{{ q }}%'"},
    {"DoubledQuote", Postgres, "SELECT 'it''s {{ get('a') }}'", "SELECT $1",
     "'it's {{ get('a') }}'"},
    {"EscapeTemplate", Postgres, "SELECT E'a\\n\\x41\\u00e9{{ x }}'", "SELECT $1",
     "'a\nAé{{ x }}'"},
    {"MySqlTemplate", MySql, "SELECT \"\\t\\%\\\"{{ x }}\"", "SELECT ?", "'\t\\%\"{{ x }}'"},
    {"DollarTemplate", Postgres, "SELECT $$it''s {{ f('$$') }}$$", "SELECT $1",
     "'it''s {{ f('$$') }}'"},
    {"NationalTemplate", SqlServer, "SELECT N'{{ x }}'", "SELECT @p1", "'{{ x }}'"},
    {"JsonTemplate", Postgres, "SELECT '{\"a\": {{ x }}}'::jsonb", "SELECT $1::jsonb",
     "'{\"a\": {{ x }}}'"},
    {"SameTemplateShares", Postgres, "SELECT '{{ x }}', '{{ x }}', {{ x }}", "SELECT $1, $1, $2",
     "'{{ x }}' | {x}"},
    {"GluedLiteral", Postgres, "WHERE a LIKE'{{ x }}%'ESCAPE '!'", "WHERE a LIKE $1 ESCAPE '!'",
     "'{{ x }}%'"},

    // TYPE '...{{ }}...'
    {"DateLiteral", Postgres, "WHERE d >= DATE '{{ x }}'", "WHERE d >= CAST($1 AS DATE)",
     "'{{ x }}'"},
    {"DateLiteralSqlServer", SqlServer, "SELECT date '{{ x }}'", "SELECT CAST(@p1 AS date)",
     "'{{ x }}'"},
    {"DateLiteralMySql", MySql, "SELECT DATE '{{ x }}'", "SELECT CAST(? AS DATE)", "'{{ x }}'"},
    {"TimestampLiteralMySql", MySql, "SELECT TIMESTAMP '{{ x }} 00:00:00'",
     "SELECT CAST(? AS DATETIME(6))", "'{{ x }} 00:00:00'"},
    {"DateLiteralSqlite", Sqlite, "SELECT DATE '{{ x }}'", "SELECT date(?1)", "'{{ x }}'"},
    {"TimestampLiteralSqlite", Sqlite, "SELECT TIMESTAMP '{{ x }}'", "SELECT datetime(?1)",
     "'{{ x }}'"},
    {"WithTimeZone", Postgres, "SELECT timestamp(3) with time zone '{{ x }}'",
     "SELECT CAST($1 AS timestamp(3) with time zone)", "'{{ x }}'"},
    {"NumericModifier", Postgres, "SELECT numeric(10, 2) '{{ x }}'",
     "SELECT CAST($1 AS numeric(10, 2))", "'{{ x }}'"},
    {"DoublePrecision", Postgres, "SELECT double precision '{{ x }}'",
     "SELECT CAST($1 AS double precision)", "'{{ x }}'"},
    {"AtTimeZone", Postgres, "SELECT now() AT TIME ZONE '{{ z }}'", "SELECT now() AT TIME ZONE $1",
     "'{{ z }}'"},
    {"Interval", Postgres, "SELECT now() - INTERVAL '{{ n }} days'",
     "SELECT now() - CAST($1 AS INTERVAL)", "'{{ n }} days'"},
    {"IntervalUnit", Postgres, "SELECT INTERVAL '{{ n }}' DAY + d",
     "SELECT CAST(CAST($1 AS text) || ' day' AS INTERVAL) + d", "'{{ n }}'"},
    {"IntervalMySql", MySql, "SELECT d - INTERVAL '{{ n }}' DAY, d - INTERVAL {{ n }} DAY",
     "SELECT d - INTERVAL ? DAY, d - INTERVAL ? DAY", "'{{ n }}' | {n}"},
    {"JsonbLiteral", Postgres, "SELECT jsonb '{{ x }}'", "SELECT CAST($1 AS jsonb)", "'{{ x }}'"},
    {"LikeIsNoType", Postgres, "WHERE date LIKE '{{ x }}'", "WHERE date LIKE $1", "'{{ x }}'"},

    // Lists.
    {"ListPostgres", Postgres, "WHERE a IN ({{ l }}) AND b", "WHERE a = ANY ($1) AND b",
     "{l} list"},
    {"NotListPostgres", Postgres, "WHERE a not  in ( {{ l }} )", "WHERE a <> ALL ($1)", "{l} list"},
    {"ListSqlite", Sqlite, "WHERE a NOT IN ({{ l }})",
     "WHERE a NOT IN (SELECT value FROM json_each(?1))", "{l} list"},
    {"ListMySql", MySql, "WHERE a NOT IN ({{ l }})", "WHERE a NOT IN (?)", "{l} list"},
    {"ListSqlServer", SqlServer, "WHERE a IN ({{ l }}) OR b = {{ c }}",
     "WHERE a IN (@p1) OR b = @p2", "{l} list | {c}"},
    {"ListAndValueDiffer", Postgres, "WHERE a IN ({{ l }}) OR b = {{ l }}",
     "WHERE a = ANY ($1) OR b = $2", "{l} list | {l}"},
    {"TwoSlotsAreNoList", Postgres, "WHERE a IN ({{ l }}, {{ m }})", "WHERE a IN ($1, $2)",
     "{l} | {m}"},
    {"PlaceholderIsNoList", Postgres, "WHERE a IN ($1)", "WHERE a IN ($1)", "#1"},
    {"LiteralIsNoList", Postgres, "WHERE a IN ('{{ l }}')", "WHERE a IN ($1)", "'{{ l }}'"},
    {"PositionIsNoList", Postgres, "SELECT position('a' IN ({{ l }}))",
     "SELECT position('a' IN ($1))", "{l}"},

    // Bodies with inner semicolons.
    {"TriggerSqlite", Sqlite,
     "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; "
     "DELETE FROM d; END;",
     "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; "
     "DELETE FROM d; END",
     ""},
    {"ProcedureMySql", MySql,
     "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; CASE x WHEN 1 THEN SELECT 2; "
     "END CASE; END",
     "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; CASE x WHEN 1 THEN SELECT 2; "
     "END CASE; END",
     ""},
    {"ProcedureSqlServer", SqlServer, "CREATE OR ALTER PROCEDURE p AS SELECT 1; SELECT 2;",
     "CREATE OR ALTER PROCEDURE p AS SELECT 1; SELECT 2;", ""},
    {"AtomicFunction", Postgres,
     "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;",
     "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END", ""},
};

INSTANTIATE_TEST_SUITE_P(Cases, SqlTemplateTest, testing::ValuesIn(kTextCases),
                         [](const auto& c) { return c.param.name; });

TEST(SqlTemplateSlots, KnowTheirPlaces) {
    const TextOrigin origin{.file = "w.yaml", .line = 7, .column = 12, .continuation_column = 5};
    const auto statement =
        SqlTemplate::compile("SELECT 'é', {{ a }},\n  'x {{ b }}'", origin, Postgres);
    ASSERT_EQ(statement.slots().size(), 2U);
    EXPECT_EQ(statement.slots()[0].span,
              (SourceSpan{.file = "w.yaml", .line = 7, .column = 24, .length = 7}));
    EXPECT_EQ(statement.slots()[0].origin.column, 27);
    EXPECT_EQ(statement.slots()[1].span,
              (SourceSpan{.file = "w.yaml", .line = 8, .column = 7, .length = 11}));
    EXPECT_EQ(statement.slots()[1].origin.line, 8);
    EXPECT_EQ(statement.slots()[1].origin.column, 8);
}

TEST(SqlTemplateSlots, CountPositionsByTheHighestNumber) {
    EXPECT_EQ(SqlTemplate::compile("SELECT $3, $1", {}, Postgres).positional_count(), 3U);
    EXPECT_EQ(SqlTemplate::compile("SELECT ?, ?", {}, MySql).positional_count(), 2U);
    EXPECT_EQ(SqlTemplate::compile("SELECT :a, {{ b }}", {}, MySql).positional_count(), 0U);
}

struct RoleCase {
    const char* name;
    const char* expression;
    SlotRole role;
};
class SlotRoleTest : public testing::TestWithParam<RoleCase> {};

TEST_P(SlotRoleTest, IsReadFromTheWholeCall) {
    const auto text = std::string("SELECT {{ ") + GetParam().expression + " }}";
    EXPECT_EQ(SqlTemplate::compile(text, {}, Postgres).slots()[0].role, GetParam().role);
}

constexpr RoleCase kRoleCases[] = {
    {"Ident", "ident(x, ['a'])", SlotRole::Identifier},
    {"IdentSpaced", "ident (x, ['a'])", SlotRole::Identifier},
    {"OneOf", "oneOf(get('s'), ['a)', \"b]\"])", SlotRole::Fragment},
    {"OneOfPlusMore", "oneOf(x, ['a']) + get('evil')", SlotRole::Value},
    {"TwoCalls", "oneOf(x, ['a']) ?? oneOf(y, ['b'])", SlotRole::Value},
    {"LongerName", "oneOfThem(x)", SlotRole::Value},
    {"OtherName", "identity(x)", SlotRole::Value},
    {"NameAlone", "ident", SlotRole::Value},
    {"Unclosed", "oneOf(x, ['a']", SlotRole::Value},
};
INSTANTIATE_TEST_SUITE_P(Cases, SlotRoleTest, testing::ValuesIn(kRoleCases),
                         [](const auto& c) { return c.param.name; });

struct QuoteCase {
    const char* name;
    Dialect dialect;
    const char* source;
    const char* quoted;
};
class QuoteIdentifierTest : public testing::TestWithParam<QuoteCase> {};

TEST_P(QuoteIdentifierTest, QuotesEachPart) {
    EXPECT_EQ(quote_identifier(GetParam().source, GetParam().dialect), GetParam().quoted);
}

constexpr QuoteCase kQuoteCases[] = {
    {"Postgres", Postgres, "a", "\"a\""},
    {"PostgresParts", Postgres, "s.a b", "\"s\".\"a b\""},
    {"PostgresQuote", Postgres, "a\"; DROP TABLE x; --", "\"a\"\"; DROP TABLE x; --\""},
    {"MySql", MySql, "a`b", "`a``b`"},
    {"Sqlite", Sqlite, "a\"b", "\"a\"\"b\""},
    {"SqlServer", SqlServer, "d.a]b", "[d].[a]]b]"},
};
INSTANTIATE_TEST_SUITE_P(Cases, QuoteIdentifierTest, testing::ValuesIn(kQuoteCases),
                         [](const auto& c) { return c.param.name; });

TEST(SeparateParameters, NumbersEachOccurrence) {
    const auto separated = separate_parameters("SELECT $1, '$1', $2 WHERE a ? 'k' OR $1 = $2");
    EXPECT_EQ(separated.text, "SELECT $1, '$1', $2 WHERE a ? 'k' OR $3 = $4");
    EXPECT_EQ(separated.sources, (std::vector<std::size_t>{0, 1, 0, 1}));
}

}  // namespace
}  // namespace kdeps::sql
