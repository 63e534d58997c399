#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "loading.hpp"

namespace kdeps::workflow::test {
namespace {

constexpr const char* kMinimal = "metadata: {name: w, targetActionId: a}\n";
constexpr const char* kResource = "actionId: a\napiResponse: {response: ok}\n";

Settings settings_of(const std::string& settings) {
    const Project project(
        {{"workflow.yaml", kMinimal + settings}, {"resources/a.yaml", kResource}});
    EXPECT_EQ(project.report, "");
    return project.workflow.settings;
}

TEST(LoadTest, DefaultsOfASingleRun) {
    const Settings settings = settings_of("");
    EXPECT_FALSE(settings.api_server_mode);
    EXPECT_EQ(settings.api_server.host, "127.0.0.1");
    EXPECT_EQ(settings.api_server.port, 16395);
    EXPECT_EQ(settings.api_server.max_body_bytes, 10u << 20);
    EXPECT_EQ(settings.api_server.max_concurrent, 256u);
    EXPECT_EQ(settings.timeout, std::nullopt);
    EXPECT_EQ(settings.max_result_bytes, std::nullopt);
    EXPECT_TRUE(settings.connections.empty());
}

TEST(LoadTest, EveryServerSetting) {
    const Settings settings = settings_of(R"(settings:
  timeout: 20s
  maxResultBytes: 1MiB
  apiServer:
    hostIp: 0.0.0.0
    portNum: "8080"
    allowedHosts: [api.example]
    maxBodyBytes: 64KiB
    maxConcurrent: 8
    auth: {token: "${KDEPS_NO_SUCH_VARIABLE:-s3cret}"}
    cors:
      allowOrigins: [https://app.example]
      exposeHeaders: X-Total
      allowCredentials: true
      maxAge: 10m
    routes:
      - path: /a/:id
        methods: [get, Delete]
        timeout: 500ms
        public: true
      - path: /b
)");
    EXPECT_TRUE(settings.api_server_mode) << "an apiServer block turns the server on";
    EXPECT_EQ(settings.timeout, std::chrono::seconds(20));
    EXPECT_EQ(settings.max_result_bytes, 1u << 20);
    const ApiServerSettings& server = settings.api_server;
    EXPECT_EQ(server.host, "0.0.0.0");
    EXPECT_EQ(server.port, 8080);
    EXPECT_EQ(server.allowed_hosts, std::vector<std::string>{"api.example"});
    EXPECT_EQ(server.max_body_bytes, 65536u);
    EXPECT_EQ(server.max_concurrent, 8u);
    EXPECT_EQ(server.auth_token, "s3cret");
    ASSERT_TRUE(server.cors.has_value());
    EXPECT_EQ(server.cors->allow_origins, std::vector<std::string>{"https://app.example"});
    EXPECT_EQ(server.cors->allow_methods.size(), 6u);
    EXPECT_EQ(server.cors->expose_headers, std::vector<std::string>{"X-Total"});
    EXPECT_TRUE(server.cors->allow_credentials);
    EXPECT_EQ(server.cors->max_age, std::chrono::minutes(10));
    ASSERT_EQ(server.routes.size(), 2u);
    EXPECT_EQ(server.routes[0].methods, (std::vector<std::string>{"GET", "DELETE"}));
    EXPECT_EQ(server.routes[0].timeout, std::chrono::milliseconds(500));
    EXPECT_TRUE(server.routes[0].is_public);
    EXPECT_EQ(server.routes[1].methods, (std::vector<std::string>{"GET", "POST"}));
    EXPECT_FALSE(server.routes[1].is_public);
    EXPECT_EQ(server.routes[1].span.line, 22);
}

TEST(LoadTest, ServerModeCanBeTurnedOff) {
    EXPECT_FALSE(settings_of("settings: {apiServerMode: no, apiServer: {routes: [{path: /}]}}\n")
                     .api_server_mode);
}

TEST(LoadTest, AddressOfTheServerBlockWins) {
    const Settings settings = settings_of(
        "settings: {hostIp: 127.0.0.2, portNum: 1, apiServer: {portNum: 2, routes: [{path: "
        "/}]}}\n");
    EXPECT_EQ(settings.api_server.host, "127.0.0.2");
    EXPECT_EQ(settings.api_server.port, 2);
}

TEST(LoadTest, CorsBlockCanBeTurnedOff) {
    const Settings settings =
        settings_of("settings: {apiServer: {routes: [{path: /}], cors: {enableCors: false}}}\n");
    EXPECT_FALSE(settings.api_server.cors.has_value());
}

TEST(LoadTest, AgentSettingsKeepWhatHasAnEffect) {
    const Settings settings = settings_of(
        "settings: {agentSettings: {timezone: Europe/Berlin, pythonVersion: 3.10, env: {A: 1, B: "
        "'${KDEPS_NO_SUCH_VARIABLE:-x}'}}}\n");
    EXPECT_EQ(settings.agent.python_version, "3.10") << "an unquoted version keeps its digits";
    EXPECT_EQ(settings.agent.env, (std::map<std::string, std::string>{
                                      {"A", "1"}, {"B", "x"}, {"TZ", "Europe/Berlin"}}));
}

TEST(LoadTest, VariablesOfTheWorkflowAreDefaults) {
    const Project project(
        {{".env", "KDEPS_TEST_B=from-file\n"},
         {"workflow.yaml",
          std::string(kMinimal) +
              "settings:\n"
              "  apiServer: {routes: [{path: /}], auth: {token: '${KDEPS_TEST_A}'}}\n"
              "  agentSettings:\n"
              "    env: {KDEPS_TEST_A: own, KDEPS_TEST_B: own, PATH: own}\n"},
         {"resources/a.yaml", kResource}});
    EXPECT_EQ(project.report, "");
    const Environment& environment = project.workflow.environment;
    EXPECT_EQ(environment.find("KDEPS_TEST_A"), "own");
    EXPECT_EQ(environment.find("KDEPS_TEST_B"), "from-file");
    EXPECT_NE(environment.find("PATH"), "own");
    EXPECT_EQ(project.workflow.settings.api_server.auth_token, "own");
}

TEST(LoadTest, DotEnvBesideTheWorkflowIsRead) {
    const Project project(
        {{".env", "KDEPS_TEST_TOKEN=from-file\n"},
         {"workflow.yaml", std::string(kMinimal) + "settings: {apiServer: {routes: [{path: /}], "
                                                   "auth: {token: '${KDEPS_TEST_TOKEN}'}}}\n"},
         {"resources/a.yaml", kResource}});
    EXPECT_EQ(project.report, "");
    EXPECT_EQ(project.workflow.settings.api_server.auth_token, "from-file");
    EXPECT_EQ(project.workflow.environment.find("KDEPS_TEST_TOKEN"), "from-file");
}

TEST(LoadTest, BothShapesGiveTheSameResource) {
    const char* const kOlder = R"(apiVersion: kdeps.io/v1
kind: Resource
metadata:
  actionId: a
  name: A
  requires: b
run:
  timeout: 5s
  exprBefore: [x]
  before: [y]
  sql: {query: SELECT 1}
  after: z
  expr: [u, v]
  apiResponse: {response: ok}
  onError: {action: continue, fallback: []}
  validations: {methods: [GET], check: "x > 1", error: {code: 422, message: no}}
)";
    const char* const kFlat = R"(actionId: a
name: A
requires: [b]
timeoutDuration: 5s
exprBefore: x
before: [y]
sql: {query: SELECT 1}
after: [z]
expr: [u, v]
apiResponse: {response: ok}
onError: {action: continue, fallback: []}
validations: {methods: [GET], check: "x > 1", error: {code: 422, message: no}}
)";
    for (const char* text : {kOlder, kFlat}) {
        const Project project({{"workflow.yaml", kMinimal},
                               {"resources/a.yaml", text},
                               {"resources/b.yaml", "actionId: b\npython: {script: return 1}\n"}});
        EXPECT_EQ(project.report, "");
        const Resource& resource = project.workflow.resources.at(0);
        EXPECT_EQ(resource.action_id, "a");
        EXPECT_EQ(resource.name, "A");
        ASSERT_EQ(resource.depends_on.size(), 1u);
        EXPECT_EQ(resource.depends_on[0].action_id, "b");
        EXPECT_EQ(resource.timeout, std::chrono::seconds(5));
        ASSERT_EQ(resource.before.size(), 2u);
        EXPECT_EQ(resource.before[0]->text, "x");
        ASSERT_EQ(resource.after.size(), 3u);
        EXPECT_EQ(resource.after[0]->text, "z");
        EXPECT_EQ(resource.primary->kind, "sql");
        EXPECT_EQ(resource.primary->fields.text("query"), "SELECT 1");
        EXPECT_EQ(resource.api_response->fields.text("response"), "ok");
        ASSERT_NE(resource.on_error, nullptr);
        EXPECT_EQ(Fields(resource.on_error, &on_error_schema()).text("action"), "continue");
        const Fields validations(resource.validations, &validations_schema());
        EXPECT_EQ(validations.text_list("check"), std::vector<std::string>{"x > 1"});
        EXPECT_EQ(validations.map("error")->integer("code"), 422);
    }
}

TEST(LoadTest, NameDefaultsToTheActionId) {
    const Project project({{"workflow.yaml", kMinimal}, {"resources/a.yaml", kResource}});
    EXPECT_EQ(project.workflow.resources.at(0).name, "a");
}

TEST(LoadTest, ResourcesComeInlineFirstThenByFileName) {
    const Project project(
        {{"workflow.yml", std::string(kMinimal) + "resources: [{actionId: a, requires: [b, c, d, "
                                                  "e], expr: [x]}]\n---\nactionId: b\nexpr: [x]\n"},
         {"resources/2.yml", "actionId: d\nexpr: [x]\n---\n---\nactionId: e\nexpr: [x]\n"},
         {"resources/1.yaml", "actionId: c\nexpr: [x]\n"},
         {"resources/.hidden.yaml", "no resource"},
         {"resources/notes.txt", "no resource"},
         {"resources/folder.yaml/inner.yaml", "no resource"}});
    EXPECT_EQ(project.report, "");
    std::string order;
    for (const Resource& resource : project.workflow.resources) order += resource.action_id;
    EXPECT_EQ(order, "abcde");
}

TEST(LoadTest, WorkflowNeedNotBeTheFirstDocument) {
    const Project project({{"workflow.yaml", std::string(kResource) + "---\n" + kMinimal}});
    EXPECT_EQ(project.report, "");
    EXPECT_EQ(project.workflow.name, "w");
    EXPECT_EQ(project.workflow.resources.size(), 1u);
}

TEST(LoadTest, ByteOrderMarkAndCrLfAreAccepted) {
    const Project project(
        {{"workflow.yaml", "\xEF\xBB\xBFmetadata:\r\n  name: w\r\n  targetActionId: a\r\n"},
         {"resources/a.yaml",
          "actionId: a\r\nsql:\r\n  query: |\r\n    SELECT 1\r\n    FROM t\r\n"}});
    EXPECT_EQ(project.report, "");
    EXPECT_EQ(project.workflow.resources.at(0).primary->fields.text("query"), "SELECT 1\nFROM t\n");
}

TEST(LoadTest, ResourcesNobodyNeedsAreLoadedWithAWarning) {
    const Project project({{"workflow.yaml", kMinimal},
                           {"resources/a.yaml", kResource},
                           {"resources/b.yaml", "actionId: b\nexpr: [x]\n"}},
                          true);
    EXPECT_EQ(
        project.report,
        "warning: resources/b.yaml:1:11: resource 'b' never runs: the target 'a' does not "
        "require it [MISSING_REQUIREMENT]\n"
        "  1 | actionId: b\n"
        "    |           ^\n"
        "  hint: add it to the 'requires' of a resource that needs it, or run with --target b");
}

TEST(LoadTest, TheFileMayBeNamed) {
    const kdeps::test::TempDir folder;
    const std::string file = folder.write("flow.yaml", std::string(kMinimal) + "---\n" + kResource);
    Diagnostics diagnostics;
    SourceTexts texts;
    const Workflow workflow = load(file, small_grammar(), {}, diagnostics, texts);
    EXPECT_EQ(workflow.path, file);
    EXPECT_EQ(workflow.directory, folder.path().string());
    EXPECT_EQ(workflow.resources.size(), 1u);
    EXPECT_TRUE(diagnostics.all().empty());
    EXPECT_EQ(texts.line(file, 1), "metadata: {name: w, targetActionId: a}");
}

TEST(LoadTest, TheGrammarMayBeEmpty) {
    const kdeps::test::TempDir folder;
    folder.write(
        "workflow.yaml",
        std::string(kMinimal) + "settings: {sqlConnections: {x: {any: 1}}}\n---\n" + kResource);
    Diagnostics diagnostics;
    SourceTexts texts;
    const Workflow workflow = load(folder.path().string(), {}, {}, diagnostics, texts);
    EXPECT_EQ(render(diagnostics, texts), "");
    EXPECT_EQ(workflow.settings.connections.at(0).fields.find("any"), nullptr);
}

}  // namespace
}  // namespace kdeps::workflow::test
