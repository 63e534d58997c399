#include "workers.hpp"

#include <future>

#include <gtest/gtest.h>

#include "connection.hpp"

namespace kdeps::server {
namespace {

using std::chrono::milliseconds;

/// Serves nothing until told; counts what has begun.
class Gate {
 public:
    void serve(Connection&) {
        std::unique_lock lock(mutex_);
        ++begun_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
        ++ended_;
        changed_.notify_all();
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
    bool open_ = false;
};

class WorkersTest : public testing::Test {
 protected:
    static constexpr WorkerSettings kSettings{
        .hot = 2, .max = 4, .late_after = milliseconds(0), .queue_patience = milliseconds(100)};

    void submit(int count) {
        for (int i = 0; i < count; ++i) {
            connections_.push_back(
                std::make_unique<Connection>(-1, RequestLimits{}, budget_, budget_));
            workers_.submit(*connections_.back(), std::chrono::steady_clock::now());
        }
    }
    /// As if all that is blocked had been blocked for `span`.
    std::size_t relieve_after(milliseconds span) {
        return workers_.relieve(std::chrono::steady_clock::now() + span).size();
    }

    Gate gate_;
    ByteBudget budget_{1};
    std::vector<std::unique_ptr<Connection>> connections_;
    Workers workers_{kSettings, [this](Connection& c) { gate_.serve(c); }};
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

TEST_F(WorkersTest, IdleWorkersServeAgain) {
    submit(1);
    gate_.open_and_await(1);
    submit(3);
    gate_.open_and_await(4);
    EXPECT_LE(workers_.thread_count(), 2u);
}

}  // namespace
}  // namespace kdeps::server
