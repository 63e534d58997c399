// How many requests a second does the HTTP side serve when a run costs nothing? Compare with
// nginx's `return 200` under the same wrk; see bench/README.md.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "kdeps/server/server.hpp"

namespace {

class HelloRunner final : public kdeps::engine::Runner {
 public:
    kdeps::engine::RunResult run(const kdeps::engine::Request&, kdeps::Deadline,
                                 std::stop_token) override {
        kdeps::engine::RunResult result;
        result.response.data = kdeps::Object{{"message", "Hello, World!"}};
        return result;
    }
};

}  // namespace

int main(int argc, char** argv) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    kdeps::server::ServerSettings settings;
    settings.workflow_name = "hello";
    settings.api.port = argc > 1 ? std::atoi(argv[1]) : 0;
    settings.api.routes.push_back(
        {.path = "/hello", .methods = {"GET"}, .timeout = {}, .is_public = false, .span = {}});
    kdeps::server::Server server({.settings = settings, .runner = std::make_shared<HelloRunner>()},
                                 kdeps::null_sink());
    server.start();
    std::printf("http://127.0.0.1:%d/hello\n", server.port());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    server.request_stop();
    server.wait();
}
