#include "kdeps/io/abandonable_calls.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "support/no_threads.hpp"

namespace kdeps::io {
namespace {

using namespace std::chrono_literals;

/// A call that lasts until let_go(), and tells its beginning and end.
struct StuckCall {
    std::promise<void> begun, released, ended;

    [[nodiscard]] static std::function<void()> action(const std::shared_ptr<StuckCall>& call) {
        return [call] {
            call->begun.set_value();
            call->released.get_future().wait();
            call->ended.set_value();
        };
    }
    void let_go() {
        released.set_value();
        ended.get_future().wait();
    }
};

TEST(AbandonableCallsTest, CallThatEndsIsWaitedFor) {
    AbandonableCalls calls;
    int made = 0;
    EXPECT_TRUE(calls.run([&made] { ++made; }, Deadline::never()));
    EXPECT_TRUE(calls.run([&made] { ++made; }, Deadline::after(1h)));
    EXPECT_EQ(made, 2);
}

TEST(AbandonableCallsTest, LimitEndsTheWaiting) {
    AbandonableCalls calls;
    const auto stuck = std::make_shared<StuckCall>();
    EXPECT_FALSE(calls.run(StuckCall::action(stuck), Deadline::after(1ms)));
    stuck->let_go();
}

TEST(AbandonableCallsTest, AbandonEndsTheWaiting) {
    AbandonableCalls calls;
    const auto stuck = std::make_shared<StuckCall>();
    const std::jthread abandoner([&] {
        stuck->begun.get_future().wait();
        calls.abandon();
    });
    EXPECT_FALSE(calls.run(StuckCall::action(stuck), Deadline::never()));
    stuck->let_go();
}

TEST(AbandonableCallsTest, NothingIsBegunAfterwards) {
    AbandonableCalls calls;
    calls.abandon();
    int made = 0;
    EXPECT_TRUE(calls.run([&made] { ++made; }, Deadline::never()));
    EXPECT_EQ(made, 0);
}

TEST(AbandonableCallsTest, AbandonedCallGivesItsTurnToTheNext) {
    TaskThreads one_thread({.max = 1});
    AbandonableCalls first, second, third;
    const auto stuck = std::make_shared<StuckCall>();
    EXPECT_FALSE(first.run(one_thread, StuckCall::action(stuck), Deadline::after(1ms)));
    int made = 0;
    std::jthread abandoned([&] {
        EXPECT_TRUE(second.run(
            one_thread, [&made] { made += 10; }, Deadline::never()));
    });
    second.abandon();
    abandoned.join();
    std::jthread served([&] {
        EXPECT_TRUE(third.run(
            one_thread, [&made] { ++made; }, Deadline::never()));
    });
    stuck->let_go();
    served.join();
    EXPECT_EQ(made, 1);
}

TEST(AbandonableCallsTest, WithoutAThreadNothingIsCalled) {
    AbandonableCalls calls;
    int made = 0;
    const test::NoThreads none;
    EXPECT_THROW(static_cast<void>(calls.run([&made] { ++made; }, Deadline::never())), Error);
    EXPECT_EQ(made, 0);
}

/// Destroyed by exit(), which a call left behind must not live to see.
struct Static {
    ~Static() { std::fputs("destroyed", stderr); }
};

[[noreturn]] void exit_beside_a_call() {
    static const Static statics;
    AbandonableCalls calls;
    std::promise<void> never;
    static_cast<void>(calls.run([&] { never.get_future().wait(); }, Deadline::after(1ms)));
    std::printf("unflushed");
    std::exit(3);
}

TEST(AbandonableCallsDeathTest, ExitBesideACallDestroysNothing) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(exit_beside_a_call(), testing::ExitedWithCode(3), "^$");
}

}  // namespace
}  // namespace kdeps::io
