#include "kdeps/sql/sql_template.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace kdeps::sql {
namespace {

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
    const Dialect& dialect;
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
    {"NoSlots", kPostgres, "SELECT 1", "SELECT 1", ""},
    {"NumberedPostgres", kPostgres, "SELECT $1, $2, $1", "SELECT $1, $2, $1", "#1 | #2"},
    {"NumberedMySql", kMySql, "SELECT $1, $2, $1", "SELECT ?, ?, ?", "#1 | #2"},
    {"NumberedSqlite", kSqlite, "SELECT $1, $2, $1", "SELECT ?1, ?2, ?1", "#1 | #2"},
    {"NumberedSqlServer", kSqlServer, "SELECT $1, $2, $1", "SELECT @p1, @p2, @p1", "#1 | #2"},
    {"NumberedOutOfOrder", kPostgres, "SELECT $2, $1", "SELECT $1, $2", "#2 | #1"},
    {"NumberedTwelve", kMySql, "SELECT $12", "SELECT ?", "#12"},
    {"QuestionMarks", kPostgres, "SELECT ?, ?", "SELECT $1, $2", "#1 | #2"},
    {"QuestionMarksSqlite", kSqlite, "VALUES (?,?)", "VALUES (?1,?2)", "#1 | #2"},
    {"QuestionNumber", kSqlite, "SELECT ?2, ?1", "SELECT ?1, ?2", "#2 | #1"},
    {"NamedColon", kMySql, "SELECT :a, :b, :a", "SELECT ?, ?, ?", ":a | :b"},
    {"NamedColonPostgres", kPostgres, "SELECT :a, :b, :a", "SELECT $1, $2, $1", ":a | :b"},
    {"NamedAt", kSqlite, "SELECT @a, @a", "SELECT ?1, ?1", ":a"},
    {"NamedAtPostgres", kPostgres, "WHERE id=@id", "WHERE id=$1", ":id"},
    {"NamedAtSqlServer", kSqlServer, "SELECT @a", "SELECT @p1", ":a"},
    {"NumberedAtSqlServer", kSqlServer, "SELECT @p2, @p1", "SELECT @p1, @p2", "#2 | #1"},
    {"NamedDollarSqlite", kSqlite, "SELECT $name", "SELECT ?1", ":name"},
    {"PercentS", kPostgres, "WHERE a = %s AND b=%s", "WHERE a = $1 AND b=$2", "#1 | #2"},
    {"PercentSMySql", kMySql, "VALUES (%s, %s)", "VALUES (?, ?)", "#1 | #2"},
    {"PercentNamed", kPostgres, "WHERE a = %(id)s", "WHERE a = $1", ":id"},
    {"NonAsciiName", kPostgres, "SELECT :größe", "SELECT $1", ":größe"},

    // Where the same signs mean something else.
    {"Modulo", kPostgres, "SELECT a %s FROM t", "SELECT a %s FROM t", ""},
    {"ModuloSpace", kPostgres, "SELECT a % s FROM t", "SELECT a % s FROM t", ""},
    {"ModuloAfterParenthesis", kMySql, "SELECT (a) %s", "SELECT (a) %s", ""},
    {"TrigramOperator", kPostgres, "SELECT a <%s", "SELECT a <%s", ""},
    {"Cast", kPostgres, "SELECT $1::int IS NULL", "SELECT $1::int IS NULL", "#1"},
    {"CastNamed", kPostgres, "SELECT :a::int[]", "SELECT $1::int[]", ":a"},
    {"Assignment", kMySql, "SELECT @n := 1, @@version", "SELECT @n := 1, @@version", ""},
    {"NamedArgument", kPostgres, "SELECT f(a := 1, b => :b)", "SELECT f(a := 1, b => $1)", ":b"},
    {"ArraySlice", kPostgres, "SELECT a[1:n], a[:i], b[lo:hi]", "SELECT a[1:n], a[$1], b[lo:hi]",
     ":i"},
    {"JsonExists", kPostgres, "WHERE d ? 'k' AND e ?| $1 AND f ?& $2",
     "WHERE d ? 'k' AND e ?| $1 AND f ?& $2", "#1 | #2"},
    {"JsonExistsPlaceholder", kPostgres, "WHERE d ? ? AND x = ?", "WHERE d ? $1 AND x = $2",
     "#1 | #2"},
    {"JsonExistsAfterCast", kPostgres, "WHERE d::jsonb ? 'k'", "WHERE d::jsonb ? 'k'", ""},
    {"JsonExistsAfterBracket", kPostgres, "WHERE a[1] ?| b", "WHERE a[1] ?| b", ""},
    {"JsonExistsSlot", kPostgres, "WHERE d ? {{ k }}", "WHERE d ? $1", "{k}"},
    {"JsonExistsKeywordColumn", kPostgres, "WHERE first ? 'k'", "WHERE first ? 'k'", ""},
    {"EscapedQuestionMark", kPostgres, "WHERE d ?? ? AND e ??| $x$a$x$",
     "WHERE d ? $1 AND e ?| $x$a$x$", "#1"},
    {"GluedQuestionMark", kPostgres, "WHERE a=? AND b>=? AND c LIKE ?||'%' AND d->>?='x'",
     "WHERE a=$1 AND b>=$2 AND c LIKE $3||'%' AND d->>$4='x'", "#1 | #2 | #3 | #4"},
    {"ContainsOperators", kPostgres, "WHERE a @> ? AND b <@ $x$1$x$ AND c @@ d AND e @? 'p'",
     "WHERE a @> $1 AND b <@ $x$1$x$ AND c @@ d AND e @? 'p'", "#1"},
    {"ContainsGlued", kPostgres, "WHERE tags @>? AND a<@b", "WHERE tags @>$1 AND a<@b", "#1"},
    {"AbsoluteValue", kPostgres, "SELECT @ -5, @(1)", "SELECT @ -5, @(1)", ""},
    {"UserVariables", kMySql, "SELECT @x, @'y', @`z`, ?", "SELECT @x, @'y', @`z`, ?", "#1"},
    {"ServerVariable", kSqlServer, "SELECT @@ROWCOUNT", "SELECT @@ROWCOUNT", ""},
    {"ProcedureArgument", kSqlServer, "EXEC p @id = @id, @n = {{ n }}",
     "EXEC p @id = @p1, @n = @p2", ":id | {n}"},
    {"DollarInName", kPostgres, "SELECT a$1 FROM t", "SELECT a$1 FROM t", ""},
    {"MySqlSubtraction", kMySql, "SELECT 5--?", "SELECT 5--?", "#1"},

    // Literals, names and comments hide everything.
    {"Strings", kPostgres, "SELECT '?', 'it''s $1', '%s', \":a\"",
     "SELECT '?', 'it''s $1', '%s', \":a\"", ""},
    {"NoBackslashPostgres", kPostgres, "SELECT '\\', ?", "SELECT '\\', $1", "#1"},
    {"ContinuedEscapeString", kPostgres, "SELECT E'a\\'x'\n  'b\\'?', ?",
     "SELECT E'a\\'x'\n  'b\\'?', $1", "#1"},
    {"ContinuedTwice", kPostgres, "SELECT E'a' -- '\n'\\'?'\r\n'\\'?', ?",
     "SELECT E'a' -- '\n'\\'?'\r\n'\\'?', $1", "#1"},
    {"PlainContinuedString", kPostgres, "SELECT 'a'\n'b\\', ?", "SELECT 'a'\n'b\\', $1", "#1"},
    {"NotContinuedOnTheSameLine", kPostgres, "SELECT E'a' 'b\\', ?", "SELECT E'a' 'b\\', $1", "#1"},
    {"NotContinuedBehindABlockComment", kPostgres, "SELECT E'a' /**/\n'b\\', ?",
     "SELECT E'a' /**/\n'b\\', $1", "#1"},
    {"EscapeString", kPostgres, "SELECT E'\\'?', ?", "SELECT E'\\'?', $1", "#1"},
    {"BackslashMySql", kMySql, "SELECT '\\'?', \"\\\"?\", ?", "SELECT '\\'?', \"\\\"?\", ?", "#1"},
    {"OtherPrefixes", kPostgres, "SELECT N'?', B'01', X'0f', U&'\\0441?'",
     "SELECT N'?', B'01', X'0f', U&'\\0441?'", ""},
    {"DollarQuotes", kPostgres, "SELECT $$ ' ? $1 $$, $tag$ $$ ? $tag$, ?",
     "SELECT $$ ' ? $1 $$, $tag$ $$ ? $tag$, $1", "#1"},
    {"Backticks", kMySql, "SELECT `a``?` FROM `t`", "SELECT `a``?` FROM `t`", ""},
    {"BackticksSqlite", kSqlite, "SELECT `?`, ?", "SELECT `?`, ?1", "#1"},
    {"BracketsSqlite", kSqlite, "SELECT [a?], ?", "SELECT [a?], ?1", "#1"},
    {"BracketsSqlServer", kSqlServer, "SELECT [a]]?], ?", "SELECT [a]]?], @p1", "#1"},
    {"LineComment", kPostgres, "SELECT 1 -- ? it's\n, ?", "SELECT 1 -- ? it's\n, $1", "#1"},
    {"BlockComment", kPostgres, "SELECT /* ' /* ? */ $1 */ ?", "SELECT /* ' /* ? */ $1 */ $1",
     "#1"},
    {"FlatBlockComment", kMySql, "SELECT /* /* ? */ ?", "SELECT /* /* ? */ ?", "#1"},
    {"HashComment", kMySql, "SELECT 1 # ?\n, ?", "SELECT 1 # ?\n, ?", "#1"},
    {"HashOperator", kPostgres, "SELECT a # ?", "SELECT a # $1", "#1"},
    {"Hint", kMySql, "SELECT /*+ BKA(t) */ ?", "SELECT /*+ BKA(t) */ ?", "#1"},
    {"CommentWithSlot", kPostgres, "SELECT 1/* {{ x */+ {{ y }} -- {{ z }}\n", "SELECT 1 + $1  ",
     "{y}"},
    {"TrailingSemicolon", kPostgres, "SELECT ? ; -- done\n ;", "SELECT $1", "#1"},
    {"LeadingSemicolon", kSqlServer, ";WITH a AS (SELECT 1) SELECT * FROM a",
     "WITH a AS (SELECT 1) SELECT * FROM a", ""},

    // {{ }} in value position.
    {"Expression", kPostgres, "SELECT {{ get('x') }}", "SELECT $1", "{get('x')}"},
    {"ExpressionMySql", kMySql, "SELECT {{a}}, {{ a }}", "SELECT ?, ?", "{a}"},
    {"ExpressionSqlite", kSqlite, "SELECT {{a}}, {{ a }}, {{b}}", "SELECT ?1, ?1, ?2", "{a} | {b}"},
    {"ExpressionWithBraces", kPostgres, "SELECT {{ {\"a\": '}}'} }}", "SELECT $1",
     "{{\"a\": '}}'}}"},
    {"MixedWithNumbered", kPostgres, "SELECT $1, {{ a }}, $2", "SELECT $1, $2, $3",
     "#1 | {a} | #2"},
    {"CastExpression", kPostgres, "SELECT {{ a }}::date", "SELECT $1::date", "{a}"},
    {"Seed", kPostgres, "SELECT * FROM metrics WHERE date = {{ get('date') }}",
     "SELECT * FROM metrics WHERE date = $1", "{get('date')}"},
    {"ExtractFrom", kPostgres, "SELECT EXTRACT(year FROM {{ d }}), trim(both FROM {{ s }})",
     "SELECT EXTRACT(year FROM $1), trim(both FROM $2)", "{d} | {s}"},
    {"DistinctFrom", kPostgres, "WHERE a IS NOT DISTINCT FROM {{ x }}",
     "WHERE a IS NOT DISTINCT FROM $1", "{x}"},
    {"OrderByExpression", kPostgres, "SELECT 1 ORDER BY {{ x }} = name, name LIMIT {{ n }}",
     "SELECT 1 ORDER BY $1 = name, name LIMIT $2", "{x} | {n}"},
    {"AfterOrderedAggregate", kPostgres, "SELECT array_agg(a ORDER BY b), {{ x }}",
     "SELECT array_agg(a ORDER BY b), $1", "{x}"},
    {"MySqlLimitPair", kMySql, "SELECT 1 ORDER BY a LIMIT {{ a }}, {{ b }}",
     "SELECT 1 ORDER BY a LIMIT ?, ?", "{a} | {b}"},
    {"PlaceholderGluedToWord", kPostgres, "SELECT 1 LIMIT?OFFSET?", "SELECT 1 LIMIT $1 OFFSET $2",
     "#1 | #2"},
    {"PlaceholderBeforeDigit", kSqlServer, "SELECT %s5", "SELECT %s5", ""},

    // Literals with {{ }}.
    {"Like", kPostgres, "WHERE n LIKE '%{{ q }}%'", "WHERE n LIKE $1", "'%{{ q }}%'"},
    {"DoubledQuote", kPostgres, "SELECT 'it''s {{ get('a') }}'", "SELECT $1",
     "'it's {{ get('a') }}'"},
    {"EscapeTemplate", kPostgres, "SELECT E'a\\n\\x41\\u00e9{{ x }}'", "SELECT $1",
     "'a\nAé{{ x }}'"},
    {"MySqlTemplate", kMySql, "SELECT \"\\t\\%\\\"{{ x }}\"", "SELECT ?", "'\t\\%\"{{ x }}'"},
    {"DollarTemplate", kPostgres, "SELECT $$it''s {{ f('$$') }}$$", "SELECT $1",
     "'it''s {{ f('$$') }}'"},
    {"NationalTemplate", kSqlServer, "SELECT N'{{ x }}'", "SELECT @p1", "'{{ x }}'"},
    {"JsonTemplate", kPostgres, "SELECT '{\"a\": {{ x }}}'::jsonb", "SELECT $1::jsonb",
     "'{\"a\": {{ x }}}'"},
    {"SameTemplateShares", kPostgres, "SELECT '{{ x }}', '{{ x }}', {{ x }}", "SELECT $1, $1, $2",
     "'{{ x }}' | {x}"},
    {"GluedLiteral", kPostgres, "WHERE a LIKE'{{ x }}%'ESCAPE '!'", "WHERE a LIKE $1 ESCAPE '!'",
     "'{{ x }}%'"},

    // TYPE '...{{ }}...'
    {"DateLiteral", kPostgres, "WHERE d >= DATE '{{ x }}'", "WHERE d >= CAST($1 AS DATE)",
     "'{{ x }}'"},
    {"DateLiteralSqlServer", kSqlServer, "SELECT date '{{ x }}'", "SELECT CAST(@p1 AS date)",
     "'{{ x }}'"},
    {"DateLiteralMySql", kMySql, "SELECT DATE '{{ x }}'", "SELECT CAST(? AS DATE)", "'{{ x }}'"},
    {"TimestampLiteralMySql", kMySql, "SELECT TIMESTAMP '{{ x }} 00:00:00'",
     "SELECT CAST(? AS DATETIME(6))", "'{{ x }} 00:00:00'"},
    {"DateLiteralSqlite", kSqlite, "SELECT DATE '{{ x }}'", "SELECT date(?1)", "'{{ x }}'"},
    {"TimestampLiteralSqlite", kSqlite, "SELECT TIMESTAMP '{{ x }}'", "SELECT datetime(?1)",
     "'{{ x }}'"},
    {"WithTimeZone", kPostgres, "SELECT timestamp(3) with time zone '{{ x }}'",
     "SELECT CAST($1 AS timestamp(3) with time zone)", "'{{ x }}'"},
    {"NumericModifier", kPostgres, "SELECT numeric(10, 2) '{{ x }}'",
     "SELECT CAST($1 AS numeric(10, 2))", "'{{ x }}'"},
    {"DoublePrecision", kPostgres, "SELECT double precision '{{ x }}'",
     "SELECT CAST($1 AS double precision)", "'{{ x }}'"},
    {"AtTimeZone", kPostgres, "SELECT now() AT TIME ZONE '{{ z }}'", "SELECT now() AT TIME ZONE $1",
     "'{{ z }}'"},
    {"Interval", kPostgres, "SELECT now() - INTERVAL '{{ n }} days'",
     "SELECT now() - CAST($1 AS INTERVAL)", "'{{ n }} days'"},
    {"IntervalUnit", kPostgres, "SELECT INTERVAL '{{ n }}' DAY + d",
     "SELECT CAST(CAST($1 AS text) || ' day' AS INTERVAL) + d", "'{{ n }}'"},
    {"IntervalMySql", kMySql, "SELECT d - INTERVAL '{{ n }}' DAY, d - INTERVAL {{ n }} DAY",
     "SELECT d - INTERVAL ? DAY, d - INTERVAL ? DAY", "'{{ n }}' | {n}"},
    {"JsonbLiteral", kPostgres, "SELECT jsonb '{{ x }}'", "SELECT CAST($1 AS jsonb)", "'{{ x }}'"},
    {"LikeIsNoType", kPostgres, "WHERE date LIKE '{{ x }}'", "WHERE date LIKE $1", "'{{ x }}'"},

    // Lists.
    {"ListPostgres", kPostgres, "WHERE a IN ({{ l }}) AND b", "WHERE a = ANY ($1) AND b",
     "{l} list"},
    {"NotListPostgres", kPostgres, "WHERE a not  in ( {{ l }} )", "WHERE a <> ALL ($1)",
     "{l} list"},
    {"ListSqlite", kSqlite, "WHERE a NOT IN ({{ l }})",
     "WHERE a NOT IN (SELECT +value FROM json_each(?1))", "{l} list"},
    {"ListMySql", kMySql, "WHERE a NOT IN ({{ l }})", "WHERE a NOT IN (?)", "{l} list"},
    {"ListSqlServer", kSqlServer, "WHERE a IN ({{ l }}) OR b = {{ c }}",
     "WHERE a IN (@p1) OR b = @p2", "{l} list | {c}"},
    {"ListAndValueDiffer", kPostgres, "WHERE a IN ({{ l }}) OR b = {{ l }}",
     "WHERE a = ANY ($1) OR b = $2", "{l} list | {l}"},
    {"TwoSlotsAreNoList", kPostgres, "WHERE a IN ({{ l }}, {{ m }})", "WHERE a IN ($1, $2)",
     "{l} | {m}"},
    {"PlaceholderIsNoList", kPostgres, "WHERE a IN ($1)", "WHERE a IN ($1)", "#1"},
    {"LiteralIsNoList", kPostgres, "WHERE a IN ('{{ l }}')", "WHERE a IN ($1)", "'{{ l }}'"},
    {"PositionIsNoList", kPostgres, "SELECT position('a' IN ({{ l }}))",
     "SELECT position('a' IN ($1))", "{l}"},

    // Bodies with inner semicolons.
    {"TriggerSqlite", kSqlite,
     "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; "
     "DELETE FROM d; END;",
     "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; "
     "DELETE FROM d; END",
     ""},
    {"ProcedureMySql", kMySql,
     "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; CASE x WHEN 1 THEN SELECT 2; "
     "END CASE; END",
     "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; CASE x WHEN 1 THEN SELECT 2; "
     "END CASE; END",
     ""},
    {"ProcedureSqlServer", kSqlServer, "CREATE OR ALTER PROCEDURE p AS SELECT 1; SELECT 2;",
     "CREATE OR ALTER PROCEDURE p AS SELECT 1; SELECT 2;", ""},
    {"AtomicFunction", kPostgres,
     "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;",
     "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END", ""},
};

INSTANTIATE_TEST_SUITE_P(Cases, SqlTemplateTest, testing::ValuesIn(kTextCases),
                         [](const auto& c) { return c.param.name; });

TEST(SqlTemplateSlots, KnowTheirPlaces) {
    const TextOrigin origin{.file = "w.yaml", .line = 7, .column = 12, .continuation_column = 5};
    const auto statement =
        SqlTemplate::compile("SELECT 'é', {{ a }},\n  'x {{ b }}'", origin, kPostgres);
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
    EXPECT_EQ(SqlTemplate::compile("SELECT $3, $1", {}, kPostgres).positional_count(), 3U);
    EXPECT_EQ(SqlTemplate::compile("SELECT ?, ?", {}, kMySql).positional_count(), 2U);
    EXPECT_EQ(SqlTemplate::compile("SELECT :a, {{ b }}", {}, kMySql).positional_count(), 0U);
}

struct RoleCase {
    const char* name;
    const char* expression;
    SlotRole role;
};
class SlotRoleTest : public testing::TestWithParam<RoleCase> {};

TEST_P(SlotRoleTest, IsReadFromTheWholeCall) {
    const auto text = std::string("SELECT {{ ") + GetParam().expression + " }}";
    EXPECT_EQ(SqlTemplate::compile(text, {}, kPostgres).slots()[0].role, GetParam().role);
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
    const Dialect& dialect;
    const char* source;
    const char* quoted;
};
class QuoteIdentifierTest : public testing::TestWithParam<QuoteCase> {};

TEST_P(QuoteIdentifierTest, QuotesEachPart) {
    EXPECT_EQ(quote_identifier(GetParam().source, GetParam().dialect), GetParam().quoted);
}

constexpr QuoteCase kQuoteCases[] = {
    {"Postgres", kPostgres, "a", "\"a\""},
    {"PostgresParts", kPostgres, "s.a b", "\"s\".\"a b\""},
    {"PostgresQuote", kPostgres, "a\"; DROP TABLE x; --", "\"a\"\"; DROP TABLE x; --\""},
    {"MySql", kMySql, "a`b", "`a``b`"},
    {"Sqlite", kSqlite, "a\"b", "\"a\"\"b\""},
    {"SqlServer", kSqlServer, "d.a]b", "[d].[a]]b]"},
};
INSTANTIATE_TEST_SUITE_P(Cases, QuoteIdentifierTest, testing::ValuesIn(kQuoteCases),
                         [](const auto& c) { return c.param.name; });

TEST(SeparateParameters, NumbersEachOccurrence) {
    const auto separated =
        separate_parameters("SELECT $1, '$1', $2 WHERE a ? 'k' OR $1 = $2", kPostgres);
    EXPECT_EQ(separated.text, "SELECT $1, '$1', $2 WHERE a ? 'k' OR $3 = $4");
    EXPECT_EQ(separated.sources, (std::vector<std::size_t>{0, 1, 0, 1}));
}

}  // namespace
}  // namespace kdeps::sql
