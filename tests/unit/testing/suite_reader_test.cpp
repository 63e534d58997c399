#include <string>

#include <gtest/gtest.h>

#include "kdeps/app/runtime.hpp"
#include "kdeps/testing/suite.hpp"

#include "support/temp_dir.hpp"

namespace kdeps::testing {
namespace {

constexpr const char* kWorkflow =
    "metadata: {name: w, targetActionId: list}\n"
    "settings:\n"
    "  apiServer: {routes: [{path: /orders}]}\n"
    "  sqlConnections:\n"
    "    shop: {connection: 'sqlite://./shop.db'}\n"
    "    stock: {connection: 'postgres://localhost/stock'}\n"
    "---\n"
    "actionId: orders\n"
    "sql: {connectionName: shop, query: SELECT 1}\n"
    "---\n"
    "actionId: list\n"
    "requires: [orders]\n"
    "apiResponse: {response: get('orders')}\n";

/// What was read, and the mistakes as `line:column: message (hint)`.
struct Read {
    explicit Read(const std::string& tests, const std::string& workflow = kWorkflow)
        : runtime(null_sink()) {
        (void)folder.write("workflow.yaml", workflow);
        if (!tests.empty()) (void)folder.write("tests/t.yaml", tests);
        loaded = app::load(folder.path().string(), {}, runtime);
        EXPECT_EQ(render(loaded.diagnostics, loaded.texts), "");
        Diagnostics found;
        suite = read_suite(*loaded.project, found, loaded.texts);
        for (const Diagnostic& each : found.all()) {
            EXPECT_EQ(each.severity, Severity::Error);
            const SourceSpan& where = *each.error.detail().where;
            mistakes += std::to_string(where.line) + ":" + std::to_string(where.column) + ": " +
                        each.error.what() + " (" + each.error.detail().hint + ")\n";
        }
    }

    test::TempDir folder;
    app::Runtime runtime;
    app::Loaded loaded;
    Suite suite;
    std::string mistakes;
};

TEST(SuiteReaderTest, ReadsTheWorkflowsOwnAndThenFiles) {
    std::string workflow = kWorkflow;
    workflow.insert(
        workflow.find("---"),
        "tests:\n"
        "  - name: first\n"
        "    request: {path: /orders}\n"
        "    assert: {status: 200, body: {jsonPath: [{path: $.success, equals: true}]}}\n");
    const Read read(
        "fixtures: {shop: {sql: SELECT 1}}\n"
        "connections: {stock: 'postgres://localhost/test'}\n"
        "tests:\n"
        "  - name: second\n"
        "    fixtures: {shop: {rows: {t: [{a: 1}]}}}\n"
        "    mocks: {orders: {error: it failed}}\n"
        "    faults: {stock: {slow: 1500ms}}\n"
        "    timeout: 2s\n"
        "    steps:\n"
        "      - request: {method: post, path: /orders, body: {a: 1}}\n"
        "        save: {id: $.id}\n"
        "      - request: {path: '/orders/{{ id }}'}\n",
        workflow);
    EXPECT_EQ(read.mistakes, "");
    ASSERT_EQ(read.suite.tests.size(), 2U);
    EXPECT_EQ(read.suite.tests[0].name, "first");
    EXPECT_EQ(read.suite.tests[0].steps[0].expected.parts.size(), 1U);
    const testing::Test& test = read.suite.tests[1];
    EXPECT_EQ(test.span.line, 4);
    ASSERT_EQ(test.fixtures.size(), 2U);
    EXPECT_EQ(test.fixtures[0].sql, "SELECT 1");
    EXPECT_EQ(test.fixtures[1].table, "t");
    EXPECT_STREQ(test.mocks.at(0).error->what(), "it failed");
    EXPECT_EQ(test.faults.at(0).delay, std::chrono::milliseconds(1500));
    EXPECT_EQ(test.timeout, std::chrono::milliseconds(2000));
    EXPECT_EQ(test.steps[0].request.method, "POST");
    EXPECT_EQ(test.steps[0].saves.at(0).name, "id");
    EXPECT_EQ(read.suite.databases.at(0).connection, "stock");
}

struct MistakeCase {
    const char *name, *tests, *mistakes;
};

class SuiteMistakeTest : public ::testing::TestWithParam<MistakeCase> {};

TEST_P(SuiteMistakeTest, IsToldWithPlaceAndHint) {
    EXPECT_EQ(Read(GetParam().tests).mistakes, GetParam().mistakes);
}

constexpr MistakeCase kMistakes[] = {
    {"NoList", "tests: {a: 1}\n",
     "1:8: 'tests' in the test file must be a list of maps, not a map ()\n"},
    {"NoTest", "- 5\n", "1:3: a test is a map (write - {name: ..., request: ...})\n"},
    {"NoFile", "text\n", "1:1: a test file is a list of tests, or a map with 'tests' ()\n"},
    {"NoRequest", "- {name: a}\n", "1:3: a test needs a 'request', or 'steps' with several ()\n"},
    {"Both", "- {name: a, request: {path: /a}, assert: {status: 1}, steps: []}\n",
     "1:3: a test has either 'request' or 'steps' ()\n"},
    {"MisspeltKey", "- {name: a, request: {path: /a}, asert: {}, assert: {status: 200}}\n",
     "1:34: unknown key 'asert' in test (did you mean 'assert'?)\n"},
    {"NothingExpected", "- {name: a, request: {path: /a}}\n",
     "1:10: the test expects nothing (add for instance assert: {status: 200})\n"},
    {"Method", "- {name: a, request: {path: /a, method: POTS}, assert: {status: 1}}\n",
     "1:41: unknown method 'POTS' (did you mean 'POST'?)\n"},
    {"Path", "- {name: a, request: {path: a}, assert: {status: 1}}\n",
     "1:29: a path begins with '/' (the host is not a part of it: tests open no port)\n"},
    {"SavedName",
     "- name: a\n  steps:\n    - {request: {path: /a}, save: {id: $.id}}\n"
     "    - {request: {path: '/{{ idd }}'}}\n",
     "4:28: no earlier step saves 'idd' (did you mean 'id'?)\n"},
    {"Matcher", "- {name: a, request: {path: /a}, assert: {status: {$rang: [1, 2]}}}\n",
     "1:52: unknown matcher '$rang' (did you mean '$range'?)\n"},
    {"Type", "- {name: a, request: {path: /a}, assert: {body: {equals: {$type: int}}}}\n",
     "1:66: 'int' is no type (one of string, integer, number, boolean, date, datetime, uuid, "
     "email, url, array, object, null)\n"},
    {"Resource",
     "- {name: a, request: {path: /a}, assert: {status: 1}, mocks: {order: {value: 1}}}\n",
     "1:63: unknown resource 'order' (did you mean 'orders'?)\n"},
    {"Answer", "- {name: a, request: {path: /a}, assert: {status: 1}, mocks: {list: {value: 1}}}\n",
     "1:63: resource 'list' has no action that a mock could replace (mock what it requires)\n"},
    {"ErrorCode",
     "- {name: a, request: {path: /a}, assert: {status: 1}, mocks: {orders: {error: {message: m, "
     "code: QUERY_FAILD}}}}\n",
     "1:98: unknown error code 'QUERY_FAILD' (did you mean 'QUERY_FAILED'?)\n"},
    {"Fault", "- {name: a, request: {path: /a}, assert: {status: 1}, faults: {shop: slow}}\n",
     "1:70: the fault of 'shop' is neither 'down' nor {slow: DURATION} (write `down`, or for "
     "instance {slow: 300ms})\n"},
    {"Connection", "- {name: a, request: {path: /a}, assert: {status: 1}, faults: {shp: down}}\n",
     "1:64: unknown connection 'shp' (did you mean 'shop'?)\n"},
    {"FixtureOnAServer",
     "- {name: a, request: {path: /a}, assert: {status: 1}, fixtures: {stock: {sql: SELECT 1}}}\n",
     "1:79: there is no database for tests of 'stock' to put this into (name one: `connections: "
     "{stock: \"${TEST_DSN}\"}` beside 'tests')\n"},
    {"Variable", "connections: {stock: \"${KDEPS_NOT_SET}\"}\ntests: []\n",
     "1:23: environment variable 'KDEPS_NOT_SET' is not set (set it, put 'KDEPS_NOT_SET=...' into "
     ".env beside the workflow, or give a default: ${KDEPS_NOT_SET:-default})\n"},
    {"OtherDialect", "connections: {stock: 'sqlite://./x.db'}\ntests: []\n",
     "1:15: 'stock' is a PostgreSQL database, its database for tests SQLite (statements are "
     "compiled for the workflow's own kind of database)\n"},
};
INSTANTIATE_TEST_SUITE_P(Cases, SuiteMistakeTest, ::testing::ValuesIn(kMistakes),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::testing
