// What a well-behaved client sees.
#include "kdeps/server/server.hpp"

#include <gtest/gtest.h>

#include "server_fixture.hpp"

namespace kdeps::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ServerTest : public ServerFixture {};

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST_F(ServerTest, AnswersOnOneConnectionAgainAndAgain) {
    start();
    HttpClient client = connect();
    for (int i = 0; i < 50; ++i) {
        const std::string answer = client.request(get("/quick?i=" + std::to_string(i)));
        ASSERT_EQ(status_of(answer), 200);
        ASSERT_TRUE(contains(answer, R"("i":")" + std::to_string(i) + "\"")) << answer;
        ASSERT_FALSE(contains(answer, "Connection:")) << answer;
        ASSERT_FALSE(contains(answer, "Keep-Alive:")) << answer;
        ASSERT_FALSE(contains(answer, "Server:")) << answer;
    }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
    start();
    HttpClient client = connect();
    std::string requests;
    for (int i = 0; i < 200; ++i) requests += get("/quick?i=" + std::to_string(i));
    ASSERT_TRUE(client.send(requests));
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(contains(client.answer(), R"("i":")" + std::to_string(i) + "\"")) << i;
    }
}

TEST_F(ServerTest, ReadsBodiesByLengthAndChunked) {
    start();
    HttpClient client = connect();
    EXPECT_TRUE(contains(client.request("POST /quick HTTP/1.1\r\nHost: localhost\r\n"
                                        "Content-Length: 7\r\n\r\n{\"a\":1}"),
                         R"("body":{"a":1})"));
    EXPECT_TRUE(contains(client.request("POST /quick HTTP/1.1\r\nHost: localhost\r\n"
                                        "Transfer-Encoding: chunked\r\n\r\n"
                                        "3\r\n{\"b\r\n4\r\n\":2}\r\n0\r\n\r\n"),
                         R"("body":{"b":2})"));
    EXPECT_EQ(status_of(client.request(get("/quick"))), 200);
}

TEST_F(ServerTest, ReadsALargeBodyInPieces) {
    start();
    HttpClient client = connect();
    const std::string body(5u << 20, 'y');
    ASSERT_TRUE(client.send("POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n"));
    ASSERT_TRUE(client.send(body));
    EXPECT_TRUE(contains(client.answer(), body));
}

TEST_F(ServerTest, ContinuesWhenAskedWhereverTheFieldStands) {
    start();
    for (const std::string fields :
         {"Expect: 100-continue\r\n", "Expect: 100-continue\r\nConnection: close\r\n",
          "Connection: close\r\nExpect: 100-continue\r\n"}) {
        HttpClient client = connect();
        ASSERT_TRUE(client.send("POST /quick HTTP/1.1\r\nHost: localhost\r\n" + fields +
                                "Content-Length: 2\r\n\r\n"));
        EXPECT_EQ(client.answer(false), "HTTP/1.1 100 Continue\r\n\r\n") << fields;
        EXPECT_TRUE(contains(client.request("{}"), R"("body":{})")) << fields;
    }
}

TEST_F(ServerTest, HeadHasTheLengthAndNoBody) {
    start();
    HttpClient client = connect();
    ASSERT_TRUE(
        client.send("HEAD /quick HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/quick?next=1")));
    const std::string head = client.answer(false);
    EXPECT_EQ(status_of(head), 200);
    EXPECT_TRUE(contains(head, "Content-Length: ")) << head;
    EXPECT_FALSE(contains(head, "Content-Length: 0")) << head;
    EXPECT_TRUE(contains(client.answer(), R"("next":"1")"));
}

TEST_F(ServerTest, NoContentHasNoLength) {
    start();
    HttpClient client = connect();
    const std::string answer = client.request("OPTIONS /quick HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(status_of(answer), 204);
    EXPECT_TRUE(contains(answer, "Allow: GET, HEAD, POST, OPTIONS\r\n")) << answer;
    EXPECT_FALSE(contains(answer, "Content-Length")) << answer;
    EXPECT_EQ(status_of(client.request(get("/quick"))), 200);
}

TEST_F(ServerTest, UnknownMethodIs405) {
    start();
    HttpClient client = connect();
    const std::string answer = client.request("PURGE /quick HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(status_of(answer), 405);
    EXPECT_TRUE(contains(answer, "Allow: GET, HEAD, POST, OPTIONS\r\n")) << answer;
    EXPECT_EQ(status_of(client.request(get("/nothing"))), 404);
}

TEST_F(ServerTest, RangesAreNotAppliedToAnswers) {
    start();
    HttpClient client = connect();
    EXPECT_EQ(status_of(client.request(get("/quick", "Range: bytes=0-1,0-1\r\n"))), 200);
}

TEST_F(ServerTest, ClosesWhenAsked) {
    start();
    HttpClient client = connect();
    const std::string answer = client.request(get("/quick", "Connection: close\r\n"));
    EXPECT_TRUE(contains(answer, "Connection: close\r\n")) << answer;
    EXPECT_TRUE(client.is_closed_within(seconds(30)));
}

TEST_F(ServerTest, SpeaksTheOldVersion) {
    start();
    HttpClient closing = connect();
    EXPECT_EQ(status_of(closing.request("GET /quick HTTP/1.0\r\n\r\n")), 200);
    EXPECT_TRUE(closing.is_closed_within(seconds(30)));

    HttpClient kept = connect();
    for (int i = 0; i < 2; ++i) {
        const std::string answer =
            kept.request("GET /quick HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_EQ(status_of(answer), 200);
        EXPECT_TRUE(contains(answer, "Connection: keep-alive\r\n")) << answer;
    }
}

TEST_F(ServerTest, SendsABigAnswerToASlowReader) {
    start();
    HttpClient slow = connect(4096);
    ASSERT_TRUE(slow.send(get("/big") + get("/quick?after=1")));
    HttpClient other = connect();  // meanwhile nobody else waits
    for (int i = 0; i < 20; ++i) ASSERT_EQ(status_of(other.request(get("/quick"))), 200);
    const std::string big = slow.answer();
    EXPECT_EQ(status_of(big), 200);
    EXPECT_GT(big.size(), kBigBytes);
    EXPECT_TRUE(contains(big, std::string(1000, 'x')));
    EXPECT_TRUE(contains(slow.answer(), R"("after":"1")"));
}

TEST_F(ServerTest, TellsTheRunWhenItsClientIsGone) {
    start();
    HttpClient client = connect();
    ASSERT_TRUE(client.send(get("/slow")));
    await_running(1);
    client.close();
    EXPECT_TRUE(await_stopped(1));
}

TEST_F(ServerTest, HalfCloseCountsAsGone) {
    start();
    HttpClient client = connect();
    ASSERT_TRUE(client.send(get("/slow")));
    await_running(1);
    client.half_close();
    EXPECT_TRUE(await_stopped(1));
    EXPECT_TRUE(client.is_closed_within(seconds(30)));
    EXPECT_EQ(client.unread(), "");
}

TEST_F(ServerTest, ForeignHostIsRefused) {
    start();
    HttpClient client = connect();
    EXPECT_EQ(status_of(client.request("GET /quick HTTP/1.1\r\nHost: evil.example\r\n\r\n")), 421);
}

TEST_F(ServerTest, SecondServerOnAPortIsRefused) {
    start();
    settings_.api.port = server_->port();
    server::Server second(site(), null_sink());
    try {
        second.start();
        FAIL() << "started";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::AddressInUse);
        const std::string port = std::to_string(settings_.api.port);
        EXPECT_EQ(error.what(), "port " + port + " of 127.0.0.1 is already in use");
        EXPECT_TRUE(contains(error.detail().hint, "--port ")) << error.detail().hint;
    }
}

TEST_F(ServerTest, LocalhostListensOnOnePortForBothFamilies) {
    settings_.api.host = "localhost";
    start();
    HttpClient client = connect();
    EXPECT_EQ(status_of(client.request(get("/quick"))), 200);
}

TEST_F(ServerTest, UnsafeHostIsRefusedBeforeListening) {
    settings_.api.host = "0.0.0.0";
    EXPECT_THROW(server::Server(site(), null_sink()), Error);
}

TEST_F(ServerTest, PublicServerStartsAndStops) {
    settings_.api.host = "0.0.0.0";
    settings_.api.auth_token = "t";
    server::Server server(site(), null_sink());
    server.start();
    HttpClient client(server.port());
    EXPECT_EQ(status_of(client.request(get("/quick"))), 401);
    EXPECT_EQ(status_of(client.request(get("/quick", "X-API-Key: t\r\n"))), 200);
    server.request_stop();
    server.wait();
}

TEST_F(ServerTest, StopsAtOnceWhenIdle) {
    start();
    HttpClient idle = connect();
    ASSERT_EQ(status_of(idle.request(get("/quick"))), 200);
    const auto before = std::chrono::steady_clock::now();
    server_->request_stop();
    server_->wait();
    EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(5));
    EXPECT_TRUE(idle.is_closed_within(seconds(30)));
    EXPECT_THROW(connect(), std::runtime_error);
}

TEST_F(ServerTest, FinishesRunningRequestsWhileStopping) {
    start();
    HttpClient client = connect();
    ASSERT_TRUE(client.send(get("/slow")));
    await_running(1);
    server_->request_stop();
    release();
    const std::string answer = client.answer();
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_TRUE(contains(answer, "Connection: close\r\n")) << answer;
    server_->wait();
}

TEST_F(ServerTest, CancelsRunsThatOutliveTheDrain) {
    settings_.drain_timeout = milliseconds(50);
    start();
    HttpClient client = connect();
    ASSERT_TRUE(client.send(get("/slow")));
    await_running(1);
    server_->request_stop();
    EXPECT_EQ(status_of(client.answer()), 503);
    server_->wait();
    EXPECT_TRUE(await_stopped(1));
}

TEST_F(ServerTest, ClosesSlowReadersAtTheEndOfTheDrain) {
    settings_.drain_timeout = milliseconds(50);
    front_.cancel_timeout = milliseconds(50);
    start();
    HttpClient slow = connect(4096);
    ASSERT_TRUE(slow.send(get("/big")));
    ASSERT_TRUE(slow.receive());
    server_->request_stop();
    server_->wait();
}

}  // namespace
}  // namespace kdeps::test
