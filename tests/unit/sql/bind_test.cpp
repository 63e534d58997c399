#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/sql/sql_template.hpp"

namespace kdeps::sql {
namespace {

using Values = std::vector<Value>;

SqlTemplate compiled(const char* text, const Dialect& dialect) {
    return SqlTemplate::compile(text, TextOrigin{}, dialect);
}

Value numbers(std::int64_t count) {
    Value::List list;
    for (std::int64_t i = 1; i <= count; ++i) list.emplace_back(i);
    return list;
}

Value column(std::initializer_list<const char*> names) {
    TableBuilder builder;
    for (const char* name : names) builder.add_column(name);
    for (int row = 0; row < 2; ++row) {
        for (std::size_t i = 0; i < names.size(); ++i) builder.append_int(row + 1);
    }
    return TableRef{builder.finish()};
}

template <typename Action>
std::string bad_request(Action action) {
    try {
        action();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::BadRequest);
        return error.what();
    }
    return "no error";
}

TEST(Bind, FixedTextIsSharedBetweenCalls) {
    const auto statement = compiled("SELECT {{ a }}, $1, {{ a }}", kPostgres);
    const auto first = statement.bind(Values{1, 2});
    const auto second = statement.bind(Values{"x", nullptr});
    EXPECT_EQ(first.text, second.text);
    EXPECT_EQ(first.parameters, (Values{1, 2}));
    EXPECT_EQ(second.parameters, (Values{"x", nullptr}));
}

TEST(Bind, MySqlRepeatsValuesInTheOrderOfTheText) {
    const auto bound = compiled("SELECT $2, $1, $2", kMySql).bind(Values{"two", "one"});
    EXPECT_EQ(bound.parameters, (Values{"two", "one", "two"}));
}

TEST(Bind, ListIsOneArrayOnPostgres) {
    const auto bound =
        compiled("SELECT 1 WHERE a IN ({{ l }})", kPostgres).bind(Values{numbers(3)});
    EXPECT_EQ(*bound.text, "SELECT 1 WHERE a = ANY ($1)");
    EXPECT_EQ(bound.parameters, (Values{numbers(3)}));
}

TEST(Bind, ListIsJsonTextOnSqlite) {
    const auto statement = compiled("SELECT 1 WHERE a IN ({{ l }})", kSqlite);
    const Value list = Value::List{
        std::int64_t{9223372036854775807}, *Decimal::parse("19.90"), "it's \"x\"", nullptr, true,
        Temporal{Kind::Date, "2024-01-31"}};
    EXPECT_EQ(statement.bind(Values{list}).parameters,
              (Values{R"([9223372036854775807,"19.90","it's \"x\"",null,true,"2024-01-31"])"}));
    // Decimals are numbers where one alone is bound as a number.
    const Value decimals =
        Value::List{*Decimal::parse("2.5"), *Decimal::parse("-7"), *Decimal::parse("1.0"),
                    *Decimal::parse("12345678901234567890"), *Decimal::parse("0.1000000000000001")};
    EXPECT_EQ(statement.bind(Values{decimals}).parameters,
              (Values{R"([2.5,-7,1.0,"12345678901234567890","0.1000000000000001"])"}));
    EXPECT_EQ(statement.bind(Values{numbers(0)}).parameters, (Values{"[]"}));
    EXPECT_EQ(bad_request([&] { (void)statement.bind(Values{Value::List{Bytes{"x"}}}); }),
              "a list for SQLite cannot hold bytes in '{{ l }}'");
}

struct ExpansionCase {
    const char* name;
    const Dialect& dialect;
    std::int64_t count;
    const char* text;
};
class ListExpansionTest : public testing::TestWithParam<ExpansionCase> {};

TEST_P(ListExpansionTest, UsesPowersOfTwo) {
    const ExpansionCase& c = GetParam();
    const auto statement = compiled("SELECT 1 WHERE a NOT IN ({{ l }}) AND b = {{ b }}", c.dialect);
    const auto bound = statement.bind(Values{numbers(c.count), "b"});
    EXPECT_EQ(*bound.text, c.text);
    ASSERT_FALSE(bound.parameters.empty());
    EXPECT_EQ(bound.parameters.back(), Value("b"));
    for (std::size_t i = 0; i + 1 < bound.parameters.size(); ++i) {
        const auto expected = std::min(static_cast<std::int64_t>(i) + 1, c.count);
        EXPECT_EQ(bound.parameters[i], Value(expected)) << "the last value is repeated";
    }
}

constexpr ExpansionCase kExpansionCases[] = {
    {"MySqlEmpty", kMySql, 0,
     "SELECT 1 WHERE a NOT IN (SELECT NULL FROM DUAL WHERE 1=0) AND b = ?"},
    {"MySqlOne", kMySql, 1, "SELECT 1 WHERE a NOT IN (?) AND b = ?"},
    {"MySqlThree", kMySql, 3, "SELECT 1 WHERE a NOT IN (?, ?, ?, ?) AND b = ?"},
    {"MySqlFour", kMySql, 4, "SELECT 1 WHERE a NOT IN (?, ?, ?, ?) AND b = ?"},
    {"SqlServerEmpty", kSqlServer, 0,
     "SELECT 1 WHERE a NOT IN (SELECT NULL WHERE 1=0) AND b = @p1"},
    {"SqlServerThree", kSqlServer, 3, "SELECT 1 WHERE a NOT IN (@p1, @p2, @p3, @p4) AND b = @p5"},
};
INSTANTIATE_TEST_SUITE_P(Cases, ListExpansionTest, testing::ValuesIn(kExpansionCases),
                         [](const auto& c) { return c.param.name; });

TEST(Bind, LargeListsStayBelowTheServersLimit) {
    const auto mysql = compiled("SELECT 1 WHERE a IN ({{ l }})", kMySql);
    EXPECT_EQ(mysql.bind(Values{numbers(40'000)}).parameters.size(), 40'000U);
    const auto server = compiled("SELECT 1 WHERE a IN ({{ l }})", kSqlServer);
    EXPECT_EQ(server.bind(Values{numbers(2'000)}).parameters.size(), 2'048U);
    EXPECT_EQ(server.bind(Values{numbers(2'050)}).parameters.size(), 2'050U);
    EXPECT_EQ(server.bind(Values{numbers(1'000)}).parameters.size(), 1'024U);
}

TEST(Bind, RepeatedListsShareTheirParametersWhereTheDialectCan) {
    const char* text = "SELECT 1 WHERE a IN ({{ l }}) OR b IN ({{ l }})";
    const auto server = compiled(text, kSqlServer).bind(Values{numbers(2)});
    EXPECT_EQ(*server.text, "SELECT 1 WHERE a IN (@p1, @p2) OR b IN (@p1, @p2)");
    EXPECT_EQ(server.parameters.size(), 2U);
    EXPECT_EQ(compiled(text, kMySql).bind(Values{numbers(2)}).parameters.size(), 4U);
}

TEST(Bind, ListsAreNotPaddedPastTheLimit) {
    const auto one = compiled("SELECT 1 WHERE a IN ({{ l }})", kMySql);
    EXPECT_EQ(one.bind(Values{numbers(32'000)}).parameters.size(), 32'768U);
    EXPECT_EQ(one.bind(Values{numbers(40'000)}).parameters.size(), 40'000U);
    EXPECT_EQ(one.bind(Values{numbers(65'535)}).parameters.size(), 65'535U);
    const auto two = compiled("SELECT 1 WHERE a IN ({{ l }}) OR b IN ({{ m }})", kMySql);
    EXPECT_EQ(two.bind(Values{numbers(20'000), numbers(40'000)}).parameters.size(), 60'000U);
}

TEST(Bind, RefusesListsThatTheServerDoesNotTake) {
    const auto statement = compiled("SELECT 1 WHERE a = ? AND b IN ({{ l }})", kMySql);
    EXPECT_EQ(bad_request([&] {
                  (void)statement.bind(Values{1, numbers(65'535)});
              }),
              "65535 values are too many in '{{ l }}': MySQL takes at most 65535 parameters in a "
              "statement");
    EXPECT_EQ(compiled("SELECT 1 WHERE b IN ({{ l }})", kPostgres)
                  .bind(Values{numbers(70'000)})
                  .parameters.size(),
              1U);
}

TEST(Bind, OtherValuesAreListsOfOne) {
    const auto statement = compiled("SELECT 1 WHERE a IN ({{ l }})", kPostgres);
    EXPECT_EQ(statement.bind(Values{5}).parameters, (Values{Value::List{5}}));
    EXPECT_EQ(statement.bind(Values{nullptr}).parameters, (Values{Value::List{nullptr}}));
    EXPECT_EQ(statement.bind(Values{column({"id"})}).parameters, (Values{numbers(2)}));
    EXPECT_EQ(bad_request([&] {
                  (void)statement.bind(Values{column({"a", "b"})});
              }),
              "a table of 2 columns where a list is needed in '{{ l }}'");
}

TEST(Bind, InsertsNamesAndFragments) {
    const auto statement = compiled(
        "SELECT {{ ident(c, ['a']) }} FROM t WHERE x = $1 ORDER BY {{ oneOf(s, ['a ASC']) }}",
        kPostgres);
    const auto bound = statement.bind(Values{"s.a\"b", 7, "a ASC"});
    EXPECT_EQ(*bound.text, "SELECT \"s\".\"a\"\"b\" FROM t WHERE x = $1 ORDER BY a ASC");
    EXPECT_EQ(bound.parameters, (Values{7}));
}

TEST(Bind, RefusesWhatIsNoName) {
    const auto statement = compiled("SELECT {{ ident(c, ['a']) }}", kPostgres);
    const auto error = [&](Value value) {
        return bad_request([&] { (void)statement.bind(Values{std::move(value)}); });
    };
    EXPECT_EQ(error(""), "a name in SQL is empty");
    EXPECT_EQ(error("a."), "a name in SQL is empty");
    EXPECT_EQ(error("a..b"), "a name in SQL is empty");
    EXPECT_EQ(error(5), "a name is needed, not int, in '{{ ident(c, ['a']) }}'");
    EXPECT_EQ(error(std::string("a\0b", 3)),
              "text parameter contains a NUL character in '{{ ident(c, ['a']) }}'");
}

TEST(Bind, RefusesNulInText) {
    const Value nul = std::string("a\0b", 3);
    const auto error = [&](const char* text, const Value& value) {
        return bad_request([&] { (void)compiled(text, kPostgres).bind(Values{value}); });
    };
    EXPECT_EQ(error("SELECT $1", nul), "text parameter contains a NUL character in parameter 1");
    EXPECT_EQ(error("SELECT :a", nul), "text parameter contains a NUL character in parameter 'a'");
    EXPECT_EQ(error("SELECT '{{ a }}%'", nul),
              "text parameter contains a NUL character in '{{ a }}%'");
    EXPECT_EQ(error("SELECT 1 WHERE a IN ({{ l }})", Value::List{"x", nul}),
              "text parameter contains a NUL character in '{{ l }}'");
    EXPECT_EQ(error("SELECT $1", Bytes{std::string("a\0b", 3)}), "no error");
}

TEST(Bind, RefusesAListBesideOtherValuesOfIn) {
    const Value list = Value::List{1, 2};
    const auto error = [&](const char* text, Values values) {
        return bad_request([&] { (void)compiled(text, kSqlite).bind(values); });
    };
    EXPECT_EQ(error("SELECT 1 WHERE a IN ({{ x }}, {{ y }})", {list, 1}),
              "a list cannot be one of the values of IN ( ) in '{{ x }}'");
    EXPECT_EQ(error("SELECT 1 WHERE a IN ($1)", {list}),
              "a list cannot be one of the values of IN ( ) in parameter 1");
    const Values in_use = {list, list};
    EXPECT_NO_THROW(static_cast<void>(
        compiled("SELECT f({{ x }}) WHERE a IN ({{ y }})", kSqlite).bind(in_use)));
    EXPECT_NO_THROW(static_cast<void>(
        compiled("SELECT 1 WHERE a IN (f({{ x }}), 2)", kSqlite).bind(Values{list})));
}

}  // namespace
}  // namespace kdeps::sql
