#include "kdeps/io/task_threads.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "support/no_memory.hpp"
#include "support/no_threads.hpp"

namespace kdeps::io {
namespace {

using namespace std::chrono_literals;

/// A task that runs until let go.
struct Gate {
    std::promise<void> begun, released;
    std::shared_future<void> release{released.get_future()};

    [[nodiscard]] std::function<void()> task() {
        return [this] {
            begun.set_value();
            release.wait();
        };
    }
};

TEST(TaskThreadsTest, RunsInOrderOnOneThread) {
    std::string order;
    {
        TaskThreads threads({.max = 1});
        for (const char c : {'a', 'b', 'c'}) threads.start([&order, c] { order += c; });
    }
    EXPECT_EQ(order, "abc");
}

TEST(TaskThreadsTest, TasksThatBlockRunSideBySideUpToTheMaximum) {
    TaskThreads threads({.max = 3});
    std::latch together(3);
    for (int i = 0; i < 3; ++i) threads.start([&] { together.arrive_and_wait(); });
    threads.join();

    Gate first, second;
    std::atomic<bool> third = false;
    TaskThreads two({.max = 2});
    two.start(first.task());
    two.start(second.task());
    first.begun.get_future().wait();
    second.begun.get_future().wait();
    two.start([&] { third = true; });
    EXPECT_FALSE(two.join_until(Deadline::after(1ms)));
    EXPECT_FALSE(third);
    first.released.set_value();
    second.released.set_value();
    two.join();
    EXPECT_TRUE(third);
}

TEST(TaskThreadsTest, KeptThreadsServeAgain) {
    TaskThreads threads({.max = 4, .kept = 1});
    std::mutex mutex;
    std::set<std::thread::id> ids;
    for (int i = 0; i < 20; ++i) {
        threads.start([&] {
            const std::lock_guard lock(mutex);
            ids.insert(std::this_thread::get_id());
        });
        threads.join();
    }
    EXPECT_EQ(ids.size(), 1u);
}

TEST(TaskThreadsTest, TasksOfTasksAreWaitedFor) {
    TaskThreads threads({.max = 2});
    std::atomic<int> count = 0;
    threads.start([&] {
        threads.start([&] { ++count; });
        ++count;
    });
    threads.join();
    EXPECT_EQ(count, 2);
}

TEST(TaskThreadsTest, WithoutAThreadATaskIsRefusedAndNeverRun) {
    TaskThreads threads({.max = 2});
    const auto task = std::make_shared<int>(0);
    try {
        const test::NoThreads none;
        threads.start([task] { ++*task; });
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::ServiceUnavailable);
        EXPECT_STREQ(error.what(), "the system allows this program no further thread");
        EXPECT_EQ(error.detail().hint,
                  "raise the limit of processes: `ulimit -u` of the user, TasksMax of the service, "
                  "or pids.max of the container");
    }
    EXPECT_EQ(task.use_count(), 1);
    threads.start([task] { ++*task; });
    threads.join();
    EXPECT_EQ(*task, 1);
}

TEST(TaskThreadsTest, WithoutMemoryATaskIsRefusedAndNeverRun) {
    bool is_refused = true;
    for (int allowed = 0; is_refused; ++allowed) {
        const auto runs = std::make_shared<int>(0);
        {
            TaskThreads threads({.max = 2});
            std::function<void()> task = [runs] { ++*runs; };
            try {
                const test::NoMemory none(allowed);
                threads.start(std::move(task));
                is_refused = false;
            } catch (const std::bad_alloc&) {
                task = nullptr;
                EXPECT_EQ(runs.use_count(), 1) << allowed;
            }
            threads.start([] {});
        }
        EXPECT_EQ(*runs, is_refused ? 0 : 1) << allowed;
    }
}

TEST(TaskThreadsTest, WithoutAnotherThreadATaskWaitsForThoseThatRun) {
    TaskThreads threads({.max = 2});
    Gate gate;
    threads.start(gate.task());
    std::thread::id ran_on;
    {
        const test::NoThreads none;
        threads.start([&] { ran_on = std::this_thread::get_id(); });
    }
    gate.released.set_value();
    threads.join();
    EXPECT_NE(ran_on, std::thread::id());
    EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(TaskThreadsTest, AReservedThreadRefusesNothing) {
    TaskThreads threads({.max = 2, .kept = 1, .reserved = 1});
    int made = 0;
    const test::NoThreads none;
    threads.start([&] { ++made; });
    threads.join();
    threads.start([&] { ++made; });
    threads.join();
    EXPECT_EQ(made, 2);
    EXPECT_THROW(TaskThreads({.max = 2, .kept = 1, .reserved = 1}), Error);
}

}  // namespace
}  // namespace kdeps::io
