#include "workers.hpp"

#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "connection.hpp"
#include "support/no_threads.hpp"

namespace kdeps::server {
namespace {

using std::chrono::milliseconds;

/// Serves nothing until told; counts what has begun.
class Gate {
 public:
    void serve(Connection&) {
        std::unique_lock lock(mutex_);
        const int number = ++begun_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_ || number <= first_open_; });
        if (number > first_open_) late_servers_.insert(std::this_thread::get_id());
        ++ended_;
        changed_.notify_all();
    }
    /// Lets the first `count` end.
    void open_first(int count) {
        const std::lock_guard lock(mutex_);
        first_open_ = count;
        changed_.notify_all();
    }
    /// How many threads have served what came after those of open_first().
    std::size_t late_servers() {
        const std::lock_guard lock(mutex_);
        return late_servers_.size();
    }
    void await_begun(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return begun_ >= count; });
    }
    void open_and_await(int count) {
        std::unique_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return ended_ >= count; });
    }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int begun_ = 0;
    int ended_ = 0;
    int first_open_ = 0;
    bool open_ = false;
    std::set<std::thread::id> late_servers_;
};

class WorkersTest : public testing::Test {
 protected:
    static constexpr WorkerSettings kSettings{
        .hot = 2, .max = 4, .late_after = milliseconds(0), .queue_patience = milliseconds(100)};

    explicit WorkersTest(const WorkerSettings& settings = kSettings)
        : workers_(settings, [this](Connection& c) { gate_.serve(c); }) {}

    /// As if they had come `age` ago.
    void submit(int count, milliseconds age = milliseconds(0)) {
        for (int i = 0; i < count; ++i) {
            connections_.push_back(
                std::make_unique<Connection>(io::Descriptor(), RequestLimits{}, budget_, budget_));
            workers_.submit(*connections_.back(), std::chrono::steady_clock::now() - age);
        }
    }
    /// As if all that is blocked had been blocked for `span`.
    std::size_t relieve_after(milliseconds span) {
        return workers_.relieve(std::chrono::steady_clock::now() + span).size();
    }

    Gate gate_;
    ByteBudget budget_{1};
    std::vector<std::unique_ptr<Connection>> connections_;
    Workers workers_;
};

TEST_F(WorkersTest, StartsOnlyHotWorkersForABurst) {
    submit(5);
    gate_.await_begun(2);
    EXPECT_EQ(workers_.thread_count(), 2u);
    EXPECT_TRUE(workers_.has_waiting());
    gate_.open_and_await(5);
    EXPECT_FALSE(workers_.has_waiting());
}

TEST_F(WorkersTest, AddsWorkersWhenTheHotOnesBlock) {
    submit(5);
    gate_.await_begun(2);
    EXPECT_EQ(relieve_after(milliseconds(10)), 0u);
    gate_.await_begun(4);
    EXPECT_EQ(workers_.thread_count(), 4u);
    gate_.open_and_await(5);
}

TEST_F(WorkersTest, RefusesWhatNobodyWillServe) {
    submit(4);
    gate_.await_begun(2);
    EXPECT_EQ(relieve_after(milliseconds(10)), 0u);
    gate_.await_begun(4);
    submit(2);
    EXPECT_EQ(relieve_after(milliseconds(50)), 0u);  // patience is not over
    EXPECT_EQ(relieve_after(milliseconds(150)), 2u);
    EXPECT_FALSE(workers_.has_waiting());
    gate_.open_and_await(4);
}

TEST_F(WorkersTest, RefusesWhatNoThreadIsLeftFor) {
    submit(1);
    gate_.await_begun(1);
    const test::NoThreads none;
    submit(3);
    EXPECT_EQ(relieve_after(milliseconds(50)), 0u);
    EXPECT_EQ(relieve_after(milliseconds(150)), 3u);
    EXPECT_EQ(workers_.thread_count(), 1u);
    gate_.open_and_await(1);
    submit(1);
    gate_.open_and_await(2);
}

class SurplusWorkersTest : public WorkersTest {
 protected:
    static constexpr std::chrono::hours kLate{1};
    SurplusWorkersTest()
        : WorkersTest({.hot = 2, .max = 4, .late_after = kLate, .queue_patience = 9 * kLate}) {}
};

TEST_F(SurplusWorkersTest, ParkWhenRequestsAreShortAgain) {
    submit(4, 2 * kLate);
    gate_.await_begun(2);
    EXPECT_EQ(relieve_after(2 * kLate), 0u);
    gate_.await_begun(4);
    submit(4);
    gate_.open_first(4);
    gate_.await_begun(6);
    gate_.open_and_await(8);
    EXPECT_EQ(gate_.late_servers(), 2u);
}

TEST_F(WorkersTest, IdleWorkersServeAgain) {
    submit(1);
    gate_.open_and_await(1);
    submit(3);
    gate_.open_and_await(4);
    EXPECT_LE(workers_.thread_count(), 2u);
}

}  // namespace
}  // namespace kdeps::server
