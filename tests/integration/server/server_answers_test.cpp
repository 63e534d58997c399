// How answers reach clients: slow ones, many of them, and bodies that are produced.
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "server_fixture.hpp"
#include "support/sanitizers.hpp"

namespace kdeps::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Whether `is_so` becomes true within 10 s.
template <typename Condition>
bool await(Condition is_so) {
    const auto end = std::chrono::steady_clock::now() + seconds(30);
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(milliseconds(5));
    }
    return true;
}

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t all = 0, resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

class SlowReaderTest : public ServerFixture {
 protected:
    HttpClient stuck_reader() {
        HttpClient client = connect(4096);
        EXPECT_TRUE(client.send(get("/big")));
        EXPECT_TRUE(client.receive());
        return client;
    }
};

TEST_F(SlowReaderTest, ManyHoldNoMoreThanTheBudget) {
    constexpr std::size_t kReaders = 40, kKept = 4;
    front_.all_answers_bytes = kKept * (kBigBytes + (1u << 20));
    start();
    HttpClient other = connect();
    ASSERT_EQ(status_of(other.request(get("/quick"))), 200);
    const std::size_t before = resident_bytes();
    std::vector<HttpClient> readers;
    for (std::size_t i = 0; i < kReaders; ++i) {
        readers.push_back(stuck_reader());
        EXPECT_EQ(status_of(other.request(get("/quick"))), 200);
    }
    const auto closed = [&] {
        return static_cast<std::size_t>(std::count_if(
            readers.begin(), readers.end(), [](const HttpClient& c) { return c.is_reset(); }));
    };
    EXPECT_TRUE(await([&] { return closed() >= kReaders - kKept; })) << closed();
    EXPECT_LT(closed(), kReaders);  // and no more than need be
    if (!kIsSanitized) {
        EXPECT_LT(resident_bytes(), before + kReaders * kBigBytes / 2);
    }
    EXPECT_EQ(status_of(other.request(get("/quick"))), 200);
}

TEST_F(SlowReaderTest, TheSlowestIsClosed) {
    front_.all_answers_bytes = 5 * kBigBytes / 2;
    start();
    const HttpClient first = stuck_reader();
    std::this_thread::sleep_for(milliseconds(50));  // so that it has been slow for longer
    HttpClient second = stuck_reader();
    HttpClient third = stuck_reader();
    EXPECT_TRUE(await([&] { return first.is_reset(); }));
    EXPECT_GT(second.answer().size(), kBigBytes);
    EXPECT_GT(third.answer().size(), kBigBytes);
}

TEST_F(SlowReaderTest, OneAnswerMayBeLargerThanTheBudget) {
    front_.all_answers_bytes = 1000;
    start();
    HttpClient client = stuck_reader();
    EXPECT_GT(client.answer().size(), kBigBytes);
}

TEST_F(SlowReaderTest, WhatHasBeenTakenCountsNoMore) {
    front_.all_answers_bytes = 3 * kBigBytes / 2;
    start();
    HttpClient client = connect();
    for (int i = 0; i < 5; ++i) EXPECT_GT(client.request(get("/big")).size(), kBigBytes);
    HttpClient gone = stuck_reader();
    gone.close();
    HttpClient slow = stuck_reader();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(status_of(client.request(get("/quick"))), 200);
    EXPECT_GT(slow.answer().size(), kBigBytes);
}

TEST_F(SlowReaderTest, ADrainThatBeginsBehindTheAnswerClosesAfterIt) {
    start();
    HttpClient client = stuck_reader();
    server_->request_stop();
    EXPECT_GT(client.answer().size(), kBigBytes);
    EXPECT_TRUE(client.is_closed_within(seconds(30)));
    const auto before = std::chrono::steady_clock::now();
    server_->wait();
    EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(5));  // the drain would last 13 s
}

class BrokenClientTest : public ServerFixture {};

TEST_F(BrokenClientTest, BodiesOfClientsThatDieCountNoMore) {
    settings_.api.max_body_bytes = 1000;
    front_.all_bodies_bytes = 2500;
    start();
    const std::string head =
        "POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n";
    for (int i = 0; i < 20; ++i) {
        const HttpClient dying = connect();
        ASSERT_TRUE(dying.send(head + std::string(999, 'x')));
    }
    EXPECT_TRUE(await([&] {  // as soon as the server has heard of the last of them
        return status_of(connect().request(head + std::string(1000, 'x'))) == 200;
    }));
}

TEST_F(BrokenClientTest, MaySendOnBehindARefusal) {
    settings_.api.max_body_bytes = 1000;
    front_.linger_timeout = seconds(5);
    start();
    HttpClient client = connect();
    const std::string answer =
        client.request("POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n");
    EXPECT_EQ(status_of(answer), 413);
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(client.send(std::string(10'000, 'x'))) << i;
        ASSERT_FALSE(client.is_reset()) << i;
        std::this_thread::sleep_for(milliseconds(2));  // time for a reset to arrive
    }
}

/// Answers every `/produced` with a body of kPieces pieces, anything else at once.
class ProducedBodyTest : public ServerFixture, public server::Handler {
 protected:
    static constexpr std::size_t kPieces = 5000, kPieceBytes = 8u << 10;

    ~ProducedBodyTest() override {
        if (front_end_) front_end_->request_stop();
        if (front_end_) front_end_->wait();
    }
    void serve() {
        front_end_ = std::make_unique<server::EpollFront>(front_, adapter_, null_sink());
        server::Listeners listeners = server::open_listeners("127.0.0.1", 0, 10);
        port_ = listeners.port;
        front_end_->start(std::move(listeners));
    }
    [[nodiscard]] server::Answer handle(const server::Incoming& incoming) const noexcept override {
        server::Answer answer;
        if (incoming.head.path == "/produced") {
            answer.body = server::BodyProducer([this](server::BodySink& sink) {
                for (std::size_t i = 0; i < kPieces; ++i) {
                    if (!sink.write(std::string(kPieceBytes, static_cast<char>('a' + i % 26)))) {
                        gave_up_ = true;
                        return false;
                    }
                    written_ = i + 1;
                }
                return true;
            });
        }
        return answer;
    }
    /// How many pieces there are once no more are made.
    std::size_t stalled_at() const {
        std::size_t before = 0;
        while (written_ == 0 || before != written_) {
            before = written_;
            std::this_thread::sleep_for(milliseconds(100));
        }
        return before;
    }

    server::HttpAdapter adapter_{*this};
    std::unique_ptr<server::EpollFront> front_end_;
    int port_ = 0;
    mutable std::atomic<std::size_t> written_{0};
    mutable std::atomic<bool> gave_up_{false};
};

TEST_F(ProducedBodyTest, WaitsForItsClientAndNobodyElse) {
    serve();
    HttpClient slow(port_, 4096);
    ASSERT_TRUE(slow.send(get("/produced") + get("/next")));
    EXPECT_LT(stalled_at(), kPieces / 2);  // the kernel holds some MiB
    HttpClient other(port_);
    EXPECT_EQ(status_of(other.request(get("/quick"))), 200);
    std::string head = slow.answer(false);
    EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << head;
    for (std::size_t i = 0; i < kPieces; ++i) {
        ASSERT_EQ(slow.take(6 + kPieceBytes + 2),
                  "2000\r\n" + std::string(kPieceBytes, static_cast<char>('a' + i % 26)) + "\r\n")
            << i;
    }
    EXPECT_EQ(slow.take(5), "0\r\n\r\n");
    EXPECT_EQ(status_of(slow.answer()), 200);  // on the same connection
}

TEST_F(ProducedBodyTest, EndsWhenItsClientTakesNothing) {
    front_.write_timeout = milliseconds(100);
    serve();
    HttpClient stuck(port_, 4096);
    ASSERT_TRUE(stuck.send(get("/produced")));
    EXPECT_TRUE(await([&] { return gave_up_.load(); }));
    EXPECT_TRUE(await([&] { return stuck.is_reset(); }));
}

TEST_F(ProducedBodyTest, EndsWhenItsClientIsGone) {
    serve();
    HttpClient client(port_, 4096);
    ASSERT_TRUE(client.send(get("/produced")));
    ASSERT_TRUE(client.receive());
    client.close();
    EXPECT_TRUE(await([&] { return gave_up_.load(); }));
}

TEST_F(ProducedBodyTest, EndsWithTheDrain) {
    front_.drain_timeout = front_.cancel_timeout = milliseconds(50);
    serve();
    HttpClient stuck(port_, 4096);
    ASSERT_TRUE(stuck.send(get("/produced")));
    ASSERT_TRUE(stuck.receive());
    front_end_->request_stop();
    front_end_->wait();
    EXPECT_TRUE(gave_up_);
}

TEST_F(ProducedBodyTest, TheOldVersionReadsUntilTheEnd) {
    serve();
    HttpClient client(port_);
    ASSERT_TRUE(client.send("GET /produced HTTP/1.0\r\n\r\n"));
    while (client.receive()) {
    }
    const std::string& text = client.unread();
    EXPECT_EQ(text.size() - text.find("\r\n\r\n") - 4, kPieces * kPieceBytes);
}

}  // namespace
}  // namespace kdeps::test
