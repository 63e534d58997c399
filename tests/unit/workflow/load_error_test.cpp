// What users read when the workflow file or the project as a whole is wrong, in full.

#include <string>

#include <gtest/gtest.h>

#include "loading.hpp"

namespace kdeps::workflow::test {
namespace {

class WorkflowErrorTest : public testing::TestWithParam<ErrorCase> {};

TEST_P(WorkflowErrorTest, PointsAtTheMistake) {
    EXPECT_EQ(report_of_workflow(GetParam().text), GetParam().report);
}

constexpr ErrorCase kWorkflows[] = {
    {"NoMetadata",
     "kind: Workflow\n"
     "settings: {}\n",
     "workflow.yaml:1:1: missing 'metadata' in the workflow [MISSING_FIELD]\n"
     "  1 | kind: Workflow\n"
     "    | ^^^^\n"
     "  hint: metadata: what the workflow is called and what it answers"},
    {"MissingTarget",
     "kind: Workflow\n"
     "metadata: {name: w}\n",
     "workflow.yaml:2:11: missing 'targetActionId' in metadata [MISSING_FIELD]\n"
     "  2 | metadata: {name: w}\n"
     "    |           ^\n"
     "  hint: targetActionId: the actionId of the resource whose output is the answer"},
    {"NoWorkflow",
     "actionId: b\n"
     "expr: [x]\n",
     "workflow.yaml:1:1: there is no workflow in this file [MISSING_FIELD]\n"
     "  1 | actionId: b\n"
     "    | ^^^^^^^^\n"
     "  hint: a workflow has 'metadata' with 'name' and 'targetActionId'"},
    {"Empty", "",
     "workflow.yaml:1:1: there is no workflow in this file [MISSING_FIELD]\n"
     "  hint: a workflow has 'metadata' with 'name' and 'targetActionId'"},
    {"OtherKind",
     "kind: workflow\n"
     "metadata: {name: w, targetActionId: a}\n",
     "workflow.yaml:1:7: kind must be 'Workflow' here, not 'workflow' [INVALID_VALUE]\n"
     "  1 | kind: workflow\n"
     "    |       ^^^^^^^^"},
    {"ApiModeWithoutServer",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServerMode: true\n",
     "workflow.yaml:3:18: missing 'apiServer' in settings [MISSING_FIELD]\n"
     "  3 |   apiServerMode: true\n"
     "    |                  ^^^^\n"
     "  hint: apiServerMode needs a server with routes"},
    {"NoRoutes",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServer:\n"
     "    routes: []\n",
     "workflow.yaml:4:13: the server has no routes [MISSING_FIELD]\n"
     "  4 |     routes: []\n"
     "    |             ^\n"
     "  hint: add a route, for example: - path: /api/v1/data"},
    {"MissingRoutes",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServerMode: true\n"
     "  apiServer:\n"
     "    portNum: 3000\n",
     "workflow.yaml:4:3: missing 'routes' in settings.apiServer [MISSING_FIELD]\n"
     "  4 |   apiServer:\n"
     "    |   ^^^^^^^^^\n"
     "  hint: routes: what is served, at least one route"},
    {"Path",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServer:\n"
     "    routes:\n"
     "      - path: api/v1\n",
     "workflow.yaml:5:15: route path 'api/v1' does not begin with '/' [INVALID_VALUE]\n"
     "  5 |       - path: api/v1\n"
     "    |               ^^^^^^\n"
     "  hint: write: /api/v1"},
    {"Method",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServer:\n"
     "    routes:\n"
     "      - {path: /a, methods: [GET, FETCH]}\n",
     "workflow.yaml:5:35: HTTP method 'FETCH' cannot be served [INVALID_VALUE]\n"
     "  5 |       - {path: /a, methods: [GET, FETCH]}\n"
     "    |                                   ^^^^^\n"
     "  hint: use one of GET, POST, PUT, DELETE, PATCH"},
    {"SameRouteTwice",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServer:\n"
     "    routes:\n"
     "      - {path: /a, methods: [get]}\n"
     "      - {path: /a}\n",
     "workflow.yaml:6:16: route 'GET /a' is written twice [INVALID_VALUE]\n"
     "  6 |       - {path: /a}\n"
     "    |                ^^\n"
     "  hint: remove one of them; the first is at workflow.yaml:5:16"},
    {"Port",
     "metadata: {name: w, targetActionId: a}\n"
     "settings: {portNum: 70000}\n",
     "workflow.yaml:2:21: 'portNum' in settings must be between 1 and 65535, not '70000' "
     "[INVALID_VALUE]\n"
     "  2 | settings: {portNum: 70000}\n"
     "    |                     ^^^^^"},
    {"RouteTimeout",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServer:\n"
     "    routes:\n"
     "      - {path: /a, timeout: 0s}\n",
     "workflow.yaml:5:29: 'timeout' in settings.apiServer.routes must be longer than 0s, not "
     "'0s' [INVALID_VALUE]\n"
     "  5 |       - {path: /a, timeout: 0s}\n"
     "    |                             ^^"},
    {"RateLimit",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServer:\n"
     "    routes: [{path: /a}]\n"
     "    rateLimit: {requestsPerMinute: 5}\n"
     "    trustedProxies: [10.0.0.1]\n",
     "warning: workflow.yaml:5:5: 'rateLimit' in settings.apiServer has no effect "
     "[NOT_SUPPORTED]\n"
     "  5 |     rateLimit: {requestsPerMinute: 5}\n"
     "    |     ^^^^^^^^^\n"
     "  hint: requests are not limited by rate: let a proxy in front do it\n"
     "\n"
     "warning: workflow.yaml:6:5: 'trustedProxies' in settings.apiServer has no effect "
     "[NOT_SUPPORTED]\n"
     "  6 |     trustedProxies: [10.0.0.1]\n"
     "    |     ^^^^^^^^^^^^^^\n"
     "  hint: X-Forwarded-For is never trusted: the client address is the socket's"},
    {"OutOfScope",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  webServerMode: true\n"
     "  session: {enabled: true}\n"
     "  llm: {}\n",
     "workflow.yaml:3:3: 'webServerMode' in settings is not supported [NOT_SUPPORTED]\n"
     "  3 |   webServerMode: true\n"
     "    |   ^^^^^^^^^^^^^\n"
     "  hint: serve files and proxied programs with a web server of their own\n"
     "\n"
     "workflow.yaml:4:3: 'session' in settings is not supported [NOT_SUPPORTED]\n"
     "  4 |   session: {enabled: true}\n"
     "    |   ^^^^^^^\n"
     "  hint: keep what belongs to a user in a database, under an id that requests bring"},
    {"PythonPackages",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  agentSettings:\n"
     "    pythonPackages: [pandas]\n"
     "    baseOS: debian\n",
     "warning: workflow.yaml:4:5: 'pythonPackages' in settings.agentSettings has no effect "
     "[NOT_SUPPORTED]\n"
     "  4 |     pythonPackages: [pandas]\n"
     "    |     ^^^^^^^^^^^^^^\n"
     "  hint: packages are not installed: install them for the interpreter, or name another one "
     "with pythonVersion"},
    {"ConnectionWithoutDsn",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  sqlConnections:\n"
     "    main:\n"
     "      pool: {maxConnections: 1}\n",
     "workflow.yaml:4:5: missing 'connection' in a connection [MISSING_FIELD]\n"
     "  4 |     main:\n"
     "    |     ^^^^\n"
     "  hint: connection: the DSN"},
    {"ConnectionsAsList",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  sqlConnections: [a]\n",
     "workflow.yaml:3:19: 'sqlConnections' in settings must be a map, not a list [INVALID_VALUE]\n"
     "  3 |   sqlConnections: [a]\n"
     "    |                   ^\n"
     "  hint: write '<name>:' and under it 'connection: ...'"},
    {"ConnectionAsText",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  sqlConnections: {main: postgres://h/d}\n",
     "workflow.yaml:3:26: a connection must be a map, not a text [INVALID_VALUE]\n"
     "  3 |   sqlConnections: {main: postgres://h/d}\n"
     "    |                          ^^^^^^^^^^^^^^"},
    {"UnsetVariable",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServer:\n"
     "    routes: [{path: /a}]\n"
     "    auth: {token: \"Bearer ${KDEPS_NO_SUCH_VARIABLE}\"}\n",
     "workflow.yaml:5:27: environment variable 'KDEPS_NO_SUCH_VARIABLE' is not set "
     "[INVALID_VALUE]\n"
     "  5 |     auth: {token: \"*******${KDEPS_NO_SUCH_VARIABLE}\"}\n"
     "    |                           ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
     "  hint: set it, put 'KDEPS_NO_SUCH_VARIABLE=...' into .env beside the workflow, or give a "
     "default: ${KDEPS_NO_SUCH_VARIABLE:-default}"},
    {"EmptyToken",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServer:\n"
     "    routes: [{path: /a}]\n"
     "    auth: {token: \"${KDEPS_NO_SUCH_VARIABLE:-}\"}\n",
     "workflow.yaml:5:19: the token is empty [INVALID_VALUE]\n"
     "  5 |     auth: {token: \"${KDEPS_NO_SUCH_VARIABLE:-}\"}\n"
     "    |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
     "  hint: give the variable a value, or remove the 'auth' block"},
    {"CredentialsForEverybody",
     "metadata: {name: w, targetActionId: a}\n"
     "settings:\n"
     "  apiServer:\n"
     "    routes: [{path: /a}]\n"
     "    cors: {allowCredentials: true}\n",
     "workflow.yaml:5:30: allowCredentials cannot go with origin '*' [INVALID_VALUE]\n"
     "  5 |     cors: {allowCredentials: true}\n"
     "    |                              ^^^^\n"
     "  hint: name the origins in allowOrigins"},
    {"UnknownKeys",
     "metadata: {name: w, targetActionId: a}\n"
     "seting: {}\n"
     "settings: {apiServermode: true}\n",
     "warning: workflow.yaml:2:1: unknown key 'seting' in the workflow [UNKNOWN_KEY]\n"
     "  2 | seting: {}\n"
     "    | ^^^^^^\n"
     "  hint: did you mean 'settings'?\n"
     "\n"
     "warning: workflow.yaml:3:12: unknown key 'apiServermode' in settings [UNKNOWN_KEY]\n"
     "  3 | settings: {apiServermode: true}\n"
     "    |            ^^^^^^^^^^^^^\n"
     "  hint: did you mean 'apiServerMode'?"},
    {"InlineResources",
     "metadata: {name: w, targetActionId: a}\n"
     "resources: {b: 1}\n",
     "workflow.yaml:2:12: 'resources' in the workflow must be a list [INVALID_VALUE]\n"
     "  2 | resources: {b: 1}\n"
     "    |            ^\n"
     "  hint: begin each resource with '- '"},
    {"SecondWorkflow",
     "metadata: {name: w, targetActionId: a}\n"
     "---\n"
     "kind: Workflow\n"
     "metadata: {name: w, targetActionId: a}\n",
     "workflow.yaml:3:7: a second workflow [INVALID_VALUE]\n"
     "  3 | kind: Workflow\n"
     "    |       ^^^^^^^^\n"
     "  hint: the workflow is in workflow.yaml"},
};
INSTANTIATE_TEST_SUITE_P(Cases, WorkflowErrorTest, testing::ValuesIn(kWorkflows), name_of);

TEST(LoadErrorTest, EveryMistakeOfEveryFileIsReportedAtOnce) {
    const Project project(
        {{"workflow.yaml", "metadata: {name: w}\nsettings: {portNum: x, timeout: 5}\n"},
         {"resources/1.yaml", "actionId: a\nsql: {format: xml}\n"},
         {"resources/2.yaml", "actionId: [b\n"},
         {"resources/3.yaml", "actionId: a\nchat: {model: m}\n"}});
    std::string codes;
    for (const Diagnostic& found : project.diagnostics.all()) {
        codes +=
            std::string(error_name(found.error.code())) + " " +
            found.error.detail().where->file.substr(project.folder.path().string().size() + 1) +
            "\n";
    }
    EXPECT_EQ(codes,
              "INVALID_VALUE workflow.yaml\n"
              "INVALID_VALUE workflow.yaml\n"
              "MISSING_FIELD workflow.yaml\n"
              "INVALID_VALUE resources/1.yaml\n"
              "YAML_SYNTAX resources/2.yaml\n"
              "NOT_SUPPORTED resources/3.yaml\n"
              "DUPLICATE_RESOURCE resources/3.yaml\n");
}

TEST(LoadErrorTest, UnknownNamesAreNotReportedWhileAFileCannotBeRead) {
    const Project project({{"workflow.yaml", "metadata: {name: w, targetActionId: a}\n"},
                           {"resources/1.yaml", "actionId: b\nrequires: c\nexpr: [x]\n"},
                           {"resources/2.yaml", "actionId: [a\n"}});
    EXPECT_EQ(project.diagnostics.error_count(), 1u) << project.report;
}

TEST(LoadErrorTest, StrictMakesUnknownKeysErrors) {
    const Files files = {{"workflow.yaml", "metadata: {name: w, targetActionId: a, nam: x}\n"},
                         {"resources/a.yaml", "actionId: a\nexpr: [x]\n"}};
    EXPECT_EQ(Project(files).diagnostics.error_count(), 0u);
    EXPECT_EQ(Project(files).diagnostics.warning_count(), 1u);
    EXPECT_EQ(Project(files, true).diagnostics.error_count(), 1u);
}

TEST(LoadErrorTest, TemplateFilesAreRefused) {
    const Project project({{"workflow.yaml", "metadata: {name: w, targetActionId: a}\n"},
                           {"resources/a.yaml.j2", "actionId: a\n"}});
    EXPECT_EQ(project.report,
              "resources/a.yaml.j2:1:1: Jinja templates are not supported [NOT_SUPPORTED]\n"
              "  hint: write plain YAML; '{{ }}' in values is evaluated");
}

TEST(LoadErrorTest, PasswordsAreNotShownInSourceLines) {
    EXPECT_EQ(report_of_workflow("metadata: {name: w, targetActionId: a}\n"
                                 "settings: {sqlConnections: {m: {connection: "
                                 "'postgres://u:s3cr3t@h/d', pol: 1}}}\n"),
              "warning: workflow.yaml:2:72: unknown key 'pol' in a connection [UNKNOWN_KEY]\n"
              "  2 | settings: {sqlConnections: {m: {connection: 'postgres://************', "
              "pol: 1}}}\n"
              "    |                                                                        "
              "^^^\n"
              "  hint: did you mean 'pool'?");
}

std::string message_of_load(const std::string& path) {
    Diagnostics diagnostics;
    SourceTexts texts;
    try {
        (void)load(path, small_grammar(), {}, diagnostics, texts);
    } catch (const Error& error) {
        return render(error);
    }
    return "";
}

TEST(LoadErrorTest, MissingFilesSayWhatIsThere) {
    const kdeps::test::TempDir folder;
    const std::string path = folder.path().string();
    EXPECT_EQ(message_of_load(path), "no workflow.yaml in '" + path +
                                         "' [FILE_NOT_FOUND]\n"
                                         "  hint: the folder is empty: create workflow.yaml there");
    folder.write("flow.yaml", "");
    folder.write("resources/a.yaml", "");
    EXPECT_EQ(message_of_load(path), "no workflow.yaml in '" + path +
                                         "' [FILE_NOT_FOUND]\n"
                                         "  hint: the folder holds flow.yaml, resources/");
    EXPECT_EQ(message_of_load(path + "/flw.yaml"),
              "there is no '" + path +
                  "/flw.yaml' [FILE_NOT_FOUND]\n"
                  "  hint: the folder holds flow.yaml, resources/");
    EXPECT_EQ(message_of_load(path + "/no/flow.yaml"),
              "there is no '" + path +
                  "/no/flow.yaml' [FILE_NOT_FOUND]\n"
                  "  hint: name a workflow file, or a folder with workflow.yaml");
}

}  // namespace
}  // namespace kdeps::workflow::test
