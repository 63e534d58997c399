#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "kdeps/app/project.hpp"

#include "http_client.hpp"
#include "support/sanitizers.hpp"
#include "support/temp_dir.hpp"

namespace kdeps::app {
namespace {

using test::HttpClient;

/// A workflow that tells its name in a header, in SQL of a database of its own, in SQL of a
/// database that all share, and in the answer.
std::string write_workflow(const test::TempDir& folder, const std::string& name) {
    const std::string path = folder.path() / (name + ".yaml");
    std::ofstream(path) << fmt::format(R"(
metadata: {{name: {0}, targetActionId: answer}}
settings:
  apiServer: {{routes: [{{path: /name, methods: [GET]}}, {{path: /{0}, methods: [GET]}}]}}
  sqlConnections:
    shared: {{connection: "sqlite:shared.db"}}
    own: {{connection: "sqlite:{0}.db"}}
---
actionId: shared
sql: {{connectionName: shared, query: "SELECT '{0}' AS name"}}
---
actionId: own
sql: {{connectionName: own, query: "SELECT replace(replace(file, rtrim(file, replace(file, '/', '')), ''), '.db', '') AS name FROM pragma_database_list"}}
---
actionId: answer
requires: [shared, own]
apiResponse:
  headers: {{X-Name: "{{{{ workflow.name }}}}"}}
  response: "{{{{ get('shared')[0].name }}}} {{{{ get('own')[0].name }}}} {{{{ info('name') }}}}"
)",
                                       name);
    return path;
}

class ReplaceSiteTest : public testing::Test {
 protected:
    std::shared_ptr<Project> open(const std::string& path) {
        Loaded loaded = load(path, {}, runtime_);
        EXPECT_TRUE(loaded.is_valid()) << render(loaded.diagnostics, loaded.texts);
        loaded.project->open({});
        return loaded.project;
    }
    static db::PoolStats stats(const Project& project, const std::string& name) {
        return project.connections().find(name)->pool->stats();
    }

    test::TempDir folder_;
    Runtime runtime_{null_sink()};
    const std::string paths_[2] = {write_workflow(folder_, "alpha"),
                                   write_workflow(folder_, "beta")};
};

/// What is wrong with an answer that should be all of one site; empty when nothing is.
std::string fault_of(const std::string& answer) {
    for (const std::string name : {"alpha", "beta"}) {
        const bool is_whole =
            answer.find("X-Name: " + name + "\r\n") != std::string::npos &&
            answer.find(fmt::format("\"{0} {0} {0}\"", name)) != std::string::npos;
        if (test::status_of(answer) == 200 && is_whole) return {};
    }
    return answer.empty() ? "no answer" : answer;
}

TEST_F(ReplaceSiteTest, ReplacesASiteUnderLoadAThousandTimes) {
    std::shared_ptr<Project> project = open(paths_[0]);
    server::Server server(site_of(project, {.port = 0}), null_sink());
    server.start();
    std::atomic<bool> is_over = false;
    std::atomic<int> answers = 0;
    std::vector<std::string> faults(4);
    std::vector<std::jthread> clients;
    for (std::string& fault : faults) {
        clients.emplace_back([&] {
            HttpClient client(server.port());
            while (!is_over && fault.empty()) {
                fault = fault_of(client.request(test::get("/name")));
                ++answers;
            }
        });
    }
    // As many sessions as it will ever need, before they are counted.
    while (answers < 200) std::this_thread::yield();
    const std::uint64_t opened = stats(*project, "shared").opened_ever;
    const std::shared_ptr<db::Pool> shared = project->connections().find("shared")->pool;
    const int loads = test::kIsSanitized ? 100 : 1000;
    for (int i = 1; i <= loads; ++i) {
        project = open(paths_[i % 2]);
        ASSERT_EQ(project->connections().find("shared")->pool, shared) << "after load " << i;
        server.replace(site_of(project, {}));
    }
    is_over = true;
    clients.clear();
    EXPECT_EQ(faults, std::vector<std::string>(4));
    EXPECT_GT(answers, loads);
    EXPECT_LE(stats(*project, "shared").opened_ever, std::max<std::uint64_t>(opened, 5));
    EXPECT_EQ(stats(*project, "shared").closed_ever, 0);
    server.request_stop();
    server.wait();
}

TEST_F(ReplaceSiteTest, PoolsThatNobodyNeedsAnyMoreClose) {
    std::shared_ptr<Project> project = open(paths_[0]);
    const std::weak_ptr<db::Pool> own = project->connections().find("own")->pool;
    const std::weak_ptr<db::Pool> shared = project->connections().find("shared")->pool;
    std::shared_ptr<Project> next = open(paths_[1]);
    EXPECT_FALSE(own.expired()) << "the first project may still run";
    project.reset();
    EXPECT_TRUE(own.expired());
    EXPECT_FALSE(shared.expired());
}

TEST_F(ReplaceSiteTest, ASiteThatIsRefusedChangesNothing) {
    server::Server server(site_of(open(paths_[0]), {.port = 0}), null_sink());
    server.start();
    HttpClient client(server.port());
    EXPECT_EQ(test::status_of(client.request(test::get("/alpha"))), 200);
    EXPECT_THROW(server.replace(site_of(open(paths_[1]), {.host = "0.0.0.0"})), Error);
    EXPECT_EQ(test::status_of(client.request(test::get("/alpha"))), 200);
    server.replace(site_of(open(paths_[1]), {}));
    EXPECT_EQ(test::status_of(client.request(test::get("/alpha"))), 404);
    EXPECT_EQ(test::status_of(client.request(test::get("/beta"))), 200);
    server.request_stop();
    server.wait();
}

}  // namespace
}  // namespace kdeps::app
