#include <random>

#include <gtest/gtest.h>

#include "kdeps/expr/text.hpp"

#include "fake_scope.hpp"
#include "support/hostile_scope.hpp"
#include "support/random_expression.hpp"

namespace kdeps::test {
namespace {

const std::vector<std::string> kTokens = {
    "1",        "2.5",     "'a'",      "\"b\"",     "`c`",
    "nil",      "true",    "user",     "nums",      "items",
    "people",   "csv",     "day",      "rate",      "text",
    "empty",    "nope",    ".name",    ".n",        "#",
    "#index",   "?.",      "[",        "]",         "(",
    ")",        "{",       "}",        ",",         ":",
    ";",        "+",       "-",        "*",         "/",
    "%",        "**",      "==",       "!=",        "<",
    ">=",       " and ",   " or ",     "not ",      " in ",
    "..",       "??",      "?",        "|",         " contains ",
    "let a = ", "a",       "get(",     "len(",      "map(",
    "filter(",  "sortBy(", "split(",   "join(",     "json(",
    "round(",   "max(",    "str(",     "repeat(",   "uniq(",
    "flatten(", "concat(", "groupBy(", "fromJSON(", "99999999999999999999",
    "-1",       "[1:2]",   "[-1]",     "\xff",      "é",
    "\\",       "'\\u12'", "{{",       "}}",        "matches",
};

/// Random sentences of the language's own words: most do not parse, all must end well.
TEST(ExprRandom, NeverCrashesNorPassesItsBudget) {
    std::mt19937 random(20240115);
    std::uniform_int_distribution<std::size_t> token(0, kTokens.size() - 1);
    std::uniform_int_distribution<int> length(1, 14);
    const expr::Budget budget{.max_steps = 20'000, .max_bytes = 1u << 20};
    FakeScope scope;
    int valid = 0;
    int evaluated = 0;
    for (int round = 0; round < 60'000; ++round) {
        std::string source;
        for (int i = length(random); i > 0; --i) source += kTokens[token(random)];
        try {
            const expr::Expression expression = parsed(source);
            ++valid;
            (void)expression.literal_calls();
            (void)expression.top_call();
            (void)to_json(expression.evaluate(scope, budget));
            ++evaluated;
        } catch (const Error& error) {
            ASSERT_TRUE(error.detail().where.has_value()) << source << ": " << error.what();
            ASSERT_FALSE(std::string_view(error.what()).ends_with('.')) << error.what();
        }
    }
    // Proof that the soup is not all noise.
    EXPECT_GT(valid, 1'000);
    EXPECT_GT(evaluated, 300);
}

/// Sentences that parse, over values that are dear to compute with.
TEST(ExprRandom, WorkStaysWithinTheBudgetWhateverIsWritten) {
    HostileScope scope(100'000);
    RandomExpression expressions(7, scope.names());
    const expr::Budget budget{.max_steps = 20'000, .max_bytes = 4u << 20};
    int evaluated = 0;
    for (int round = 0; round < 1'000; ++round) {
        const std::string source = expressions.next(1 + round % 4);
        scope.checks = 0;
        try {
            const Value value = parsed(source).evaluate(scope, budget);
            ++evaluated;
            ASSERT_LE(value.printed_bytes(), budget.max_bytes + scope.largest()) << source;
        } catch (const Error& error) {
            ASSERT_NE(error.code(), ErrorCode::ExpressionSyntax) << source << ": " << error.what();
        }
        ASSERT_LE(scope.checks, 10U) << source;
    }
    EXPECT_GT(evaluated, 20);
}

TEST(ExprRandom, RandomBytesAreClassifiedAndCompiled) {
    std::mt19937 random(7);
    std::uniform_int_distribution<int> byte(0, 255);
    std::uniform_int_distribution<int> length(0, 40);
    for (int round = 0; round < 30'000; ++round) {
        std::string text;
        for (int i = length(random); i > 0; --i) text += static_cast<char>(byte(random));
        const expr::Verdict verdict = expr::classify(text, expr::ForcedKind::None, {}, functions());
        EXPECT_FALSE(verdict.reason.empty());
        if (verdict.kind != expr::TextKind::Literal) continue;
        EXPECT_EQ(expr::Text::compile(text, {}, expr::ForcedKind::None, {}, functions()).literal(),
                  text);
    }
}

}  // namespace
}  // namespace kdeps::test
