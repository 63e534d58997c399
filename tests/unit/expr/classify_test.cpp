#include <gtest/gtest.h>

#include "kdeps/expr/text.hpp"

#include "fake_scope.hpp"

namespace kdeps::test {
namespace {

using expr::ForcedKind;
using expr::TextKind;

const std::vector<std::string> kKnown = {"request", "input",     "item", "loop", "outputs",
                                         "error",   "analytics", "a",    "b",    "x"};

struct ClassifyCase {
    const char *name, *text;
    TextKind kind;
    const char* reason;
};
class ClassifyTest : public testing::TestWithParam<ClassifyCase> {};

TEST_P(ClassifyTest, Decides) {
    const expr::Verdict verdict =
        expr::classify(GetParam().text, ForcedKind::None, kKnown, functions());
    EXPECT_EQ(verdict.kind, GetParam().kind);
    EXPECT_EQ(verdict.reason, GetParam().reason);
}

std::string classify_case_name(const testing::TestParamInfo<ClassifyCase>& c) {
    return c.param.name;
}

constexpr TextKind kText = TextKind::Literal;
constexpr TextKind kExpr = TextKind::Expression;

constexpr ClassifyCase kProse[] = {
    {"Sentence", "Node.js is great", kText, "it is no expression: unexpected 'is'"},
    {"Slash", "read/write access", kText, "it is no expression: unexpected 'access'"},
    {"YesNo", "yes/no question", kText, "it is no expression: unexpected 'question'"},
    {"Target", "No target(s) found", kText, "it is no expression: unexpected 'target'"},
    {"Budget", "Budget(2024)", kText, "it is no expression: unknown function 'Budget'"},
    {"Numbers", "10 - 20", kText, "it holds no name"},
    {"LogLine", "[INFO] started", kText, "it is no expression: unexpected 'started'"},
    {"UrlInside", "see http://x.y/z for help", kText, "it is no expression: unexpected 'http'"},
    {"Mail", "john.doe@example.com", kText, "it is no expression: unexpected '@'"},
    {"ShortMail", "user@example.com", kText, "it is no expression: unexpected '@'"},
    {"Eg", "e.g. foo", kText, "'e' is no known name"},
    {"File", "data.csv", kText, "'data' is no known name"},
    {"Sql", "SELECT * FROM users", kText, "it is no expression: unexpected 'users'"},
    {"Support", "24/7 support", kText, "it is no expression: unexpected 'support'"},
    {"SlashDate", "01/02/2024", kText, "it holds no name"},
    {"Route", "GET /api/v1", kText, "'GET' is no known name"},
    {"QueryFailed", "Database query failed", kText, "it is no expression: unexpected 'query'"},
    {"NotApplicable", "N/A", kText, "it is two words with a slash"},
    {"AndOr", "and/or", kText, "it is two words with a slash"},
    {"IsoDate", "2024-01-15", kText, "it is a single word"},
    {"Release", "v1.0 released", kText, "it is no expression: expected a name after '.'"},
    {"LoneWord", "results", kText, "it is a single word"},
    {"KnownLoneWord", "item", kText, "it is a single word"},
    {"Hyphen", "x-y", kText, "it is a single word"},
    {"HyphenOfKnownNames", "a-b", kText, "it is a single word"},
    {"TwoWordsWithSlash", "a/b", kText, "it is two words with a slash"},
    {"LiteralInt", "42", kText, "it is a single word"},
    {"LiteralString", "'x'", kText, "it is a lone name or a literal"},
    {"LiteralList", "[1, 2]", kText, "it is a lone name or a literal"},
    {"True", "true", kText, "it is a single word"},
    {"Empty", "", kText, "it is empty"},
    {"Blank", "  \n", kText, "it is empty"},
    {"UnknownName", "foo.bar == 1", kText, "'foo' is no known name"},
    {"Misspelt", "gett('x')", kText, "it is no expression: unknown function 'gett'"},
    {"Unclosed", "get('x'", kText, "it is no expression: expected ')'"},
    {"Question", "Really? yes: no", kText, "'Really' is no known name"},
};
INSTANTIATE_TEST_SUITE_P(Prose, ClassifyTest, testing::ValuesIn(kProse), classify_case_name);

constexpr ClassifyCase kCommon[] = {
    {"Url", "https://example.com/a?b=c", kText, "it is a URL"},
    {"Dsn", "postgres://u:p@h/db", kText, "it is a URL"},
    {"Local", "localhost:3000", kText, "it is an address"},
    {"Address", "127.0.0.1:8080/x", kText, "it is an address"},
    {"Mime", "application/json", kText, "it is two words with a slash"},
    {"MimeWithCharset", "text/html; charset=utf-8", kText, "it is two words with a slash"},
    {"MimeVendor", "application/vnd.api+json", kText, "it is two words with a slash"},
    {"AnyMime", "a/*", kText, "it is two words with a slash"},
    {"UserAgent", "Mozilla/5.0 (X11; Linux x86_64)", kText, "it is no expression: unexpected '('"},
    {"Token", "sk_live_abc-DEF-123456", kText, "it is a single word"},
    {"Jwt", "eyJhbGciOi.eyJzdWIiOi.SflKxwRJSM", kText, "'eyJhbGciOi' is no known name"},
};
INSTANTIATE_TEST_SUITE_P(Common, ClassifyTest, testing::ValuesIn(kCommon), classify_case_name);

constexpr ClassifyCase kCode[] = {
    {"Get", "get('analyticsQuery')", kExpr, "it calls a known function"},
    {"Info", "info('now')", kExpr, "it calls a known function"},
    {"GetError", "get('error')", kExpr, "it calls a known function"},
    {"Output", "output('x')", kExpr, "it calls a known function"},
    {"Session", "session()", kExpr, "it calls a known function"},
    {"Json", "json(x)", kExpr, "it calls a known function"},
    {"JsonOfUnknownName", "json(foo)", kExpr, "it calls a known function"},
    {"Stdout", "python.stdout('x')", kExpr, "it calls a known function"},
    {"Safe", "safe(item,'a.b')", kExpr, "it calls a known function"},
    {"Piped", "x | json()", kExpr, "it calls a known function"},
    {"WithSpaces", " get('x') \n", kExpr, "it calls a known function"},
    {"Comparison", "input.age >= 18", kExpr,
     "it has an operator or access, and all names are known"},
    {"Member", "request.path", kExpr, "it has an operator or access, and all names are known"},
    {"Index", "outputs['a-b']", kExpr, "it has an operator or access, and all names are known"},
    {"LoopCall", "loop.index() < 3", kExpr,
     "it has an operator or access, and all names are known"},
    {"Half", "x/2", kExpr, "it has an operator or access, and all names are known"},
    {"Quotient", "a / b", kExpr, "it has an operator or access, and all names are known"},
    {"Sum", "a + b", kExpr, "it has an operator or access, and all names are known"},
    {"Ternary", "x ? 'y' : 'n'", kExpr, "it has an operator or access, and all names are known"},
    {"ListOfCalls", "[get('a'), 1]", kExpr, "it calls a known function"},
};
INSTANTIATE_TEST_SUITE_P(Code, ClassifyTest, testing::ValuesIn(kCode), classify_case_name);

TEST(Classify, TagsAndSlotsDecideAtOnce) {
    EXPECT_EQ(expr::classify("get('x')", ForcedKind::Literal, {}, functions()).kind,
              TextKind::Literal);
    EXPECT_EQ(expr::classify("get('x')", ForcedKind::Literal, {}, functions()).reason,
              "it is tagged !text");
    EXPECT_EQ(expr::classify("a word", ForcedKind::Expression, {}, functions()).kind,
              TextKind::Expression);
    EXPECT_EQ(expr::classify("a {{ x }}", ForcedKind::None, {}, functions()).kind,
              TextKind::Template);
    EXPECT_EQ(expr::classify("{{ x }}", ForcedKind::Literal, {}, functions()).kind,
              TextKind::Literal);
    EXPECT_EQ(expr::classify("ends with }}", ForcedKind::None, {}, functions()).kind,
              TextKind::Literal);
}

TEST(Classify, TextThatBeginsLikeACallHasAHint) {
    const auto hint = [](std::string_view text) {
        return expr::classify(text, ForcedKind::None, kKnown, functions()).hint;
    };
    EXPECT_EQ(hint("gett('x')"), "did you mean 'get'?");
    EXPECT_EQ(hint("get('x'"), "mend the call");
    EXPECT_EQ(hint("gett('x') == 1"), "did you mean 'get'?");
    EXPECT_EQ(hint("set('x')"), "it is called set(key, value, store)");
    for (const char* const prose : {"Budget(2024)", "Widget (s)", "gets it (maybe)", "item(s)"}) {
        EXPECT_EQ(hint(prose), "") << prose;
    }
}

TEST(Classify, AnUnknownCallRoundCodeHasAHint) {
    const auto hint = [](std::string_view text) {
        return expr::classify(text, ForcedKind::None, kKnown, functions()).hint;
    };
    EXPECT_EQ(hint("lenght([1, 2])"), "use len(x)");
    EXPECT_EQ(hint("lengt(get('x'))"), "use len(x)");
    EXPECT_EQ(hint("uppercase('x')"), "use upper(x)");
    EXPECT_EQ(hint("jsonify(input.x)"), "did you mean 'json'?");
    EXPECT_EQ(hint("foo(get('x'))"), "call a function that exists");
    EXPECT_EQ(hint("foo(input.x, 1)"), "call a function that exists");
    EXPECT_EQ(hint("input.x.upper()"), "use upper(text)");
    EXPECT_EQ(hint("input.x.split(',')"), "use split(text, separator, most)");
    for (const char* const prose :
         {"See foo(bar)", "foo(bar)", "mapping(s)", "foo(1, 2)", "foo()", "minimum (a)",
          "foo('x') it is", "foo(it's)", "foo(get('x')) and more", "www.x.com(a)",
          "readme.md.bak()", "request.path.upper", "input.x.upper() is one", "see (get('x'))",
          "a.b.c(2 pages)"}) {
        EXPECT_EQ(hint(prose), "") << prose;
    }
}

TEST(Classify, DottedNamesOfFunctionsBeginLikeACallToo) {
    const auto hint = [](std::string_view text) {
        return expr::classify(text, ForcedKind::None, kKnown, functions()).hint;
    };
    EXPECT_EQ(hint("request.params()"), "it is called request.params(name)");
    EXPECT_EQ(hint("request.data('x')"), "it is called request.data()");
    EXPECT_EQ(hint("request.headers('x')"), "did you mean 'request.header'?");
    EXPECT_EQ(hint("request.headers('x') == 'y'"), "did you mean 'request.header'?");
    EXPECT_EQ(hint("request.param('a')"), "did you mean 'request.params'?");
    EXPECT_EQ(hint("python.stdot('q')"), "did you mean 'python.stdout'?");
    EXPECT_EQ(hint("python.printed('q')"),
              "known: python.stdout(actionId), python.stderr(actionId), python.exitCode(actionId)");
    EXPECT_EQ(hint("session.get('x')"), "known: session()");
    EXPECT_EQ(hint("request.header('x"), "mend the call");
    EXPECT_EQ(hint("request.headers('x)"), "mend the call");
    for (const char* const prose :
         {"Hello (world)", "www.example.com (x)", "www.example.com(x)", "example.com(x)",
          "request.pdf (2 pages)", "request.pdf(2 pages) is here", "sessions.csv(1)", ".env(x)",
          "python.", "e.g.(x)"}) {
        EXPECT_EQ(hint(prose), "") << prose;
    }
}

}  // namespace
}  // namespace kdeps::test
