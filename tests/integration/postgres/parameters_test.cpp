#include "kdeps/base/json.hpp"
#include "kdeps/sql/sql_template.hpp"

#include "postgres_fixture.hpp"

namespace kdeps::test {
namespace {

class PostgresParametersTest : public PostgresTest {};

Decimal decimal(const char* text) {
    return *Decimal::parse(text);
}
Value temporal(Kind kind, const char* text) {
    return Temporal{kind, text};
}

TEST_F(PostgresParametersTest, EveryKindComesBackAsItWent) {
    struct Case {
        const char* type;
        Value value;
        const char* cell;
    };
    const Case cases[] = {
        {"int", nullptr, "Null"},
        {"bool", true, "Bool:true"},
        {"int8", INT64_MIN, "Int:-9223372036854775808"},
        {"float8", 0.1, "Double:0.1"},
        {"float8", std::numeric_limits<double>::quiet_NaN(), "Double:NaN"},
        {"float8", -std::numeric_limits<double>::infinity(), "Double:-Infinity"},
        {"float8", 1.7976931348623157e308, "Double:1.7976931348623157e+308"},
        {"numeric", decimal("123456789012345678901234567890.0000000001"),
         "Decimal:123456789012345678901234567890.0000000001"},
        {"text", "it's \"q\" \\ \xF0\x9F\x98\x80", "Text:it's \"q\" \\ \xF0\x9F\x98\x80"},
        {"date", temporal(Kind::Date, "2024-02-29"), "Date:2024-02-29"},
        {"time", temporal(Kind::Time, "10:00:00.000001"), "Time:10:00:00.000001"},
        {"timestamp", temporal(Kind::Timestamp, "2024-01-15T10:00:00.500000"),
         "Timestamp:2024-01-15T10:00:00.500000"},
        {"timestamptz", temporal(Kind::TimestampTz, "2024-07-15T10:00:00Z"),
         "TimestampTz:2024-07-15T10:00:00Z"},
        {"timestamptz", "4713-11-24T00:00:00Z BC", "Text:4713-11-24T00:00:00Z BC"},
        {"timestamptz", "10000-01-01T00:59:59.500000Z", "Text:10000-01-01T00:59:59.500000Z"},
        {"int[]", Value::List{1, nullptr, 3}, "Json:[1,null,3]"},
        {"text[]", Value::List{"a,b", "c\"d\\", "NULL", ""},
         "Json:[\"a,b\",\"c\\\"d\\\\\",\"NULL\",\"\"]"},
        {"int[]", Value::List{Value::List{1, 2}, Value::List{3, 4}}, "Json:[[1,2],[3,4]]"},
        {"int[]", Value::List{}, "Json:[]"},
        {"jsonb", Value::List{1, "x", nullptr}, "Json:[1, \"x\", null]"},
        {"jsonb", Object{{"a", Value::List{1}}}, "Json:{\"a\": [1]}"},
        {"text", Value::List{1, 2}, "Text:[1,2]"},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(one(*connection, std::string("SELECT $1::") + c.type, {c.value}), c.cell);
    }
}

TEST_F(PostgresParametersTest, BytesGoBothWays) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    const db::Result result =
        connection->execute(reading("SELECT $1::bytea"), std::vector<Value>{Bytes{all}});
    EXPECT_EQ(result.table->cell(0, 0).text, all);
}

TEST_F(PostgresParametersTest, NulInTextIsRefusedNotCut) {
    const Error error =
        error_of([&] { one(*connection, "SELECT $1::text", {std::string("a\0b", 3)}); });
    EXPECT_EQ(error.code(), ErrorCode::BadRequest);
    EXPECT_EQ(std::string(error.what()),
              "parameter 1 contains a NUL character, which PostgreSQL cannot store in text");
}

// What PostgreSQL answers to untyped parameters, and what we make of it.
TEST_F(PostgresParametersTest, TypesThatCannotBeDeducedComeFromTheValues) {
    run(*connection, "CREATE TEMP TABLE t(id int, name text, d date, n numeric)");
    run(*connection, "INSERT INTO t VALUES ($1,$2,$3,$4)",
        {1, "one", temporal(Kind::Date, "2024-01-15"), decimal("2.50")});
    struct Case {
        const char* text;
        std::vector<Value> values;
        const char* cell;
    };
    const Case cases[] = {
        {"SELECT id FROM t WHERE (name = $1 OR $1 IS NULL)", {"one"}, "Int:1"},
        {"SELECT id FROM t WHERE ($1 IS NULL OR id = $2)", {"x", 1}, "Int:1"},
        {"SELECT id FROM t WHERE ($1 IS NULL OR id = $2)", {nullptr, 5}, "Int:1"},
        {"SELECT id FROM t WHERE ($1 IS NULL OR id = $2)", {3, 1}, "Int:1"},
        {"SELECT id FROM t WHERE ($1 IS NULL OR id = $1)", {1}, "Int:1"},
        {"SELECT $1 + $2", {1, 2}, "Int:3"},
        {"SELECT $1 + $2", {decimal("1.5"), 2}, "Decimal:3.5"},
        {"SELECT d + $1 FROM t", {1}, "Date:2024-01-16"},
        {"SELECT date_trunc($1, d)::date FROM t", {"month"}, "Date:2024-01-01"},
        {"SELECT CASE WHEN $1 THEN 1 END", {true}, "Int:1"},
        {"SELECT coalesce($1, 'x')", {nullptr}, "Text:x"},
        {"SELECT round($1, 2)", {decimal("2.345")}, "Decimal:2.35"},
        {"SELECT jsonb_build_object('a', $1)", {1}, "Json:{\"a\": 1}"},
        {"SELECT jsonb_build_object('a', $1)", {"x"}, "Json:{\"a\": \"x\"}"},
        {"SELECT jsonb_build_object('a', $1)", {Value::List{1}}, "Json:{\"a\": [1]}"},
        {"SELECT $1", {"plain"}, "Text:plain"},
        {"SELECT concat($1, $2)", {"a", 1}, "Text:a1"},
        {"SELECT id FROM t WHERE id = ANY($1)", {Value::List{1, 2}}, "Int:1"},
        {"SELECT format('%s-%s', $1, $2)", {1, "b"}, "Text:1-b"},
    };
    for (const bool in_transaction : {false, true}) {
        if (in_transaction) begin(*connection);
        for (const Case& c : cases) EXPECT_EQ(one(*connection, c.text, c.values), c.cell) << c.text;
        if (in_transaction) commit(*connection);
    }
    const auto fresh = connect();  // nothing prepared: complaints come inside the transaction
    begin(*fresh);
    EXPECT_EQ(one(*fresh, "SELECT $1 + $2", {1, 2}), "Int:3");
    EXPECT_EQ(one(*fresh, "SELECT jsonb_build_object('a', $1)", {true}), "Json:{\"a\": true}");
    commit(*fresh);
}

TEST_F(PostgresParametersTest, EachPlaceIsTypedOnItsOwn) {
    run(*connection, "CREATE TEMP TABLE t(id int, code text, day date, at timestamptz)");
    run(*connection,
        "INSERT INTO t VALUES (1, 'one', '2024-01-05', '2024-01-05 10:00+00'), "
        "(2, '1', '2024-01-05', '2024-01-05 20:00+00')");
    struct Case {
        const char* condition;
        Value value;
        const char* ids;
    };
    const Case cases[] = {
        {"day = $1 AND at >= $1", "2024-01-05T12:00:00Z", "Text:2"},
        {"$1 IS NULL OR id = $1", nullptr, "Text:1,2"},
        {"$1 IS NULL OR id = $1", "1", "Text:1"},
        {"$1 IS NULL OR id = $1", 2, "Text:2"},
        {"$1 = '' OR id = $1", "1", "Text:1"},
        {"'' = $1 OR code = $1", "", "Text:1,2"},
        {"id = $1 OR code = $1", "1", "Text:1,2"},
        {"id = $1 OR code = $1", 1, "Text:1,2"},
        {"id = NULLIF($1, '')::int OR $1 = ''", "", "Text:1,2"},
        {"id = COALESCE($1, id) AND ($1 IS NULL OR code = $1)", "1", "Null"},
        {"id = COALESCE($1::int, id) AND ($1 IS NULL OR code LIKE '%' || $1 || '%')", nullptr,
         "Text:1,2"},
        {"CASE WHEN $1 = 'all' THEN true ELSE code = $1 END", "all", "Text:1,2"},
        {"code IN ('x', $1) OR id BETWEEN $1 AND 1", "1", "Text:1,2"},
        {"code ILIKE $1 OR id::text = $1", "ONE", "Text:1"},
        {"($1::text = '' OR code = $1) AND ($1::text = '' OR id = $1)", "", "22P02"},
        {"id = ANY ($1) OR code = ANY ($1)", Value(Value::List{"1"}), "Text:1,2"},
    };
    for (const Case& c : cases) {
        const std::string text =
            std::string("SELECT string_agg(id::text, ',' ORDER BY id) FROM t WHERE ") + c.condition;
        const auto answer = [&](db::Connection& session) {
            try {
                return one(session, text, {c.value});
            } catch (const Error& error) {
                return error.detail().sqlstate;
            }
        };
        EXPECT_EQ(answer(*connection), c.ids) << c.condition;
    }
    EXPECT_EQ(one(*connection, "SELECT $1::int || '/' || $1::text", {"007"}), "Text:7/007");
    run(*connection, "INSERT INTO t(id, code) VALUES ($1, $1)", {"007"});
    EXPECT_EQ(one(*connection, "SELECT code FROM t WHERE id = 7"), "Text:007");
}

TEST_F(PostgresParametersTest, JsonStaysWhatItWas) {
    for (const char* json : {"\"5\"", "\"text\"", "\"null\"", "\"{}\"", "null", "true", "5"}) {
        const auto source = run(*connection, "SELECT $1::jsonb", {json});  // what a client wrote
        const Value value = source.table->value(0, 0);
        EXPECT_EQ(one(*connection, "SELECT $1::jsonb", {value}), std::string("Json:") + json);
        EXPECT_EQ(one(*connection, "SELECT $1::json", {value}), std::string("Json:") + json);
    }
    const auto text = run(*connection, "SELECT '\"a\"'::jsonb").table->value(0, 0);
    EXPECT_EQ(one(*connection, "SELECT $1::text", {text}), "Text:a");
    const auto null = run(*connection, "SELECT NULL::jsonb").table->value(0, 0);
    EXPECT_EQ(one(*connection, "SELECT $1::jsonb", {null}), "Null");
}

TEST_F(PostgresParametersTest, WhatIsComparedWithItselfStaysOne) {
    for (const char* text :
         {"SELECT $1 || g FROM generate_series(1, 1) g GROUP BY $1 || g",
          "SELECT DISTINCT $1 || g FROM generate_series(1, 1) g ORDER BY $1 || g",
          "SELECT date_trunc($1, d)::date FROM (SELECT date '2024-02-03' AS d) t "
          "GROUP BY date_trunc($1, d)"}) {
        const bool is_date = std::string_view(text).find("trunc") != std::string_view::npos;
        EXPECT_EQ(one(*connection, text, {is_date ? "month" : "x"}),
                  is_date ? "Date:2024-02-01" : "Text:x1")
            << text;
    }
}

TEST_F(PostgresParametersTest, AsManyAsTheProtocolCounts) {
    for (const int count : {7498, 7499, 65'535}) {
        std::string text = "SELECT cardinality(ARRAY[";
        for (int i = 1; i <= count; ++i)
            text += (i == 1 ? "$" : ",$") + std::to_string(i) + "::int";
        const std::vector<Value> values(static_cast<std::size_t>(count), Value(1));
        for (int i = 0; i < 2; ++i) {
            EXPECT_EQ(one(*connection, text + "])", values), "Int:" + std::to_string(count));
        }
        const db::Statement statement = reading(text + "])");
        const std::vector<std::vector<Value>> sets = {values};
        const db::Command command{statement, sets};
        const auto results = connection->run({&command, 1}, {.begin = true, .commit = true});
        EXPECT_EQ(cell_text(*results[0][0].table), "Int:" + std::to_string(count));
    }
    EXPECT_EQ(error_of([&] {
                  one(*connection, "SELECT $1::int", {1, 2});
              }).code(),
              ErrorCode::QueryFailed);
}

TEST_F(PostgresParametersTest, OneParameterMayHaveATypePerOccurrence) {
    run(*connection, "CREATE TEMP TABLE ab(a int, b text)");
    for (const bool in_transaction : {false, true}) {
        const std::string text = in_transaction ? "INSERT INTO ab(b, a) VALUES ($1, $1)"
                                                : "INSERT INTO ab(a, b) VALUES ($1, $1)";
        if (in_transaction) begin(*connection);
        for (const Value& value : {Value("5"), Value(7), Value(nullptr), Value("8")}) {
            EXPECT_EQ(run(*connection, text, {value}).rows_affected, 1);
        }
        if (in_transaction) commit(*connection);
        EXPECT_EQ(one(*connection, "SELECT string_agg(a || '=' || b, ' ' ORDER BY a) FROM ab"),
                  "Text:5=5 7=7 8=8");
        run(*connection, "DELETE FROM ab");
    }
    const auto results =
        run_sets(*connection, writing("INSERT INTO ab(a, b) VALUES ($2, $1 || $2)"),
                 std::vector<std::vector<Value>>{{"x", 1}, {"y", "2"}});
    EXPECT_EQ(results.size(), 2u);
    EXPECT_EQ(one(*connection, "SELECT string_agg(a || '=' || b, ' ' ORDER BY a) FROM ab"),
              "Text:1=x1 2=y2");
    EXPECT_EQ(one(*connection, "SELECT a FROM ab WHERE ($1 IS NULL OR a = $1)", {"2"}), "Int:2");
}

TEST_F(PostgresParametersTest, EqualSlotsOfATemplateMayHaveTwoTypes) {
    run(*connection, "CREATE TEMP TABLE ab(a int, b text)");
    const Value five = "5";
    for (const char* text : {"INSERT INTO ab(a, b) VALUES (:x, :x)",
                             "INSERT INTO ab(a, b) VALUES ({{ x }}, {{ x }})"}) {
        const auto compiled = sql::SqlTemplate::compile(text, {}, sql::kPostgres);
        ASSERT_EQ(compiled.slots().size(), 1u);
        const auto bound = compiled.bind({five});
        EXPECT_EQ(run(*connection, *bound.text, bound.parameters).rows_affected, 1);
    }
    EXPECT_EQ(one(*connection, "SELECT count(*) FROM ab WHERE a = 5 AND b = '5'"), "Int:2");
}

TEST_F(PostgresParametersTest, ParameterStaysOneWhereThatMatters) {
    run(*connection, "CREATE TEMP TABLE ab(a int, b text)");
    run(*connection, "INSERT INTO ab VALUES (1, NULL)");
    // Apart, the two expressions would not be the same to GROUP BY.
    EXPECT_EQ(one(*connection,
                  "SELECT coalesce(b, jsonb_build_object('k', $1)::text) FROM ab "
                  "GROUP BY coalesce(b, jsonb_build_object('k', $1)::text)",
                  {1}),
              "Text:{\"k\": 1}");
}

TEST_F(PostgresParametersTest, NulIsToldByTheUsersNumber) {
    run(*connection, "CREATE TEMP TABLE ab(a int, b text)");
    const Error error = error_of([&] {
        run(*connection, "INSERT INTO ab(a, b) VALUES ($1, $1 || $2)", {1, std::string("\0", 1)});
    });
    EXPECT_EQ(std::string(error.what()),
              "parameter 2 contains a NUL character, which PostgreSQL cannot store in text");
}

TEST_F(PostgresParametersTest, WhatCannotBeTypedSuggestsACast) {
    for (const char* type : {"int", "date"}) {
        run(*connection, std::string("CREATE FUNCTION pg_temp.either(") + type +
                             ") RETURNS int LANGUAGE sql AS 'SELECT 1'");
    }
    const Error error = error_of([&] { one(*connection, "SELECT pg_temp.either($1)", {"x"}); });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(error.detail().sqlstate, "42725");
    EXPECT_EQ(error.detail().hint, "say the parameter's type in the statement, such as $1::text");
}

TEST_F(PostgresParametersTest, WrongNumberOfValues) {
    const Error error = error_of([&] { one(*connection, "SELECT $1::int, $2::int", {1}); });
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(std::string(error.what()), "the statement has 2 parameters, but 1 values were given");
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
}

}  // namespace
}  // namespace kdeps::test
