// The YAML of the multi-database tutorial, as a reader copies it. Comments behind values, block
// scalars with a blank at the end of a line and the residue of a documentation generator are part
// of it.

#include <string>

#include <gtest/gtest.h>

#include "loading.hpp"

namespace kdeps::workflow::test {
namespace {

constexpr const char* kStep1 = R"yaml(apiVersion: kdeps.io/v1
kind: Workflow

metadata:
  name: multi-database
  description: Workflow with multiple database connections
  version: "1.0.0"
  targetActionId: results

settings:
  apiServerMode: true
  apiServer:
    hostIp: "127.0.0.1"
    portNum: 3000
    routes:
      - path: /api/v1/data
        methods: [GET, POST]

  agentSettings:
    timezone: Etc/UTC
    pythonVersion: "3.12"

  sqlConnections:
    # PostgreSQL connection for analytics
    analytics:
      connection: "postgres://user:pass@localhost:5432/analytics"
      pool:
        maxConnections: 10
        minConnections: 2
    
    # MySQL connection for inventory
    inventory:
      connection: "mysql://user:pass@localhost:3306/inventory"
      pool:
        maxConnections: 5
        minConnections: 1
    
    # SQLite for local cache
    cache:
      connection: "sqlite://./cache.db"
)yaml";

constexpr const char* kStep2 = R"yaml(apiVersion: kdeps.io/v1
kind: Resource

metadata:
  actionId: analyticsQuery
  name: Analytics Query

run:
  sql:
    connectionName: analytics  # Use named connection
    query: |
      SELECT 
        date,
        COUNT(*) as total_users,
        COUNT(DISTINCT email) as unique_emails,
        AVG(age) as avg_age
      FROM users
      WHERE created_at >= NOW() - INTERVAL '7 days'
      GROUP BY date
      ORDER BY date DESC
    format: csv
)yaml";

constexpr const char* kStep3 = R"yaml(apiVersion: kdeps.io/v1
kind: Resource

metadata:
  actionId: userData
  name: User Data
  requires:
    - analyticsQuery
    - inventoryQuery

run:
  apiResponse:
    success: true
    response:
      analytics: get('analyticsQuery')
      inventory: get('inventoryQuery')
)yaml";

constexpr const char* kSeparate = R"yaml(# resources/analytics.yaml
apiVersion: kdeps.io/v1
kind: Resource

metadata:
  actionId: analyticsQuery
  name: Analytics Query

run:
  sql:
    connectionName: analytics
    query: <span v-pre>"SELECT * FROM user_stats WHERE date = {{ get('date') }}"</span>


---
# resources/inventory.yaml
apiVersion: kdeps.io/v1
kind: Resource

metadata:
  actionId: inventoryQuery
  name: Inventory Query

run:
  sql:
    connectionName: inventory
    query: "SELECT * FROM products WHERE status = 'active'"
)yaml";

constexpr const char* kStep4 = R"yaml(apiVersion: kdeps.io/v1
kind: Resource

metadata:
  actionId: combinedData
  name: Combined Data
  requires:
    - analyticsQuery
    - inventoryQuery

run:
  python:
    script: |
      import json
      
      # Get data from both databases
      analytics = get('analyticsQuery')
      inventory = get('inventoryQuery')
      
      # Combine and process
      result = {
          'user_count': len(analytics),
          'product_count': len(inventory),
          'analytics': analytics,
          'inventory': inventory
      }
      
      return result
)yaml";

constexpr const char* kStep5 = R"yaml(apiVersion: kdeps.io/v1
kind: Resource

metadata:
  actionId: batchUpdate
  name: Batch Update

run:
  sql:
    connectionName: analytics
    query: |
      UPDATE users 
      SET status = $1, updated_at = NOW()
      WHERE id = $2
    paramsBatch:
      - ["active", 123]
      - ["inactive", 456]
      - ["pending", 789]
    transaction: true
)yaml";

constexpr const char* kStep6 = R"yaml(apiVersion: kdeps.io/v1
kind: Resource

metadata:
  actionId: transactionalUpdate
  name: Transactional Update

run:
  sql:
    connectionName: analytics
    transaction: true
    queries:
      - query: |
          INSERT INTO orders (user_id, total) 
          VALUES ($1, $2)
        params: [get('user_id'), get('total')]
      - query: |
          UPDATE users 
          SET last_order_at = NOW()
          WHERE id = $1
        params: [get('user_id')]
)yaml";

constexpr const char* kComplete = R"yaml(apiVersion: kdeps.io/v1
kind: Workflow

metadata:
  name: multi-database-demo
  version: "1.0.0"
  targetActionId: results

settings:
  apiServerMode: true
  apiServer:
    hostIp: "127.0.0.1"
    portNum: 3000
    routes:
      - path: /api/v1/data
        methods: [GET, POST]

  sqlConnections:
    analytics:
      connection: "postgres://user:pass@localhost:5432/analytics"
      pool:
        maxConnections: 10
    inventory:
      connection: "mysql://user:pass@localhost:3306/inventory"
      pool:
        maxConnections: 5

---
# resources/analytics.yaml
apiVersion: kdeps.io/v1
kind: Resource

metadata:
  actionId: analyticsQuery
  name: Analytics Query

run:
  sql:
    connectionName: analytics
    query: |
      SELECT date, COUNT(*) as users
      FROM users
      GROUP BY date
      ORDER BY date DESC
    format: csv

---
# resources/inventory.yaml
apiVersion: kdeps.io/v1
kind: Resource

metadata:
  actionId: inventoryQuery
  name: Inventory Query

run:
  sql:
    connectionName: inventory
    query: |
      SELECT name, quantity, price
      FROM products
      WHERE status = 'active'
    format: json

---
# resources/results.yaml
apiVersion: kdeps.io/v1
kind: Resource

metadata:
  actionId: results
  name: Results
  requires:
    - analyticsQuery
    - inventoryQuery

run:
  apiResponse:
    success: true
    response:
      analytics: get('analyticsQuery')
      inventory: get('inventoryQuery')
      timestamp: info('now')
)yaml";

constexpr const char* kOnError = R"yaml(run:
  sql:
    connectionName: analytics
    query: "SELECT * FROM users WHERE id = $1"
    params: [get('user_id')]
  onError:
    apiResponse:
      success: false
      response:
        error: "Database query failed"
        message: get('error')
)yaml";

const std::string kInventory =
    "actionId: inventoryQuery\nsql: {connectionName: inventory, query: SELECT 1}\n";

TEST(TutorialTest, WholeProjectLoadsStepByStep) {
    const Project project({{"workflow.yaml", kStep1},
                           {"resources/1.yaml", kStep2},
                           {"resources/2.yaml", kInventory},
                           {"resources/3.yaml", kStep3},
                           {"resources/4.yaml", kStep4},
                           {"resources/5.yaml", kStep5},
                           {"resources/6.yaml", kStep6},
                           {"resources/7.yaml",
                            "actionId: results\nrequires: [userData, combinedData, batchUpdate, "
                            "transactionalUpdate]\napiResponse: {response: ok}\n"}});
    EXPECT_EQ(project.report, "");
    const Workflow& workflow = project.workflow;
    EXPECT_EQ(workflow.name, "multi-database");
    EXPECT_EQ(workflow.version, "1.0.0");
    EXPECT_EQ(workflow.target, "results");
    EXPECT_EQ(workflow.resources.size(), 7u);
    EXPECT_EQ(workflow.directory, project.folder.path().string());

    const Settings& settings = workflow.settings;
    EXPECT_TRUE(settings.api_server_mode);
    EXPECT_EQ(settings.api_server.host, "127.0.0.1");
    EXPECT_EQ(settings.api_server.port, 3000);
    ASSERT_EQ(settings.api_server.routes.size(), 1u);
    EXPECT_EQ(settings.api_server.routes[0].path, "/api/v1/data");
    EXPECT_EQ(settings.api_server.routes[0].methods, (std::vector<std::string>{"GET", "POST"}));
    EXPECT_EQ(settings.agent.env, (std::map<std::string, std::string>{{"TZ", "Etc/UTC"}}));
    EXPECT_EQ(settings.agent.python_version, "3.12");

    ASSERT_EQ(settings.connections.size(), 3u);
    EXPECT_EQ(settings.connections[0].name, "analytics");
    EXPECT_EQ(settings.connections[0].fields.map("pool")->integer("minConnections"), 2);
    EXPECT_EQ(settings.connections[2].name, "cache");
    EXPECT_EQ(settings.connections[2].fields.text("connection"), "sqlite://./cache.db");
    EXPECT_FALSE(settings.connections[2].fields.map("pool").has_value());
}

TEST(TutorialTest, CommentBehindAValueIsNoPartOfIt) {
    const Project project({{"workflow.yaml", kStep1}, {"resources/r.yaml", kStep2}});
    const Resource* resource = project.find("analyticsQuery");
    ASSERT_NE(resource, nullptr);
    EXPECT_EQ(resource->name, "Analytics Query");
    EXPECT_EQ(resource->primary->kind, "sql");
    EXPECT_EQ(resource->primary->fields.text("connectionName"), "analytics");
    EXPECT_EQ(resource->primary->fields.text("format"), "csv");
    EXPECT_TRUE(resource->primary->fields.text("query")->starts_with("SELECT \n  date,\n"));
}

TEST(TutorialTest, SpanResidueIsRemovedAndBothDocumentsAreRead) {
    const Project project({{"workflow.yaml", kStep1},
                           {"resources/both.yaml", kSeparate},
                           {"resources/r.yaml",
                            "actionId: results\nrequires: [analyticsQuery, "
                            "inventoryQuery]\napiResponse: {response: ok}\n"}});
    EXPECT_EQ(project.report,
              "warning: resources/both.yaml:12:12: '<span v-pre>' around the value was removed "
              "[YAML_SYNTAX]\n"
              "  12 |     query: <span v-pre>\"SELECT * FROM user_stats WHERE date = "
              "{{ get('date') }}\"</span>\n"
              "     |            " +
                  std::string(76, '^') +
                  "\n"
                  "  hint: delete '<span v-pre>' and '</span>'");
    ASSERT_NE(project.find("analyticsQuery"), nullptr);
    ASSERT_NE(project.find("inventoryQuery"), nullptr);
    const Node* query = project.find("analyticsQuery")->primary->fields.find("query");
    EXPECT_EQ(query->text, "SELECT * FROM user_stats WHERE date = {{ get('date') }}");
    EXPECT_EQ(query->origin.line, 12);
    EXPECT_EQ(query->origin.column, 25);
}

TEST(TutorialTest, ParametersKeepTheirTypes) {
    const Project project({{"workflow.yaml", kStep1},
                           {"resources/5.yaml", kStep5},
                           {"resources/6.yaml", kStep6},
                           {"resources/r.yaml",
                            "actionId: results\nrequires: [batchUpdate, "
                            "transactionalUpdate]\napiResponse: {response: ok}\n"}});
    EXPECT_EQ(project.report, "");
    const Fields& batch = project.find("batchUpdate")->primary->fields;
    EXPECT_EQ(batch.flag("transaction"), true);
    const Node* sets = batch.find("paramsBatch");
    ASSERT_EQ(sets->items.size(), 3u);
    EXPECT_EQ(sets->items[1].items[0].text, "inactive");
    EXPECT_TRUE(sets->items[1].items[0].quoted);
    EXPECT_EQ(sets->items[1].items[1].kind, Node::Kind::Int);

    const auto queries = project.find("transactionalUpdate")->primary->fields.map_list("queries");
    ASSERT_EQ(queries.size(), 2u);
    EXPECT_EQ(queries[0].find("params")->items[1].text, "get('total')");
    EXPECT_EQ(queries[1].text("query"),
              "UPDATE users \nSET last_order_at = NOW()\nWHERE id = $1\n");
}

TEST(TutorialTest, CompleteExampleIsOneFile) {
    const Project project(Files{{"workflow.yaml", kComplete}});
    EXPECT_EQ(project.report, "");
    ASSERT_EQ(project.workflow.resources.size(), 3u);
    const Resource& results = project.workflow.resources[2];
    EXPECT_EQ(results.action_id, "results");
    ASSERT_EQ(results.depends_on.size(), 2u);
    EXPECT_EQ(results.depends_on[0].action_id, "analyticsQuery");
    EXPECT_FALSE(results.primary.has_value());
    const Node* response = results.api_response->fields.find("response");
    EXPECT_EQ(response->find("timestamp")->text, "info('now')");
    EXPECT_EQ(results.api_response->fields.flag("success"), true);
}

TEST(TutorialTest, ErrorHandlingBlockStandsInAResource) {
    const std::string resource = std::string("metadata: {actionId: results}\n") + kOnError;
    const Project project({{"workflow.yaml", kStep1}, {"resources/r.yaml", resource}});
    EXPECT_EQ(project.report, "");
    const Node* on_error = project.find("results")->on_error;
    ASSERT_NE(on_error, nullptr);
    EXPECT_EQ(on_error->find("apiResponse")->find("response")->find("message")->text,
              "get('error')");
}

TEST(TutorialTest, FirstStepAloneMissesItsTarget) {
    EXPECT_EQ(Project(Files{{"workflow.yaml", kStep1}}).report,
              "workflow.yaml:8:19: unknown target 'results' [UNKNOWN_TARGET]\n"
              "  8 |   targetActionId: results\n"
              "    |                   ^^^^^^^\n"
              "  hint: there are no resources: put them into resources/*.yaml beside the workflow");
}

}  // namespace
}  // namespace kdeps::workflow::test
