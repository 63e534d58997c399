// What a script sees and how its result comes back.

#include "worker_fixture.hpp"

namespace kdeps::worker::test {
namespace {

class ScriptTest : public WorkerTest {};

struct ResultCase {
    const char *name, *source, *json;
};
std::ostream& operator<<(std::ostream& out, const ResultCase& c) {
    return out << c.name;
}

class ScriptResultTest : public WorkerTest, public testing::WithParamInterface<ResultCase> {};

TEST_P(ScriptResultTest, Gives) {
    EXPECT_EQ(to_json(value_of(GetParam().source)), GetParam().json);
}

constexpr ResultCase kResults[] = {
    {"TopLevelReturn", "x = 2\nreturn x + 1", "3"},
    {"ReturnInsideIf", "if True:\n    return 'yes'\nreturn 'no'", R"("yes")"},
    {"ReturnInTryFinally", "try:\n    return 1\nfinally:\n    print('x')", "1"},
    {"NestedReturnIsNotTopLevel", "def f():\n    return 5\nprint(f())", R"("5\n")"},
    {"ClosureSeesTopLevelNames", "n = 2\ndef f():\n    return n + 1\nn = 10\nreturn f()", "11"},
    {"GlobalStatementInFunction", "n = 1\ndef f():\n    global n\n    n += 1\nf()\nreturn n", "2"},
    {"GlobalStatementAtTop", "global n\nn = 3\nreturn n", "3"},
    {"ComprehensionSeesNames", "k = 3\nd = [1, 2]\nreturn [k * v for v in d]", "[3,6]"},
    {"ClassBodySeesNames", "k = 3\nclass A:\n    x = [k for _ in range(2)]\nreturn A.x", "[3,3]"},
    {"RecursiveFunction", "def f(n):\n    return 1 if n == 0 else n * f(n - 1)\nreturn f(5)",
     "120"},
    {"Dataclass",
     "from dataclasses import dataclass, asdict\n@dataclass\nclass P:\n    x: int\nreturn "
     "asdict(P(4))",
     R"({"x":4})"},
    {"AnnotatedNames", "x: int = 5\ny: str\nreturn x", "5"},
    {"ImportAll", "from math import *\nreturn floor(pi)", "3"},
    {"FutureImport", "from __future__ import annotations\nx: Foo = 1\nreturn x", "1"},
    {"Walrus", "if (n := 7) > 3:\n    return n", "7"},
    {"WithoutReturnIsModule", "x = [1]\nprint([x for _ in range(2)])", "[[1],[1]]"},
    {"JsonObjectPrinted", "import json\nprint(json.dumps({'a': 1}))", R"({"a":1})"},
    {"JsonListPrinted", "print('[1, 2.50]')", "[1,2.50]"},
    {"JsonScalarStaysText", "print(42)", R"("42\n")"},
    {"TextPrinted", "print('total:', 3)", R"("total: 3\n")"},
    {"BrokenJsonStaysText", "print('{nope')", R"("{nope\n")"},
    {"NothingPrinted", "pass", "null"},
    {"EmptyScript", "", "null"},
    {"ReturnNone", "return", "null"},
    {"ReturnNoneAfterPrint", "print('hi')\nreturn None", R"("hi\n")"},
    {"ReturnWins", "print('{\"a\": 1}')\nreturn 2", "2"},
    {"ExitZero", "print('bye')\nimport sys\nsys.exit()", R"("bye\n")"},
    {"Subprocess", "import subprocess\nsubprocess.run(['echo', 'sub'])", R"("sub\n")"},
    {"Arguments", "import sys\nreturn sys.argv", R"(["report"])"},
    {"Stdin", "import sys\nreturn sys.stdin.read()", R"("")"},
    {"NameIsMain", "return __name__", R"("__main__")"},
    {"Unicode", "gr\u00fc\u00dfe = '\u4f60\u597d \U0001f600'\nreturn gr\u00fc\u00dfe",
     "\"\u4f60\u597d \U0001f600\""},
    {"SetStaysPythons",
     "s = set([1])\ns |= set()\nreturn [isinstance(s, set), len(s), set == type(s)]",
     "[true,1,true]"},
    {"Asyncio", "import asyncio\nasync def f():\n    return 4\nreturn asyncio.run(f())", "4"},
    {"Multiprocessing",
     "from multiprocessing import Pool\ndef f(x):\n    return x * x\n"
     "with Pool(2) as pool:\n    return pool.map(f, [1, 2, 3])",
     "[1,4,9]"},
    {"Pickle", "import pickle\nclass P:\n    x = 1\nreturn pickle.loads(pickle.dumps(P())).x + 1",
     "2"},
};
INSTANTIATE_TEST_SUITE_P(Cases, ScriptResultTest, testing::ValuesIn(kResults),
                         [](const auto& c) { return c.param.name; });

TEST_F(ScriptTest, ResultTellsWhatWasPrintedToo) {
    const CallResult result =
        run("import sys\nprint('out')\nprint('err', file=sys.stderr)\nreturn 1");
    EXPECT_TRUE(result.returned);
    EXPECT_EQ(result.process.standard_output, "out\n");
    EXPECT_EQ(result.process.standard_error, "err\n");
    EXPECT_EQ(result.process.exit_code, 0);
    EXPECT_FALSE(run("print(1)").returned);
}

TEST_F(ScriptTest, PrefetchedGetsAreNotAskedAndAlwaysFresh) {
    Call call;
    call.prefetched = {{"rows", Value::List{1, 2}}};
    EXPECT_EQ(to_json(value_of("a = get('rows')\na.append(3)\nreturn [a, get('rows')]", call)),
              "[[1,2,3],[1,2]]");
    EXPECT_TRUE(host_.asked.empty());
}

TEST_F(ScriptTest, SetReplacesAPrefetchedValue) {
    Call call;
    call.prefetched = {{"n", 1}};
    EXPECT_EQ(to_json(value_of("set('n', 2)\nreturn get('n')", call)), "2");
    EXPECT_EQ(host_.asked, (std::vector<std::string>{"set n 2", "get n"}));
}

TEST_F(ScriptTest, OtherFunctionsAreAskedBack) {
    host_.answers = {{"get a query", 1},         {"info method", "GET"}, {"output other", 2},
                     {"env HOME", "/root"},      {"session", Object{}},  {"input n", 3},
                     {"get missing fallback", 4}};
    EXPECT_EQ(to_json(value_of("return [get('a', 'query'), info('method'), output('other'), "
                               "env('HOME'), session(), input('n'), get('missing', 'fallback')]")),
              R"([1,"GET",2,"/root",{},3,4])");
    EXPECT_EQ(host_.asked.size(), 7u);
}

TEST_F(ScriptTest, ThreadsOfAScriptMayAsk) {
    host_.answers = {{"get a", 1}};
    EXPECT_EQ(to_json(value_of("from concurrent.futures import ThreadPoolExecutor\n"
                               "with ThreadPoolExecutor(4) as p:\n"
                               "    return sum(p.map(lambda _: get('a'), range(50)))")),
              "50");
}

TEST_F(ScriptTest, RefusedQuestionIsAnExceptionTheScriptMayCatch) {
    EXPECT_EQ(to_json(value_of("try:\n    get('x')\nexcept RuntimeError as e:\n    return str(e)")),
              R"("nothing is known of 'get x'")");
    EXPECT_STREQ(error_of("get('x')").what(), "KdepsError: nothing is known of 'get x'");
}

TEST_F(ScriptTest, RequestAndInput) {
    Call call;
    call.request = Object{{"method", "POST"},
                          {"path", "/a"},
                          {"query", Object{{"q", "1"}}},
                          {"headers", Object{{"Host", "x"}}},
                          {"body", Object{{"n", 5}}}};
    call.input = Object{{"n", 5}};
    EXPECT_EQ(to_json(value_of("return [request.method, request.path, request.query['q'], "
                               "request['headers'], request.body, input['n'], input]",
                               call)),
              R"(["POST","/a","1",{"Host":"x"},{"n":5},5,{"n":5}])");
    EXPECT_STREQ(error_of("request.nope", call).what(),
                 "AttributeError: request has no attribute 'nope'; it has method, path, headers, "
                 "query, body");
}

TEST_F(ScriptTest, OwnDefinitionsWin) {
    EXPECT_EQ(to_json(value_of("def get(name):\n    return name * 2\nreturn get('ab')")),
              R"("abab")");
}

TEST_F(ScriptTest, SlotsAreValuesNeverSource) {
    const Script script = script_of(
        "name = 'Hi __kdeps_slot_0__!'\n"
        "n = __kdeps_slot_1__ + 1\n"
        "t = f'{n} __kdeps_slot_0__ {name!r:>5}'\n"
        "doc = r'''\\d\n__kdeps_slot_0__'''\n"
        "def f():\n"
        "    return __kdeps_slot_1__\n"
        "return [name, n, t, doc, f(), {'__kdeps_slot_0__': [__kdeps_slot_0__]}]",
        {"__kdeps_slot_0__", "__kdeps_slot_1__"});
    Call call;
    call.slots = {"'+__import__('os')+' {x}", 4};
    EXPECT_EQ(to_json(run(script, call).value),
              R"(["Hi '+__import__('os')+' {x}!",5,)"
              R"("5 '+__import__('os')+' {x} \"Hi '+__import__('os')+' {x}!\"",)"
              R"("\\d\n'+__import__('os')+' {x}",4,)"
              R"({"'+__import__('os')+' {x}":["'+__import__('os')+' {x}"]}])");
}

TEST_F(ScriptTest, SlotsInStringsHaveTheTextOfTheRestOfTheWorkflow) {
    const Script script = script_of("return '__kdeps_slot_0__|'", {"__kdeps_slot_0__"});
    const std::pair<Value, const char*> cases[] = {
        {nullptr, R"("|")"},
        {true, R"("true|")"},
        {1.0, R"("1.0|")"},
        {*Decimal::parse("19.90"), R"("19.90|")"},
        {Value::List{1, "a"}, R"("[1,\"a\"]|")"},
        {Temporal{Kind::Timestamp, "2024-01-02T03:04:05"}, R"("2024-01-02T03:04:05|")"},
        {Bytes{"ab"}, R"("YWI=|")"},
    };
    for (const auto& [value, json] : cases) {
        Call call;
        call.slots = {value};
        EXPECT_EQ(to_json(run(script, call).value), json);
    }
}

TEST_F(ScriptTest, JsonKnowsDecimalsDatesAndBytes) {
    Call call;
    call.prefetched = {{"d", *Decimal::parse("19.90")},
                       {"t", Temporal{Kind::TimestampTz, "2024-01-02T03:04:05Z"}}};
    EXPECT_EQ(to_json(value_of("import json, io\n"
                               "f = io.StringIO()\n"
                               "json.dump({'d': get('d')}, f)\n"
                               "return [json.dumps([get('d'), get('t'), b'ab']), f.getvalue(), "
                               "json.dumps(get('d'), indent=1)]",
                               call)),
              R"(["[19.90, \"2024-01-02T03:04:05Z\", \"YWI=\"]","{\"d\": 19.90}","19.90"])");
}

TEST_F(ScriptTest, CheckFindsSyntaxErrorsWithTheUsersLines) {
    const auto issue = pool_.check(script_of("x = 1\n  y = 2\n"));
    ASSERT_TRUE(issue);
    EXPECT_EQ(issue->message, "IndentationError: unexpected indent");
    EXPECT_EQ(issue->where.file, "resources/report.yaml");
    EXPECT_EQ(issue->where.line, 11);
    EXPECT_EQ(pool_.check(script_of("return 1")), std::nullopt);
}

struct SyntaxCase {
    const char *name, *source, *message;
    int line, column;
};
std::ostream& operator<<(std::ostream& out, const SyntaxCase& c) {
    return out << c.name;
}

class SyntaxErrorTest : public WorkerTest, public testing::WithParamInterface<SyntaxCase> {};

TEST_P(SyntaxErrorTest, IsFoundBeforeRunning) {
    const Script script = script_of(GetParam().source, {"__kdeps_slot_0__"});
    const auto issue = pool_.check(script);
    ASSERT_TRUE(issue);
    EXPECT_EQ(issue->message, GetParam().message);
    EXPECT_EQ(issue->where.line, GetParam().line);
    EXPECT_EQ(issue->where.column, GetParam().column);
}

constexpr SyntaxCase kSyntaxErrors[] = {
    {"Unclosed", "x = (1,\n", "SyntaxError: '(' was never closed", 10, 11},
    {"YieldBesideReturn", "yield 1\nreturn 2", "SyntaxError: 'yield' outside function", 10, 7},
    {"ReturnInClass", "class A:\n    return 1", "SyntaxError: 'return' outside function", 11, 11},
    {"Await", "await x", "SyntaxError: 'await' outside function", 10, 7},
    {"SlotInBytes", "x = b'__kdeps_slot_0__'",
     "SyntaxError: a {{ }} cannot stand inside a bytes literal", 10, 11},
    {"SlotAssigned", "__kdeps_slot_0__ = 1",
     "SyntaxError: a {{ }} is a value and cannot be assigned to", 10, 7},
    {"SlotAsAttribute", "x = 1\nx.__kdeps_slot_0__",
     "SyntaxError: a {{ }} is a value and cannot be part of a name", 11, 7},
    {"SlotInName", "a__kdeps_slot_0__ + 1",
     "SyntaxError: a {{ }} is a value and cannot be part of a name", 10, 7},
    {"SlotAsFunctionName", "def __kdeps_slot_0__(): pass",
     "SyntaxError: a {{ }} is a value and cannot be part of a name", 10, 7},
    {"SlotAsPattern", "match 1:\n    case '__kdeps_slot_0__': pass",
     "SyntaxError: a {{ }} cannot be a pattern", 11, 16},
    {"SlotAsCapture", "match 1:\n    case __kdeps_slot_0__: pass",
     "SyntaxError: a {{ }} is a value and cannot be part of a name", 11, 16},
    {"Nul", "x = 'a\\0'\n\xef\xbb\xbf x", "SyntaxError: invalid non-printable character U+FEFF", 11,
     7},
};
INSTANTIATE_TEST_SUITE_P(Cases, SyntaxErrorTest, testing::ValuesIn(kSyntaxErrors),
                         [](const auto& c) { return c.param.name; });

TEST_F(ScriptTest, LiteralGetsAreFound) {
    EXPECT_EQ(pool_.literal_gets(script_of("a = get('one')\ndef f():\n    return get('two')\n"
                                           "get(a)\nget('h', 'query')\nget('one')\nx.get('no')")),
              (std::vector<std::string>{"one", "two"}));
    EXPECT_TRUE(pool_.literal_gets(script_of("def get(x): pass\nget('one')")).empty());
    EXPECT_TRUE(pool_.literal_gets(script_of("from m import get\nget('one')")).empty());
    EXPECT_TRUE(pool_.literal_gets(script_of("syntax error")).empty());
}

}  // namespace
}  // namespace kdeps::worker::test
