#include <gtest/gtest.h>

#include "fake_scope.hpp"

namespace kdeps::test {
namespace {

using expr::Expression;

std::string calls_of(std::string_view source) {
    std::string text;
    for (const expr::LiteralCall& call : parsed(source).literal_calls()) {
        text += call.function + to_json(Value(call.arguments)) + "@" +
                std::to_string(call.span.column) + "+" + std::to_string(call.span.length) + " ";
    }
    return text;
}

TEST(ExprAnalysis, FindsCallsWithLiteralArguments) {
    EXPECT_EQ(calls_of("get('a') + get(x) + output('b')"), "get[\"a\"]@1+8 output[\"b\"]@21+11 ");
    EXPECT_EQ(calls_of("json(get('a', {k: [1]}))"), "get[\"a\",{\"k\":[1]}]@6+18 ");
    EXPECT_EQ(calls_of("session()"), "session[]@1+9 ");
    EXPECT_EQ(calls_of("'a' | get()"), "get[\"a\"]@1+11 ");
    EXPECT_EQ(calls_of("python.stdout('job')"), "python.stdout[\"job\"]@1+20 ");
    EXPECT_TRUE(parsed("python.stdout('job')").literal_calls().front().reads_facet);
}

TEST(ExprAnalysis, FindsFreeNames) {
    using Names = std::vector<std::string>;
    EXPECT_EQ(parsed("a.b + b[c] + a").free_names(), (Names{"a", "b", "c"}));
    EXPECT_EQ(parsed("let x = y; x + z").free_names(), (Names{"y", "z"}));
    EXPECT_EQ(parsed("map(list, .name + # + other)").free_names(), (Names{"list", "other"}));
    EXPECT_EQ(parsed("{k: v}").free_names(), (Names{"v"}));
    EXPECT_EQ(parsed("get('a')").free_names(), Names{});
    EXPECT_EQ(parsed("request.path + request.params('q')").free_names(), Names{"request"});
}

TEST(ExprAnalysis, KnowsConstants) {
    const auto first = [](const std::string& source) {
        return parsed("oneOf(" + source + ", ['a'])").top_call().value().constants[0];
    };
    EXPECT_EQ(to_json(first("[1, {a: -2.50}]").value()), "[1,{\"a\":-2.50}]");
    EXPECT_FALSE(first("[1, x]"));
    EXPECT_FALSE(first("1 + 1"));
    EXPECT_EQ(first("'x'"), Value("x"));
}

TEST(ExprAnalysis, KnowsTheCallAtTheTop) {
    const auto top = parsed("ident(get('o'), ['a', 'b'])").top_call();
    ASSERT_TRUE(top);
    EXPECT_EQ(top->function, "ident");
    ASSERT_EQ(top->constants.size(), 2u);
    EXPECT_FALSE(top->constants[0]);
    EXPECT_EQ(to_json(*top->constants[1]), "[\"a\",\"b\"]");
    EXPECT_FALSE(parsed("ident(x, ['a']) + ''").top_call());
}

TEST(ExprAnalysis, KnowsItsTextAndPlace) {
    const Expression expression = parsed(" a +\n b", {.file = "w.yaml", .line = 3, .column = 10});
    EXPECT_EQ(expression.text(), " a +\n b");
    EXPECT_EQ(expression.span().line, 3);
    EXPECT_EQ(expression.span().column, 11);
    const Expression copy = expression;
    EXPECT_EQ(&copy.text(), &expression.text());
}

}  // namespace
}  // namespace kdeps::test
