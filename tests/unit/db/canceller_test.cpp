#include "canceller.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/fake_driver.hpp"

namespace kdeps::db {
namespace {

using namespace std::chrono_literals;
using Cause = Canceller::Cause;

class CancellerTest : public testing::Test {
 protected:
    /// Runs a statement under watch; returns why it was ended.
    Cause run(const char* text, Deadline deadline, const std::stop_token& stop = {},
              Canceller::How how = Canceller::How::Cancel) {
        Canceller::Watch watch(target, deadline, stop, how);
        try {
            static_cast<void>(connection->execute(
                {.text = std::make_shared<const std::string>(text), .statement_class = {}}, {}));
        } catch (const Error&) {
        }
        return watch.finish();
    }

    test::FakeServer server;
    test::FakeDriver driver{server};
    std::unique_ptr<Connection> connection = driver.connect(Deadline::never());
    Canceller canceller{60s};  // no abort, however slow the machine
    Canceller::Target target{canceller, *connection};
};

TEST_F(CancellerTest, CallThatEndsInTimeIsLeftAlone) {
    EXPECT_EQ(run("SELECT", Deadline::never()), Cause::None);
    EXPECT_EQ(run("SELECT", Deadline::after(1h)), Cause::None);
    EXPECT_EQ(server.counts().cancels, 0);
}

TEST_F(CancellerTest, DeadlineCancels) {
    EXPECT_EQ(run("BLOCK", Deadline::after(5ms)), Cause::Deadline);
    EXPECT_GE(server.counts().cancels, 1);
    EXPECT_EQ(server.counts().aborts, 0);
}

TEST_F(CancellerTest, EarlierDeadlineWakesTheWatcher) {
    const auto other = driver.connect(Deadline::never());
    Canceller::Target others{canceller, *other};
    Canceller::Watch later(others, Deadline::after(1h), {});
    EXPECT_EQ(run("BLOCK", Deadline::after(5ms)), Cause::Deadline);
    EXPECT_EQ(later.finish(), Cause::None);
}

TEST_F(CancellerTest, StopCancels) {
    std::stop_source source;
    std::jthread stopper([&] {
        server.wait_until([](const auto& counts) { return counts.statements == 1; });
        source.request_stop();
    });
    EXPECT_EQ(run("BLOCK", Deadline::never(), source.get_token()), Cause::Stop);
}

TEST_F(CancellerTest, CancelThatOvertookItsStatementIsRepeated) {
    // The cancel of a stop that came before arrives before the statement begins and is lost.
    std::stop_source source;
    source.request_stop();
    Canceller::Watch watch(target, Deadline::never(), source.get_token());
    server.wait_until([](const auto& counts) { return counts.cancels == 1; });
    EXPECT_THROW(
        static_cast<void>(connection->execute(
            {.text = std::make_shared<const std::string>("BLOCK"), .statement_class = {}}, {})),
        Error);
    EXPECT_EQ(watch.finish(), Cause::Stop);
    EXPECT_GE(server.counts().cancels, 2);
    EXPECT_EQ(server.counts().aborts, 0);
}

TEST_F(CancellerTest, CallsInARowAreWatchedEachForItself) {
    std::stop_source source;
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_EQ(run("SELECT", Deadline::after(1h), source.get_token()), Cause::None);
    }
    source.request_stop();  // when nothing is under way
    EXPECT_EQ(run("SELECT", Deadline::after(1h)), Cause::None);
    EXPECT_EQ(server.counts().cancels, 0);
}

TEST_F(CancellerTest, CancelWithoutEffectBecomesAnAbort) {
    Canceller hasty{20ms};
    Canceller::Target hurried{hasty, *connection};
    Canceller::Watch watch(hurried, Deadline::after(5ms), {});
    EXPECT_THROW(
        static_cast<void>(connection->execute(
            {.text = std::make_shared<const std::string>("DEAF"), .statement_class = {}}, {})),
        Error);
    EXPECT_EQ(watch.finish(), Cause::Deadline);
    EXPECT_GE(server.counts().cancels, 1);
    EXPECT_EQ(server.counts().aborts, 1);
    EXPECT_EQ(connection->state(), SessionState::Broken);
}

TEST_F(CancellerTest, AbortAtOnceDoesNotCancel) {
    EXPECT_EQ(run("DEAF", Deadline::after(5ms), {}, Canceller::How::Abort), Cause::Deadline);
    EXPECT_EQ(server.counts().cancels, 0);
    EXPECT_EQ(server.counts().aborts, 1);
}

TEST_F(CancellerTest, CancelThatIsStuckCostsTheSession) {
    Canceller hasty{20ms};
    server.hold_cancels(true);
    Canceller::Target hurried{hasty, *connection};
    Canceller::Watch watch(hurried, Deadline::after(0ms), {});
    server.wait_until([](const auto& counts) { return counts.cancels == 1; });
    // The call ends by itself, yet its cancel may still meet the session's next statement.
    EXPECT_EQ(watch.finish(), Cause::Deadline);
    EXPECT_GE(server.counts().aborts, 1);
    EXPECT_EQ(connection->state(), SessionState::Broken);
}

TEST_F(CancellerTest, NothingIsCancelledThatHasEnded) {
    Canceller single{60s, 1};
    std::vector<std::unique_ptr<Connection>> sessions;
    std::vector<std::unique_ptr<Canceller::Target>> targets;
    for (int i = 0; i < 4; ++i) {
        sessions.push_back(driver.connect(Deadline::never()));
        targets.push_back(std::make_unique<Canceller::Target>(single, *sessions.back()));
    }
    server.hold_cancels(true);
    Canceller::Watch holds_the_thread(*targets[0], Deadline::after(0ms), {});
    server.wait_until([](const auto& counts) { return counts.cancels == 1; });
    Canceller::Watch waits_its_turn(*targets[1], Deadline::after(0ms), {});
    Canceller::Watch aborted(*targets[2], Deadline::after(0ms), {}, Canceller::How::Abort);
    // Then the cancel that waits has been asked for as well.
    server.wait_until([](const auto& counts) { return counts.aborts > 0; });
    EXPECT_EQ(waits_its_turn.finish(), Cause::Deadline);  // does not wait for that cancel
    server.hold_cancels(false);
    Canceller::Watch last(*targets[3], Deadline::after(0ms), {});
    server.wait_until([](const auto& counts) { return counts.cancels >= 2; });
    EXPECT_EQ(server.cancels_of(*sessions[1]), 0);
}

TEST_F(CancellerTest, StuckCancelsDelayNoAbort) {
    constexpr int kMoreThanThreads = 100;
    Canceller hasty{20ms};
    server.hold_cancels(true);
    std::vector<std::unique_ptr<Connection>> connections;
    std::vector<std::unique_ptr<Canceller::Target>> targets;
    std::vector<std::unique_ptr<Canceller::Watch>> watches;
    for (int i = 0; i < kMoreThanThreads; ++i) {
        connections.push_back(driver.connect(Deadline::never()));
        targets.push_back(std::make_unique<Canceller::Target>(hasty, *connections.back()));
        watches.push_back(std::make_unique<Canceller::Watch>(*targets.back(), Deadline::after(0ms),
                                                             std::stop_token()));
    }
    server.wait_until([](const auto& counts) { return counts.aborts >= kMoreThanThreads; });
    for (const auto& watch : watches) EXPECT_EQ(watch->finish(), Cause::Deadline);
}

TEST_F(CancellerTest, ManyCallsEndWithTheirOwnCause) {
    std::vector<std::jthread> threads;
    std::atomic<int> wrong = 0;
    std::vector<std::unique_ptr<Connection>> connections;
    for (int i = 0; i < 16; ++i) connections.push_back(driver.connect(Deadline::never()));
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([this, i, &wrong, &connections] {
            Connection& mine = *connections[static_cast<std::size_t>(i)];
            Canceller::Target my_target(canceller, mine);
            for (int round = 0; round < 20; ++round) {
                const bool blocks = (round + i) % 3 == 0;
                Canceller::Watch watch(my_target, Deadline::after(blocks ? 1ms : 1h), {});
                try {
                    static_cast<void>(mine.execute(
                        {.text = std::make_shared<const std::string>(blocks ? "BLOCK" : "SELECT"),
                         .statement_class = {}},
                        {}));
                } catch (const Error&) {
                }
                if (watch.finish() != (blocks ? Cause::Deadline : Cause::None)) ++wrong;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace kdeps::db
