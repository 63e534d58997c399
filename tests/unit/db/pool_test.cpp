// One file, though long: all of it is about one class, with one fixture and one fake server.
#include "kdeps/db/pool.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/fake_clock.hpp"
#include "support/fake_driver.hpp"

namespace kdeps::db {
namespace {

using namespace std::chrono_literals;
using sql::SessionEffect;

class PoolTest : public testing::Test {
 protected:
    void open_pool(std::size_t max, std::size_t min = 0, std::chrono::milliseconds timeout = 30s) {
        settings.name = "analytics";
        settings.max_connections = max;
        settings.min_connections = min;
        settings.connection_timeout = timeout;
        pool.emplace(settings, std::make_shared<test::FakeDriver>(server), events);
    }
    void open_pool_with_fake_clock(std::size_t max, std::size_t min = 0) {
        settings.name = "analytics";
        settings.max_connections = max;
        settings.min_connections = min;
        pool.emplace(settings, std::make_shared<test::FakeDriver>(server), events, clock);
    }
    /// Moves the clock and wakes the housekeeper, whose sleep a fake clock cannot end.
    void pass(std::chrono::milliseconds span) {
        clock.advance(span);
        pool->configure(settings);
    }
    /// Lets a caller wait for its 30 s, after `condition` holds.
    template <typename Condition>
    Error error_of_timed_out_caller(Condition condition) {
        std::optional<Error> error;
        std::jthread caller([&] { error = error_of([&] { acquire(); }); });
        wait_until([&](const PoolStats& stats) { return stats.waiting == 1 && condition(stats); });
        pass(30s);
        caller.join();
        return *error;
    }
    Lease acquire(std::string holder = "resource 'report'") {
        return pool->acquire({.holder = std::move(holder)});
    }
    static Statement statement(const char* text, SessionEffect effect = SessionEffect::Neutral) {
        return {.text = std::make_shared<const std::string>(text),
                .statement_class = {effect, false}};
    }
    static Result execute(Lease& lease, const char* text,
                          SessionEffect effect = SessionEffect::Neutral,
                          Deadline deadline = Deadline::never(), const std::stop_token& stop = {}) {
        return lease.execute(statement(text, effect), {}, deadline, stop);
    }
    template <typename Call>
    static Error error_of(Call call) {
        try {
            call();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "no error";
        return Error(ErrorCode::Internal, "no error");
    }
    /// The error of `call(deadline)`, whose statement is under way when the deadline passes. Where
    /// the machine is so busy that it passes before, a later one is tried.
    template <typename Call>
    Error error_at_deadline(Call call) {
        for (auto span = 10ms;; span *= 2) {
            const int sent = server.counts().statements;
            const Error error = error_of([&] { call(Deadline::after(span)); });
            if (server.counts().statements > sent) return error;
        }
    }
    Error error_of_deaf_server() {
        return error_at_deadline([this](Deadline deadline) {
            static_cast<void>(pool->execute(statement("DEAF"), {}, {.deadline = deadline}));
        });
    }
    /// Waits until the pool's numbers are as wanted; the test's time limit is ctest's.
    template <typename Condition>
    void wait_until(Condition condition) {
        while (!condition(pool->stats())) std::this_thread::yield();
    }

    test::FakeClock clock;
    test::FakeServer server;
    test::EventLog events;
    sql::PoolSettings settings;
    std::optional<Pool> pool;
};

TEST_F(PoolTest, LendsOneSessionAgainAndAgainWithoutARoundTrip) {
    open_pool(2);
    for (int i = 0; i < 3; ++i) {
        Lease lease = acquire();
        ASSERT_TRUE(lease);
        EXPECT_EQ(lease.connection().session_id(), "1");
        EXPECT_EQ(execute(lease, "SELECT").rows_affected, 1);
    }
    const auto counts = server.counts();
    EXPECT_EQ(counts.connects, 1);
    EXPECT_EQ(counts.statements, 3);
    EXPECT_EQ(counts.pings + counts.resets + counts.rollbacks, 0);
    EXPECT_EQ(pool->stats().acquired_ever, 3u);
}

TEST_F(PoolTest, TimeoutSaysWhoHoldsTheConnectionsAndForHowLong) {
    open_pool_with_fake_clock(1);
    const Lease held = acquire();
    const Error error = error_of_timed_out_caller([](const PoolStats&) { return true; });
    EXPECT_EQ(error.code(), ErrorCode::PoolTimeout);
    EXPECT_STREQ(error.what(),
                 "pool 'analytics': no connection within 30000 ms (total=1 active=1 idle=0 "
                 "waiting=1); longest holder: resource 'report' for 30 s");
    EXPECT_EQ(error.detail().connection, "analytics");
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(pool->stats().timeouts_ever, 1u);
}

TEST_F(PoolTest, TimeoutTellsTheLastConnectError) {
    open_pool_with_fake_clock(2);
    const Lease held = acquire("");
    server.set_connect_error("too many clients");
    const Error error = error_of_timed_out_caller(
        [](const PoolStats& stats) { return !stats.last_connect_error.empty(); });
    // An attempt that is under way counts in `total`, so only the end of the text is certain.
    EXPECT_TRUE(std::string_view(error.what()).ends_with("; last connect error: too many clients"))
        << error.what();
}

TEST_F(PoolTest, CallersOwnDeadlineCountsIfSooner) {
    open_pool(1);
    const Lease held = acquire("");
    const Error error =
        error_of([&] { static_cast<void>(pool->acquire({.deadline = Deadline::after(10ms)})); });
    EXPECT_EQ(error.code(), ErrorCode::PoolTimeout);
}

TEST_F(PoolTest, StopEndsTheWait) {
    open_pool(1);
    const Lease held = acquire();
    std::stop_source source;
    std::jthread stopper([&] {
        wait_until([](const PoolStats& stats) { return stats.waiting == 1; });
        source.request_stop();
    });
    const Error error =
        error_of([&] { static_cast<void>(pool->acquire({.stop = source.get_token()})); });
    EXPECT_EQ(error.code(), ErrorCode::Cancelled);
    EXPECT_STREQ(error.what(), "pool 'analytics': stopped while waiting for a connection");
    EXPECT_EQ(pool->stats().waiting, 0u);
}

TEST_F(PoolTest, FullQueueRefusesAtOnce) {
    settings.max_waiters = 0;
    open_pool(1);
    const Error error = error_of([&] { acquire(); });
    EXPECT_EQ(error.code(), ErrorCode::PoolQueueFull);
    EXPECT_STREQ(error.what(),
                 "pool 'analytics': too many callers wait for a connection (total=0 active=0 "
                 "idle=0 waiting=1)");
}

TEST_F(PoolTest, FailedConnectIsToldInTheServersWords) {
    server.set_connect_error("password authentication failed for user \"app\"");
    open_pool(3);
    const Error error = error_of([&] { acquire(); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_STREQ(error.what(), "password authentication failed for user \"app\"");
    EXPECT_EQ(error.detail().connection, "analytics");
    EXPECT_EQ(pool->stats().last_connect_error, "password authentication failed for user \"app\"");
    server.set_connect_error("");
    EXPECT_TRUE(acquire());
    EXPECT_EQ(pool->stats().last_connect_error, "");
}

TEST_F(PoolTest, SameConnectErrorIsAnEventOnce) {
    server.set_connect_error("refused");
    open_pool(1);
    for (int i = 0; i < 5; ++i) error_of([&] { acquire(); });
    pool.reset();  // a caller may be answered before the event
    EXPECT_EQ(events.count("failed: refused"), 1);
}

TEST_F(PoolTest, ManyCallersFailTogetherWithoutAStormOfLogins) {
    server.hold_connects(true);
    server.set_connect_error("refused");
    open_pool(10);
    std::atomic<int> refused = 0;
    std::vector<std::jthread> callers;
    for (int i = 0; i < 50; ++i) {
        callers.emplace_back([&] {
            if (error_of([&] { acquire(); }).code() == ErrorCode::ConnectionFailed) ++refused;
        });
    }
    wait_until([](const PoolStats& stats) { return stats.waiting == 50; });
    server.hold_connects(false);
    callers.clear();
    EXPECT_EQ(refused, 50);
    EXPECT_EQ(server.counts().connects, 4);
}

TEST_F(PoolTest, CallerThatGivesUpLeavesItsConnectionToTheNext) {
    server.hold_connects(true);
    open_pool(1, 0, 10ms);
    EXPECT_EQ(error_of([&] { acquire(); }).code(), ErrorCode::PoolTimeout);
    server.hold_connects(false);
    wait_until([](const PoolStats& stats) { return stats.idle == 1; });
    EXPECT_TRUE(acquire());
    EXPECT_EQ(server.counts().connects, 1);
}

TEST_F(PoolTest, OpenTransactionIsRolledBackBeforeTheNextUse) {
    open_pool(1);
    {
        Lease lease = acquire();
        execute(lease, "BEGIN", SessionEffect::Transactional);
    }
    Lease next = acquire();
    EXPECT_EQ(next.connection().session_id(), "1");
    EXPECT_EQ(server.counts().rollbacks, 1);
    EXPECT_EQ(server.counts().resets, 0);
}

TEST_F(PoolTest, NobodyWaitsForTheCleaningOfWhatHeGivesBack) {
    open_pool(1);
    server.hold_cleaning(true);
    {
        Lease lease = acquire();
        lease.run({}, {.begin = true}, Deadline::never(), {});
    }
    server.wait_until([](const auto& counts) { return counts.rollbacks == 1; });
    EXPECT_EQ(pool->stats().cleaning, 1u);
    EXPECT_EQ(pool->stats().active, 0u);
    std::jthread thawer([&] {
        wait_until([](const PoolStats& stats) { return stats.waiting == 1; });
        server.hold_cleaning(false);
    });
    EXPECT_EQ(acquire().connection().session_id(), "1");
}

TEST_F(PoolTest, ClosingThePoolEndsCleanings) {
    open_pool(1);
    server.hold_cleaning(true);
    {
        Lease lease = acquire();
        lease.run({}, {.begin = true}, Deadline::never(), {});
    }
    server.wait_until([](const auto& counts) { return counts.rollbacks == 1; });
    pool.reset();
    EXPECT_EQ(server.counts().aborts, 1);
    EXPECT_EQ(server.counts().open, 0);
    EXPECT_EQ(events.count("closed: the pool is closed"), 1);
}

TEST_F(PoolTest, GivingBackLooksAtTheSocketOnceAtMost) {
    open_pool(1);
    { const Lease unused = acquire(); }
    EXPECT_EQ(server.counts().looks, 1);
    {
        Lease lease = acquire();
        execute(lease, "BEGIN", SessionEffect::Transactional);
    }
    EXPECT_LE(server.counts().looks, 2);  // none, if the machine is fast enough
}

TEST_F(PoolTest, CommitIsNotWaitedForWithoutLimit) {
    open_pool(1);
    server.set_commit_hangs(true);
    {
        Lease lease = acquire();
        const Error error = error_of(
            [&] { lease.run({}, {.begin = true, .commit = true}, Deadline::never(), {}, 10ms); });
        EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
        EXPECT_STREQ(error.what(), "no answer to COMMIT within 10 ms");
        EXPECT_EQ(error.detail().outcome, Outcome::Unknown);
    }
    wait_until([](const PoolStats& stats) { return stats.closed_ever == 1; });
    EXPECT_EQ(server.counts().rollbacks, 0);
}

TEST_F(PoolTest, CallerLeavesAServerThatDoesNotTakeTheCancel) {
    open_pool(1);
    server.hold_cancels(true);
    std::chrono::steady_clock::duration late{};
    {
        Lease lease = acquire();
        const Error error = error_at_deadline([&](Deadline deadline) {
            try {
                execute(lease, "DEAF", SessionEffect::Neutral, deadline);
            } catch (...) {
                late = std::chrono::steady_clock::now() - deadline.time();
                throw;
            }
        });
        EXPECT_EQ(error.code(), ErrorCode::ResourceTimeout);
        EXPECT_EQ(error.detail().outcome, Outcome::Unknown);
    }
    EXPECT_LT(late, 1s);
    wait_until([](const PoolStats& stats) { return stats.closed_ever == 1; });
}

TEST_F(PoolTest, SessionThatWasShutDownCountsUntilTheServerLetsGoOfIt) {
    open_pool(1);
    server.hold_ends(true);
    EXPECT_EQ(error_of_deaf_server().code(), ErrorCode::ResourceTimeout);
    const Error next =
        error_of([&] { static_cast<void>(pool->acquire({.deadline = Deadline::after(10ms)})); });
    EXPECT_EQ(next.code(), ErrorCode::PoolTimeout);
    EXPECT_EQ(server.counts().connects, 1);
    EXPECT_EQ(pool->stats().total, 1u);
    server.hold_ends(false);
    EXPECT_EQ(acquire().connection().session_id(), "2");
}

TEST_F(PoolTest, SessionWhoseEndIsNotConfirmedCountsForHalfAMinute) {
    open_pool_with_fake_clock(1);
    server.hold_ends(true);
    EXPECT_EQ(error_of_deaf_server().code(), ErrorCode::ResourceTimeout);
    wait_until([](const PoolStats& stats) { return stats.active == 0; });
    clock.advance(29s);
    EXPECT_EQ(pool->stats().total, 1u);
    pass(1s);
    EXPECT_EQ(acquire().connection().session_id(), "2");
}

TEST_F(PoolTest, SessionThatCannotRollBackIsClosed) {
    open_pool(1);
    server.set_rollbacks_fail(true);
    {
        Lease lease = acquire();
        lease.run({}, {.begin = true}, Deadline::never(), {});
    }
    wait_until([](const PoolStats& stats) { return stats.closed_ever == 1; });
    EXPECT_EQ(events.count("closed: cannot roll back"), 1);
}

TEST_F(PoolTest, ChangedSessionIsResetBeforeTheNextUse) {
    open_pool(1);
    {
        Lease lease = acquire();
        execute(lease, "SET", SessionEffect::Session);
        execute(lease, "SELECT");
    }
    { const Lease untouched = acquire(); }
    EXPECT_EQ(server.counts().resets, 1);
    server.set_resets_fail(true);
    {
        Lease lease = acquire();
        execute(lease, "SET", SessionEffect::Session);
    }
    wait_until([](const PoolStats& stats) { return stats.closed_ever == 1; });
    EXPECT_EQ(events.count("closed: the session reset failed"), 1);
}

TEST_F(PoolTest, ResetPolicyIsLive) {
    open_pool(1);
    settings.reset_on_release = sql::ResetPolicy::Discard;
    pool->configure(settings);
    { const Lease lease = acquire(); }
    settings.reset_on_release = sql::ResetPolicy::None;
    pool->configure(settings);
    {
        Lease lease = acquire();
        execute(lease, "BEGIN", SessionEffect::Session);
    }
    static_cast<void>(acquire());
    EXPECT_EQ(server.counts().resets, 1);
    EXPECT_EQ(server.counts().rollbacks, 1);
}

struct EndingCase {
    const char *name, *statement, *reason;
};
class PoolEndingTest : public PoolTest, public testing::WithParamInterface<EndingCase> {};

TEST_P(PoolEndingTest, ConnectionClassErrorsCloseTheSession) {
    open_pool(1);
    {
        Lease lease = acquire();
        EXPECT_EQ(error_of([&] { execute(lease, GetParam().statement); }).detail().connection,
                  "analytics");
    }
    wait_until([](const PoolStats& stats) { return stats.closed_ever == 1; });
    EXPECT_EQ(events.count(std::string("closed: ") + GetParam().reason), 1);
}

constexpr EndingCase kEndingCases[] = {
    {"ConnectionLost", "LOSE", "connection lost"},
    {"AdminShutdown", "FAIL 57P01", "server error 57P01"},
    {"ConnectionException", "FAIL 08006", "server error 08006"},
    {"TooManyConnections", "FAIL 53300", "server error 53300"},
};
INSTANTIATE_TEST_SUITE_P(Cases, PoolEndingTest, testing::ValuesIn(kEndingCases),
                         [](const auto& c) { return c.param.name; });

TEST_F(PoolTest, OrdinaryErrorsKeepTheSession) {
    open_pool(1);
    {
        Lease lease = acquire();
        EXPECT_EQ(error_of([&] { execute(lease, "FAIL 23505"); }).code(), ErrorCode::QueryFailed);
    }
    EXPECT_EQ(pool->stats().idle, 1u);
}

TEST_F(PoolTest, DiscardCloses) {
    open_pool(1);
    acquire().discard("half-read answer");
    wait_until([](const PoolStats& stats) { return stats.closed_ever == 1; });
    EXPECT_EQ(events.count("closed: half-read answer"), 1);
}

TEST_F(PoolTest, StatementIsCancelledAtItsDeadlineAndTheSessionVerified) {
    open_pool(1);
    {
        Lease lease = acquire();
        const Error error = error_at_deadline(
            [&](Deadline deadline) { execute(lease, "BLOCK", SessionEffect::Neutral, deadline); });
        EXPECT_EQ(error.code(), ErrorCode::ResourceTimeout);
        EXPECT_EQ(error.detail().sqlstate, "57014");
        EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
        EXPECT_EQ(std::string(error.what()).substr(0, 26), "statement cancelled after ");
    }
    EXPECT_EQ(acquire().connection().session_id(), "1");
    EXPECT_EQ(server.counts().pings, 1);
}

TEST_F(PoolTest, SessionThatDoesNotAnswerAfterACancelIsClosed) {
    open_pool(1);
    server.set_pings_fail(true);
    {
        Lease lease = acquire();
        error_at_deadline(
            [&](Deadline deadline) { execute(lease, "BLOCK", SessionEffect::Neutral, deadline); });
    }
    wait_until([](const PoolStats& stats) { return stats.closed_ever == 1; });
    EXPECT_EQ(events.count("closed: the ping after a cancelled statement failed"), 1);
}

TEST_F(PoolTest, StopCancelsTheStatement) {
    open_pool(1);
    std::stop_source source;
    std::jthread stopper([&] {
        server.wait_until([](const auto& counts) { return counts.statements == 1; });
        source.request_stop();
    });
    Lease lease = acquire();
    const Error error = error_of([&] {
        execute(lease, "BLOCK", SessionEffect::Neutral, Deadline::never(), source.get_token());
    });
    EXPECT_EQ(error.code(), ErrorCode::Cancelled);
    const Error second = error_of([&] {
        execute(lease, "SELECT", SessionEffect::Neutral, Deadline::never(), source.get_token());
    });
    EXPECT_STREQ(second.what(), "statement not sent: the run was stopped");
    EXPECT_EQ(server.counts().statements, 1);
}

TEST_F(PoolTest, StatementPastItsDeadlineIsNotSent) {
    open_pool(1);
    Lease lease = acquire();
    const Error error =
        error_of([&] { execute(lease, "SELECT", SessionEffect::Neutral, Deadline::after(0ms)); });
    EXPECT_STREQ(error.what(), "statement not sent: its time was over");
    EXPECT_EQ(error.code(), ErrorCode::ResourceTimeout);
    EXPECT_EQ(error.detail().outcome, Outcome::NotDone);
    EXPECT_EQ(server.counts().statements, 0);
}

TEST_F(PoolTest, SessionClosedByTheServerIsReplacedBeforeTheCallerSeesIt) {
    open_pool_with_fake_clock(10, 0);
    { const Lease lease = acquire(); }
    server.kill_sessions();
    clock.advance(2s);
    Lease lease = acquire();
    EXPECT_EQ(lease.connection().session_id(), "2");
    EXPECT_EQ(execute(lease, "SELECT").rows_affected, 1);
    wait_until([](const PoolStats& stats) { return stats.closed_ever == 1; });
    EXPECT_EQ(events.count("closed: closed by the server while idle"), 1);
}

TEST_F(PoolTest, LostReadIsNotAskedAgainUnlessItWasNotSent) {
    open_pool(3);
    const auto lost = [&](const char* text) {
        return error_of([&] { static_cast<void>(pool->execute(statement(text), {}, {})); }).code();
    };
    EXPECT_EQ(lost("LOSE"), ErrorCode::ConnectionLost);  // it may have called what writes
    EXPECT_EQ(server.counts().statements, 1);
    EXPECT_EQ(lost("UNSENT"), ErrorCode::ConnectionLost);
    EXPECT_EQ(server.counts().statements, 3);
}

TEST_F(PoolTest, LostWriteIsSentAgainOnlyIfItWasNotSent) {
    open_pool(1);
    Statement write = statement("LOSE");
    write.statement_class.may_write = true;
    const Error error = error_of([&] { static_cast<void>(pool->execute(write, {}, {})); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
    EXPECT_EQ(error.detail().outcome, Outcome::Unknown);
    EXPECT_EQ(server.counts().statements, 1);
    write.text = std::make_shared<const std::string>("UNSENT");
    EXPECT_EQ(error_of([&] { static_cast<void>(pool->execute(write, {}, {})); }).detail().outcome,
              Outcome::NotDone);
    EXPECT_EQ(server.counts().statements, 3);
}

TEST_F(PoolTest, StatementThatWasCancelledIsNotAskedAgain) {
    open_pool(1);
    EXPECT_EQ(error_of_deaf_server().code(), ErrorCode::ResourceTimeout);
    EXPECT_EQ(server.counts().statements, 1);
}

TEST_F(PoolTest, HousekeeperReplacesDeadSessionsWithoutARequest) {
    open_pool_with_fake_clock(10, 2);
    wait_until([](const PoolStats& stats) { return stats.idle == 2; });
    server.kill_sessions();
    pass(5s);
    wait_until([](const PoolStats& stats) { return stats.closed_ever == 2 && stats.idle == 2; });
    EXPECT_EQ(server.counts().connects, 4);
}

TEST_F(PoolTest, IdleSessionsArePingedAndReplacedIfTheyDoNotAnswer) {
    open_pool_with_fake_clock(1, 1);
    wait_until([](const PoolStats& stats) { return stats.idle == 1; });
    pass(30s);
    server.wait_until([](const auto& counts) { return counts.pings == 1; });
    { const Lease after_the_ping = acquire(); }  // a session that is being pinged is not lent
    server.set_pings_fail(true);
    pass(30s);
    wait_until([](const PoolStats& stats) { return stats.opened_ever == 2; });
}

TEST_F(PoolTest, HealthCheckQueryReplacesThePing) {
    settings.health_check_query = "SELECT 1";
    open_pool_with_fake_clock(10, 1);
    wait_until([](const PoolStats& stats) { return stats.idle == 1; });
    pass(30s);
    server.wait_until([](const auto& counts) { return counts.statements == 1; });
    EXPECT_EQ(server.counts().pings, 0);
}

TEST_F(PoolTest, StartOpensTheMinimumAndSaysIfTheServerAnswers) {
    open_pool(5, 3);
    EXPECT_EQ(pool->start(5s), std::nullopt);
    EXPECT_EQ(pool->stats().idle, 3u);
}

TEST_F(PoolTest, StartKeepsOneSessionEvenWithoutAMinimum) {
    open_pool(5);
    EXPECT_EQ(pool->start(5s), std::nullopt);
    EXPECT_EQ(pool->stats().total, 1u);
}

TEST_F(PoolTest, StartReturnsTheConnectError) {
    server.set_connect_error("refused");
    open_pool(5, 1);
    EXPECT_EQ(pool->start(5s), "refused");
}

TEST_F(PoolTest, StartDoesNotWaitForEver) {
    server.hold_connects(true);
    open_pool(5, 1);
    EXPECT_EQ(pool->start(10ms), "no answer from a fake server within 10 ms");
    server.hold_connects(false);
}

TEST_F(PoolTest, LeaseOutlivesItsPool) {
    open_pool(2);
    Lease lease = acquire();
    { const Lease other = acquire(); }
    pool.reset();
    EXPECT_EQ(server.counts().open, 1);  // the idle one is closed
    EXPECT_EQ(execute(lease, "SELECT").rows_affected, 1);
    lease = Lease();
    EXPECT_EQ(server.counts().open, 0);
    EXPECT_FALSE(lease);
}

TEST_F(PoolTest, ClosingThePoolRefusesWaiters) {
    settings.name = "analytics";
    settings.max_connections = 1;
    auto closing =
        std::make_unique<Pool>(settings, std::make_shared<test::FakeDriver>(server), events);
    const Lease held = closing->acquire({});
    std::jthread waiter([this, &closed = *closing] {
        const Error error = error_of([&] { static_cast<void>(closed.acquire({})); });
        EXPECT_EQ(error.code(), ErrorCode::Cancelled);
        EXPECT_STREQ(error.what(), "pool 'analytics' is closed");
    });
    while (closing->stats().waiting == 0) std::this_thread::yield();
    closing.reset();
}

TEST_F(PoolTest, ClosingThePoolLeavesAStuckLoginBehind) {
    server.hold_connects(true);
    open_pool(5, 1);
    server.wait_until([](const auto& counts) { return counts.connects == 1; });
    pool.reset();
    server.hold_connects(false);
    server.wait_until([](const auto& counts) { return counts.most_open == 1 && counts.open == 0; });
}

TEST_F(PoolTest, ManyThreadsShareFewSessions) {
    open_pool(4);
    std::atomic<int> in_use = 0;
    std::atomic<int> most = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([&, i] {
            for (int round = 0; round < 200; ++round) {
                Lease lease = acquire();
                const int now = ++in_use;
                int seen = most;
                while (now > seen && !most.compare_exchange_weak(seen, now)) {
                }
                if ((round + i) % 50 == 0) {
                    error_of([&] { execute(lease, "LOSE"); });
                } else {
                    execute(lease, "SELECT");
                }
                --in_use;
            }
        });
    }
    threads.clear();
    EXPECT_LE(most, 4);
    EXPECT_LE(server.counts().most_open, 4);
    EXPECT_EQ(pool->stats().active, 0u);
    EXPECT_EQ(pool->stats().acquired_ever, 3200u);
}

TEST_F(PoolTest, StatusIsAnObjectOfNumbers) {
    open_pool(3);
    const Lease lease = acquire();
    EXPECT_EQ(pool->status_name(), "analytics");
    const Value status = pool->status();
    EXPECT_EQ(status.member("database"), Value("a fake server"));
    EXPECT_EQ(status.member("active"), Value(1));
    EXPECT_EQ(status.member("max"), Value(3));
    EXPECT_EQ(status.member("lastConnectError"), std::nullopt);
}

}  // namespace
}  // namespace kdeps::db
