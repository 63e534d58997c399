#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

#include "kdeps/server/call.hpp"

#include "server_fixture.hpp"

namespace kdeps::server {
namespace {

using CallTest = test::ServerFixture;

TEST_F(CallTest, AnswersAsAServerDoes) {
    const SentAnswer answer =
        call(site(), "GET /items/7?a=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
             *events_, {});
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.head.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(answer.head.ends_with("\r\n\r\n"));
    EXPECT_TRUE(answer.body.starts_with(R"({"success":true,"data":{"path":"/items/7")"));
    EXPECT_EQ(runner_.last().remote_address, "127.0.0.1");
}

TEST_F(CallTest, TakesBodiesAndAnswersLargerThanTheSocketHolds) {
    const std::string body(5u << 20, 'x');
    const SentAnswer answer = call(site(),
                                   "POST /big HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                   "Expect: 100-continue\r\nContent-Length: " +
                                       std::to_string(body.size()) + "\r\n\r\n" + body,
                                   *events_, {});
    EXPECT_EQ(answer.status, 200);
    EXPECT_GT(answer.body.size(), kBigBytes);
    EXPECT_EQ(runner_.last().body, Value(body));
}

TEST_F(CallTest, ARefusedBodyNeedNotBeTaken) {
    settings_.api.max_body_bytes = 10;
    const std::string body(5u << 20, 'x');
    const SentAnswer answer = call(site(),
                                   "POST /quick HTTP/1.1\r\nHost: localhost\r\n"
                                   "Content-Length: " +
                                       std::to_string(body.size()) + "\r\n\r\n" + body,
                                   *events_, {});
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(runner_.count(), 0u);
}

TEST_F(CallTest, MalformedRequestsAreAnswered) {
    const SentAnswer answer = call(site(), "GET items HTTP/1.1\r\n\r\n", *events_, {});
    EXPECT_EQ(answer.status, 400);
}

TEST_F(CallTest, AStopEndsTheRunAndTheCall) {
    std::stop_source stop;
    std::jthread stopper([&] {
        await_running(1);
        stop.request_stop();
    });
    try {
        (void)call(site(), "GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                   *events_, stop.get_token());
        FAIL() << "an answer of a run that was stopped";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Cancelled);
    }
    EXPECT_TRUE(await_stopped(1));
}

}  // namespace
}  // namespace kdeps::server
