#include "http_adapter.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace kdeps::server {
namespace {

using After = Responder::After;

class FakeHandler final : public Handler {
 public:
    [[nodiscard]] Answer handle(const Incoming&) const noexcept override { return answer; }
    Answer answer;
};

/// Takes up to `limit` bytes, then the client is gone.
class FakeSink final : public ResponseSink {
 public:
    void claim(std::size_t bytes) override { claimed.push_back(bytes); }
    [[nodiscard]] std::string& head() override { return text; }
    void append_body(std::string&& body) override { text += body; }
    [[nodiscard]] bool is_full() const override { return false; }
    [[nodiscard]] bool write(std::string_view bytes) override {
        text += bytes;
        return text.size() < limit;
    }
    std::string text;
    std::vector<std::size_t> claimed;
    std::size_t limit = 1'000'000;
};

class HttpAdapterTest : public testing::Test {
 protected:
    /// The answer without its Date, which is asserted here.
    std::string send(const std::string& head, After expected = After::KeepAlive) {
        const auto refusal = incoming_.head.parse(head + "\r\n");
        if (refusal) incoming_.refusal = *refusal;
        sink_.text.clear();
        EXPECT_EQ(adapter_.respond(incoming_, sink_), expected);
        const std::size_t date = sink_.text.find("\r\nDate: ");
        if (date == std::string::npos) return sink_.text;
        EXPECT_EQ(sink_.text.substr(date + 33, 6), " GMT\r\n") << sink_.text;
        return sink_.text.erase(date, 37);
    }
    static BodyProducer pieces(std::vector<std::string> texts, bool is_complete = true) {
        return [texts, is_complete](BodySink& sink) {
            for (const std::string& text : texts) {
                if (!sink.write(text)) return false;
            }
            return is_complete;
        };
    }

    FakeHandler handler_;
    HttpAdapter adapter_{handler_};
    FakeSink sink_;
    Incoming incoming_;
};

const std::string kGet = "GET /a?b=c HTTP/1.1\r\nHost: a\r\n";

TEST_F(HttpAdapterTest, WritesBytesWithTheirLength) {
    handler_.answer = {.status = 201, .headers = {{"X-One", "1"}, {"X-Two", "2"}}, .body = "hello"};
    EXPECT_EQ(send(kGet),
              "HTTP/1.1 201 Created\r\nX-One: 1\r\nX-Two: 2\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(sink_.claimed, (std::vector<std::size_t>{5, 5}));
}

TEST_F(HttpAdapterTest, WhateverTheLibraryDoesNotKnowIsAnsweredToo) {
    handler_.answer.status = 405;
    handler_.answer.body = "no";
    const std::string expected = "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 2\r\n\r\nno";
    for (const std::string& line :
         {std::string("PURGE / HTTP/1.1"), std::string("GET /?a?b?c HTTP/1.1"),
          std::string("GET /%zz%00 HTTP/1.1"), "GET /" + std::string(8180, 'a') + " HTTP/1.1",
          std::string("OPTIONS * HTTP/1.1"), std::string("GET http://a HTTP/1.1")}) {
        EXPECT_EQ(send(line + "\r\nHost: a\r\n"), expected) << line.substr(0, 40);
        handler_.answer.body = pieces({"no"});
        EXPECT_TRUE(send(line + "\r\nHost: a\r\n").ends_with("\r\n2\r\nno\r\n0\r\n\r\n"))
            << line.substr(0, 40);
        handler_.answer.body = "no";
    }
}

TEST_F(HttpAdapterTest, ARefusalCloses) {
    handler_.answer.status = 400;
    handler_.answer.body = "bad";
    EXPECT_EQ(send("GARBAGE\r\n", After::Close),
              "HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbad");
}

TEST_F(HttpAdapterTest, HeadHasTheHeadOnly) {
    handler_.answer.body = "hello";
    EXPECT_EQ(send("HEAD / HTTP/1.1\r\nHost: a\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    handler_.answer.body = pieces({"hello"});
    EXPECT_EQ(send("HEAD / HTTP/1.1\r\nHost: a\r\n"),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST_F(HttpAdapterTest, NoContentHasNeitherBodyNorLength) {
    for (const int status : {204, 304}) {
        handler_.answer.status = status;
        handler_.answer.body = pieces({"dropped"});
        const std::string answer = send(kGet);
        EXPECT_EQ(answer.substr(answer.find("\r\n")), "\r\n\r\n");
        handler_.answer.body = "dropped";
        EXPECT_EQ(send(kGet), answer);
    }
}

TEST_F(HttpAdapterTest, ProducedBodiesAreChunked) {
    handler_.answer.body = pieces({"hello", "", " world"});
    EXPECT_EQ(send(kGet),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
              "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    handler_.answer.body = pieces({});
    EXPECT_EQ(send(kGet), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_F(HttpAdapterTest, TheOldVersionGetsThemUntilTheConnectionCloses) {
    handler_.answer.body = pieces({"hello", " world"});
    EXPECT_EQ(send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n", After::Close),
              "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world");
}

TEST_F(HttpAdapterTest, WhatCannotBeCompletedIsNoAnswer) {
    handler_.answer.body = pieces({"hello"}, false);
    EXPECT_TRUE(send(kGet, After::Abandon).ends_with("5\r\nhello\r\n"));
    handler_.answer.body = BodyProducer([](BodySink& sink) -> bool {
        if (sink.write("hello")) throw std::runtime_error("broken");
        return true;
    });
    EXPECT_TRUE(send(kGet, After::Abandon).ends_with("5\r\nhello\r\n"));
    handler_.answer.body = pieces({"again"});  // and harms no later one
    EXPECT_TRUE(send(kGet).ends_with("5\r\nagain\r\n0\r\n\r\n"));
}

TEST_F(HttpAdapterTest, AProducerEndsWhenItsClientIsGone) {
    int written = 0;
    handler_.answer.body = BodyProducer([&](BodySink& sink) {
        while (sink.write("x")) ++written;
        return false;
    });
    sink_.limit = 1000;
    send(kGet, After::Abandon);
    EXPECT_GT(written, 100);
    EXPECT_LT(written, 1000);
}

TEST_F(HttpAdapterTest, NobodyToAnswer) {
    handler_.answer.is_abandoned = true;
    EXPECT_EQ(send(kGet, After::Abandon), "");
}

TEST_F(HttpAdapterTest, NoEncodingOfTheLibrarysOwn) {
    handler_.answer = {
        .status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = std::string(900, 'x')};
    EXPECT_TRUE(send(kGet + "Accept-Encoding: gzip\r\n").ends_with(std::string(900, 'x')));
    handler_.answer.body = std::string(2000, 'x');
    const std::string answer = send(kGet + "Accept-Encoding: gzip\r\n");
    EXPECT_NE(answer.find("Content-Encoding: gzip\r\n"), std::string::npos) << answer;
    EXPECT_EQ(sink_.claimed.at(2), 2000u);
    EXPECT_LT(sink_.claimed.at(3), 200u);
}

}  // namespace
}  // namespace kdeps::server
