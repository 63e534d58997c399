#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "kdeps/app/project.hpp"

#include "http_client.hpp"
#include "support/database.hpp"
#include "support/sanitizers.hpp"
#include "support/temp_dir.hpp"

namespace kdeps::app {
namespace {

using test::HttpClient;

constexpr std::size_t kClients = 4;
constexpr std::size_t kSessions = kClients;

/// A workflow that tells its name in a header, in SQL of a database of its own, in SQL of a
/// database that all share (the connection `shared`), and in the answer.
std::string write_workflow(const test::TempDir& folder, const std::string& name,
                           const std::string& shared) {
    const std::string path = folder.path() / (name + ".yaml");
    std::ofstream(path) << fmt::format(R"(
metadata: {{name: {0}, targetActionId: answer}}
settings:
  apiServer: {{routes: [{{path: /name, methods: [GET]}}, {{path: /{0}, methods: [GET]}}]}}
  sqlConnections:
    shared: {{connection: "{1}", pool: {{minConnections: {2}, maxConnections: {2}}}}}
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
                                       name, shared, kSessions);
    return path;
}

class ReplaceSiteTest : public testing::Test {
 protected:
    explicit ReplaceSiteTest(const std::string& shared = "sqlite:shared.db")
        : paths_{write_workflow(folder_, "alpha", shared),
                 write_workflow(folder_, "beta", shared)} {}
    std::shared_ptr<Project> open(const std::string& path) {
        Loaded loaded = load(path, {}, runtime_);
        EXPECT_TRUE(loaded.is_valid()) << render(loaded.diagnostics, loaded.texts);
        loaded.project->open({});
        return loaded.project;
    }
    static db::Pool& shared_pool(const Project& project) {
        return *project.connections().find("shared")->pool;
    }
    /// Replaces a site by the other one and back while clients use it. None of them may notice, and
    /// the pool of the database that both use stays as it is.
    void replace_under_load(int loads);
    /// What identifies the sessions of the shared pool at their server, if anything does.
    virtual std::string sessions(const Project& /*project*/) { return {}; }

    test::TempDir folder_;
    Runtime runtime_{null_sink()};
    const std::string paths_[2];
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

void ReplaceSiteTest::replace_under_load(int loads) {
    std::shared_ptr<Project> project = open(paths_[0]);
    server::Server server(site_of(project, {.port = 0}), null_sink());
    server.start();
    std::atomic<bool> is_over = false;
    std::atomic<int> answers = 0;
    std::atomic<std::size_t> content = kClients;
    std::vector<std::string> faults(kClients);
    std::vector<std::jthread> clients;
    for (std::string& fault : faults) {
        clients.emplace_back([&] {
            HttpClient client(server.port());
            while (!is_over && fault.empty()) {
                fault = fault_of(client.request(test::get("/name")));
                ++answers;
            }
            --content;
        });
    }
    // As many sessions as it will ever have, before they are looked at.
    while (shared_pool(*project).stats().opened_ever < kSessions) std::this_thread::yield();
    const std::string before = sessions(*project);
    db::Pool* const shared = &shared_pool(*project);
    for (int i = 1; i <= loads; ++i) {
        project = open(paths_[i % 2]);
        ASSERT_EQ(&shared_pool(*project), shared) << "after load " << i;
        server.replace(site_of(project, {}));
    }
    while (answers <= loads && content == kClients) std::this_thread::yield();
    is_over = true;
    clients.clear();
    EXPECT_EQ(faults, std::vector<std::string>(kClients));
    EXPECT_EQ(sessions(*project), before);
    EXPECT_EQ(shared->stats().opened_ever, kSessions);
    EXPECT_EQ(shared->stats().closed_ever, 0U);
    server.request_stop();
    server.wait();
}

constexpr int kLoads = test::kIsSanitized ? 100 : 1000;

TEST_F(ReplaceSiteTest, ReplacesASiteUnderLoadAThousandTimes) {
    replace_under_load(kLoads);
}

/// The same with a PostgreSQL server in the middle of it, which tells its sessions by process ids.
class ReplacePostgresSiteTest : public ReplaceSiteTest {
 protected:
    ReplacePostgresSiteTest() : ReplaceSiteTest(named(test::dsn_text(kVariable))) {}
    void SetUp() override {
        if (test::dsn_text(kVariable).empty()) GTEST_SKIP() << kVariable << " is not set";
    }
    std::string sessions(const Project& project) override {
        const db::Statement statement = test::reading(
            "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity "
            "WHERE application_name = current_setting('application_name')");
        const db::Result result = shared_pool(project).execute(statement, {}, {});
        const std::string pids(result.table->cell(0, 0).text);
        EXPECT_EQ(1 + static_cast<std::size_t>(std::ranges::count(pids, ' ')), kSessions) << pids;
        return pids;
    }

 private:
    static constexpr const char* kVariable = "KDEPS_TEST_POSTGRES";
    /// So that no session of another program has the name that these have.
    static std::string named(const std::string& dsn) {
        const char separator = dsn.find('?') == std::string::npos ? '?' : '&';
        return fmt::format("{}{}application_name=replace-{}", dsn, separator, getpid());
    }
};

TEST_F(ReplacePostgresSiteTest, ItsSessionsStayWhatTheyWere) {
    replace_under_load(kLoads);
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
    const std::string token = "a-token-of-this-test";
    const auto guarded = [&](const std::string& path) {
        server::Site site = site_of(open(path), {.host = "0.0.0.0", .port = 0});
        site.settings.api.auth_token = token;
        return site;
    };
    server::Server server(guarded(paths_[0]), null_sink());
    server.start();
    HttpClient client(server.port());
    const auto status = [&](std::string_view path) {
        return test::status_of(
            client.request(test::get(path, "Authorization: Bearer " + token + "\r\n")));
    };
    EXPECT_EQ(status("/alpha"), 200);
    // Without a token, and other machines reach the address that is listened at.
    EXPECT_THROW(server.replace(site_of(open(paths_[1]), {})), Error);
    EXPECT_EQ(status("/alpha"), 200);
    server.replace(guarded(paths_[1]));
    EXPECT_EQ(status("/alpha"), 404);
    EXPECT_EQ(status("/beta"), 200);
    server.request_stop();
    server.wait();
}

}  // namespace
}  // namespace kdeps::app
