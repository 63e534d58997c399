// Many clients at once.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "server_fixture.hpp"

namespace kdeps::test {
namespace {

class ServerLoadTest : public ServerFixture {};

TEST_F(ServerLoadTest, BlockedRunsDoNotStopQuickOnes) {
    start();
    const int blocked = 40;  // far more than there are hot workers
    std::vector<HttpClient> slow;
    for (int i = 0; i < blocked; ++i) {
        slow.push_back(connect());
        ASSERT_TRUE(slow.back().send(get("/slow")));
    }
    await_running(blocked);
    EXPECT_GE(server_->worker_count(), static_cast<std::size_t>(blocked));
    HttpClient quick = connect();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(status_of(quick.request(get("/quick"))), 200);
    release();
    for (HttpClient& client : slow) EXPECT_EQ(status_of(client.answer()), 200);
}

TEST_F(ServerLoadTest, IdleConnectionsCostNoThread) {
    start();
    std::vector<HttpClient> idle;
    for (int i = 0; i < 300; ++i) {
        idle.push_back(connect());
        ASSERT_EQ(status_of(idle.back().request(get("/quick"))), 200);
    }
    // A busy machine may wake a few more than the hot ones, but never one per connection.
    EXPECT_LE(server_->worker_count(), 32u);
    for (HttpClient& client : idle) ASSERT_EQ(status_of(client.request(get("/quick"))), 200);
}

TEST_F(ServerLoadTest, ManyThreadsGetTheirOwnAnswers) {
    start();
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int round = 0; round < 10; ++round) {
                HttpClient client = connect();
                for (int i = 0; i < 20; ++i) {
                    const std::string mark = std::to_string(t * 1000 + i);
                    const std::string answer = client.request(get("/items/" + mark));
                    if (answer.find("/items/" + mark + "\"") == std::string::npos) ++wrong;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(runner_.count(), 8u * 10u * 20u);
}

TEST_F(ServerLoadTest, ClientsThatVanishAnywhereDoNoHarm) {
    start();
    const std::string request =
        "POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
        "\r\nabc" +
        get("/big");
    for (std::size_t cut = 0; cut <= request.size(); ++cut) {
        HttpClient client = connect();
        client.send(std::string_view(request).substr(0, cut));
        if (cut % 2 == 0) client.receive(1);
    }
    HttpClient client = connect();
    EXPECT_EQ(status_of(client.request(get("/quick"))), 200);
    server_->request_stop();
    server_->wait();
}

}  // namespace
}  // namespace kdeps::test
