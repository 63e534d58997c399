// What a server tells of itself to who measures.
#include <gtest/gtest.h>

#include "server_fixture.hpp"
#include "support/measures.hpp"

namespace kdeps::test {
namespace {

using std::chrono::milliseconds;
using Kind = Measurement::Kind;
using Texts = std::vector<std::string>;

class ServerMeasureTest : public ServerFixture {
 protected:
    ServerMeasureTest() { events_ = &measures_; }
    ~ServerMeasureTest() override {
        release();
        server_.reset();
    }

    Measures measures_;
};

TEST_F(ServerMeasureTest, BytesInAndOutAndTheTimeInTheQueue) {
    start();
    HttpClient client = connect();
    const std::string request =
        "POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nabcd";
    const std::size_t bytes = client.request(request).size();
    EXPECT_EQ(measures_.await(Kind::AnswerSent, 1).size(), 1U);
    EXPECT_EQ(measures_.amount(Kind::AnswerSent), bytes);
    EXPECT_EQ(measures_.amount(Kind::RequestRead), request.size());
    EXPECT_EQ(measures_.of(Kind::Queue), Texts{""});
    EXPECT_GT(measures_.duration(Kind::Queue).count(), 0);
    client.request(get("/quick"));
    EXPECT_EQ(measures_.amount(Kind::RequestRead), request.size() + get("/quick").size());
    EXPECT_EQ(measures_.of(Kind::Refusal), Texts{});
}

TEST_F(ServerMeasureTest, RequestsThatAreWrongOrTooSlow) {
    front_.body_timeout = milliseconds(50);
    start();
    EXPECT_EQ(status_of(connect().request("GARBAGE\r\n\r\n")), 400);
    EXPECT_EQ(measures_.of(Kind::Refusal), Texts{"front BAD_REQUEST"});
    EXPECT_LT(measures_.duration(Kind::Refusal), std::chrono::seconds(60));  // of this request
    HttpClient slow = connect();
    ASSERT_TRUE(slow.send("POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx"));
    EXPECT_EQ(status_of(slow.answer()), 408);
    EXPECT_EQ(measures_.of(Kind::Refusal), (Texts{"front BAD_REQUEST", "front REQUEST_TIMEOUT"}));
    EXPECT_GE(measures_.duration(Kind::Refusal), milliseconds(50));
}

TEST_F(ServerMeasureTest, BodiesBeyondTheBudget) {
    settings_.api.max_body_bytes = 1000;
    front_.all_bodies_bytes = 1000;
    start();
    const std::string begun =
        "POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n" +
        std::string(900, 'x');
    std::vector<HttpClient> clients;
    for (int i = 0; i < 2; ++i) {
        clients.push_back(connect());
        ASSERT_TRUE(clients.back().send(begun));
    }
    EXPECT_EQ(measures_.await(Kind::Refusal, 1), Texts{"bodies SERVICE_UNAVAILABLE"});
}

TEST_F(ServerMeasureTest, RequestsThatNoWorkerIsFreeFor) {
    settings_.api.max_concurrent = 1;
    front_.queue_patience = milliseconds(5);
    start();
    HttpClient running = connect();
    ASSERT_TRUE(running.send(get("/slow")));
    await_running(1);
    EXPECT_EQ(status_of(connect().request(get("/quick"))), 503);
    EXPECT_EQ(measures_.of(Kind::Refusal), Texts{"workers SERVICE_UNAVAILABLE"});
    EXPECT_GE(measures_.duration(Kind::Refusal), milliseconds(5));
    EXPECT_EQ(measures_.of(Kind::Queue).size(), 2U);
}

}  // namespace
}  // namespace kdeps::test
