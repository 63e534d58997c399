// What clients get that are broken, hostile or too slow.
#include <vector>

#include <gtest/gtest.h>

#include "server_fixture.hpp"
#include "support/no_threads.hpp"

namespace kdeps::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ServerLimitsTest : public ServerFixture {
 protected:
    /// Sends bytes and expects one refusal and a closed connection.
    void expect_refused(const std::string& bytes, int status, const std::string& code) {
        HttpClient client = connect();
        const std::string answer = client.request(bytes);
        EXPECT_EQ(status_of(answer), status) << answer;
        EXPECT_NE(answer.find("\"code\":\"" + code + "\""), std::string::npos) << answer;
        EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
        EXPECT_TRUE(client.is_closed_within(seconds(30)));
        EXPECT_EQ(client.unread(), "");
        EXPECT_EQ(runner_.count(), 0u);
    }
};

TEST_F(ServerLimitsTest, RefusesAndClosesWhatCouldSmuggle) {
    start();
    expect_refused(
        "POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /quick HTTP/1.1\r\n\r\n",
        400, "BAD_REQUEST");
    expect_refused("GARBAGE\r\n\r\n", 400, "BAD_REQUEST");
}

TEST_F(ServerLimitsTest, RefusesWhatIsTooLongBeforeItEnds) {
    start();
    expect_refused("GET /" + std::string(10'000, 'a'), 414, "URI_TOO_LONG");
    expect_refused("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'a'), 431, "HEADERS_TOO_LARGE");
}

TEST_F(ServerLimitsTest, RefusesALargeBodyWithoutReadingIt) {
    settings_.api.max_body_bytes = 1000;
    start();
    expect_refused("POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n", 413,
                   "REQUEST_TOO_LARGE");
    expect_refused(
        "POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n"
        "Expect: 100-continue\r\n\r\n",
        413, "REQUEST_TOO_LARGE");
    expect_refused(
        "POST /quick HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3e9\r\n",
        413, "REQUEST_TOO_LARGE");
}

TEST_F(ServerLimitsTest, TheRefusalSurvivesABodyThatIsStillBeingSent) {
    settings_.api.max_body_bytes = 1000;
    start();
    HttpClient client = connect();
    ASSERT_TRUE(
        client.send("POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n"
                    "\r\n"));
    ASSERT_TRUE(client.send(std::string(500'000, 'x')));
    EXPECT_EQ(status_of(client.answer()), 413);
}

TEST_F(ServerLimitsTest, BoundsTheBodiesOfAllRequestsTogether) {
    settings_.api.max_body_bytes = 1000;
    front_.all_bodies_bytes = 2500;
    start();
    const std::string begun =
        "POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n" +
        std::string(999, 'x');
    for (int round = 0; round < 3; ++round) {  // what has ended counts no more
        std::vector<HttpClient> clients;
        for (int i = 0; i < 3; ++i) {
            clients.push_back(connect());
            ASSERT_TRUE(clients.back().send(begun));
        }
        std::size_t refused = 0;  // the one that came last
        while (!clients[refused].receive(5)) refused = (refused + 1) % clients.size();
        const std::string answer = clients[refused].answer();
        EXPECT_EQ(status_of(answer), 503) << answer;
        EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos) << answer;
        for (std::size_t i = 0; i < clients.size(); ++i) {
            if (i == refused) continue;
            EXPECT_EQ(status_of(clients[i].request("x")), 200);
            EXPECT_EQ(status_of(clients[i].request(get("/quick"))), 200);
        }
    }
}

TEST_F(ServerLimitsTest, RefusesCompressedBodies) {
    start();
    expect_refused(
        "POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\n"
        "Content-Length: 5\r\n\r\n",
        415, "UNSUPPORTED_MEDIA_TYPE");
}

TEST_F(ServerLimitsTest, ClosesAHeadThatDoesNotEnd) {
    front_.head_timeout = milliseconds(50);
    start();
    HttpClient client = connect();
    ASSERT_TRUE(client.send("GET /quick HTTP/1.1\r\n"));
    EXPECT_EQ(status_of(client.answer()), 408);
    EXPECT_TRUE(client.is_closed_within(seconds(30)));
}

TEST_F(ServerLimitsTest, ManySlowClientsCostNoThreadAndAreClosed) {
    front_.head_timeout = milliseconds(300);
    front_.linger_timeout = milliseconds(50);
    start();
    const std::string head = get("/quick");
    std::vector<HttpClient> slow;
    for (int i = 0; i < 200; ++i) slow.push_back(connect());
    for (std::size_t byte = 0; byte < 10; ++byte) {  // a byte each, again and again
        for (const HttpClient& client : slow) client.send(head.substr(byte, 1));
    }
    HttpClient quick = connect();
    EXPECT_EQ(status_of(quick.request(head)), 200);
    EXPECT_LE(server_->worker_count(), 2u * std::thread::hardware_concurrency());
    for (HttpClient& client : slow) EXPECT_TRUE(client.is_closed_within(seconds(30)));
}

TEST_F(ServerLimitsTest, ClosesABodyThatIsTooSlow) {
    front_.body_timeout = seconds(10);
    front_.body_grace = milliseconds(100);
    front_.body_bytes_per_second = 1'000'000;
    start();
    HttpClient client = connect();
    ASSERT_TRUE(
        client.send("POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
                    "\r\n"));
    std::string answer;
    while (client.send("x") && !client.receive(5)) {
    }
    EXPECT_EQ(status_of(client.answer()), 408);
    EXPECT_EQ(runner_.count(), 0u);
}

TEST_F(ServerLimitsTest, ClosesABodyThatStops) {
    front_.body_timeout = milliseconds(50);
    start();
    HttpClient client = connect();
    ASSERT_TRUE(
        client.send("POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx"));
    EXPECT_EQ(status_of(client.answer()), 408);
}

TEST_F(ServerLimitsTest, ClosesIdleConnections) {
    front_.idle_timeout = milliseconds(50);
    start();
    HttpClient client = connect();
    EXPECT_EQ(status_of(client.request(get("/quick"))), 200);
    EXPECT_TRUE(client.is_closed_within(seconds(30)));
    EXPECT_EQ(client.unread(), "");
}

TEST_F(ServerLimitsTest, ClosesAReaderThatStopsReading) {
    front_.write_timeout = milliseconds(100);
    front_.max_connections = 1;
    start();
    HttpClient stuck = connect(4096);
    ASSERT_TRUE(stuck.send(get("/big")));
    ASSERT_TRUE(stuck.receive());
    HttpClient next = connect();  // is accepted once the other has been closed
    EXPECT_EQ(status_of(next.request(get("/quick"))), 200);
    while (stuck.receive(1000)) {
    }
    EXPECT_LT(stuck.unread().size(), kBigBytes);
}

TEST_F(ServerLimitsTest, RefusesMoreThanMaxConcurrent) {
    settings_.api.max_concurrent = 2;
    front_.queue_patience = milliseconds(5);
    start();
    std::vector<HttpClient> running;
    for (int i = 0; i < 2; ++i) {
        running.push_back(connect());
        ASSERT_TRUE(running.back().send(get("/slow")));
    }
    await_running(2);
    HttpClient refused = connect();
    const std::string answer = refused.request(get("/quick"));
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("2 requests are running already"), std::string::npos) << answer;
    EXPECT_EQ(status_of(refused.request(get("/health"))), 200);
    release();
    for (HttpClient& client : running) EXPECT_EQ(status_of(client.answer()), 200);
    EXPECT_EQ(status_of(refused.request(get("/quick"))), 200);  // on the same connection
}

TEST_F(ServerLimitsTest, SaysWhenNoThreadIsLeft) {
    front_.hot_workers = 1;
    front_.queue_patience = milliseconds(5);
    start();
    HttpClient running = connect();
    ASSERT_TRUE(running.send(get("/slow")));
    await_running(1);
    const NoThreads none;
    const std::string answer = connect().request(get("/quick"));
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_NE(answer.find("the system allows this program no further thread"), std::string::npos)
        << answer;
}

TEST_F(ServerLimitsTest, StopsAcceptingAtTheLimitAndGoesOnLater) {
    front_.max_connections = 2;
    start();
    HttpClient first = connect();
    HttpClient second = connect();
    ASSERT_EQ(status_of(first.request(get("/quick"))), 200);
    ASSERT_EQ(status_of(second.request(get("/quick"))), 200);
    HttpClient third = connect();  // waits in the kernel's queue
    ASSERT_TRUE(third.send(get("/quick")));
    EXPECT_FALSE(third.receive(50));
    first.close();
    EXPECT_EQ(status_of(third.answer()), 200);
}

}  // namespace
}  // namespace kdeps::test
