#include "pool_core.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/fake_clock.hpp"

namespace kdeps::db {
namespace {

using namespace std::chrono_literals;

/// A core with its clock. Each call returns the actions of that call alone.
class PoolCoreTest : public testing::Test {
 protected:
    static sql::PoolSettings settings(std::size_t max, std::size_t min = 0) {
        sql::PoolSettings settings;
        settings.name = "test";
        settings.max_connections = max;
        settings.min_connections = min;
        return settings;
    }

    void start(const sql::PoolSettings& settings, PoolCore::Limits limits = {}) {
        core.emplace(settings, limits, 1);
        out.clear();
    }
    const Actions& acquire(Ticket ticket, std::chrono::milliseconds patience = 30s) {
        return run([&] { core->acquire(ticket, now() + patience, now(), out); });
    }
    const Actions& released(SessionId session, bool keep = true) {
        return run([&] { core->released(session, keep, now(), out); });
    }
    const Actions& opened(SessionId session) {
        return run([&] { core->opened(session, now(), out); });
    }
    const Actions& open_failed(SessionId session) {
        return run([&] { core->open_failed(session, now(), out); });
    }
    const Actions& closed(SessionId session) {
        return run([&] { core->closed(session, now(), out); });
    }
    const Actions& checked(SessionId session, bool alive, bool pinged) {
        return run([&] { core->checked(session, alive, pinged, now(), out); });
    }
    const Actions& tick() {
        return run([&] { core->tick(now(), out); });
    }
    const Actions& tick_after(std::chrono::milliseconds span) {
        clock.advance(span);
        return tick();
    }
    template <typename Call>
    const Actions& run(Call call) {
        out.clear();
        call();
        return out;
    }
    [[nodiscard]] SteadyTime now() const { return clock.now(); }

    /// Opens one session through a caller and returns it, leased.
    SessionId lease(Ticket ticket) {
        acquire(ticket);
        if (!out.grants.empty()) return out.grants[0].session;
        EXPECT_EQ(out.opens.size(), 1u);
        opened(out.opens.at(0));
        EXPECT_EQ(out.grants.size(), 1u);
        return out.grants.at(0).session;
    }
    /// Answers every check with "alive", until none is left.
    void all_alive() {
        const auto checks = out.checks;
        for (const auto& check : checks) checked(check.session, true, check.ping);
    }

    test::FakeClock clock;
    std::optional<PoolCore> core;
    Actions out;
};

TEST_F(PoolCoreTest, OpensOnDemandAndGrants) {
    start(settings(2));
    EXPECT_EQ(acquire(1).opens.size(), 1u);
    EXPECT_TRUE(out.grants.empty());
    const SessionId session = out.opens[0];
    opened(session);
    ASSERT_EQ(out.grants.size(), 1u);
    EXPECT_EQ(out.grants[0].ticket, 1u);
    EXPECT_EQ(out.grants[0].session, session);
    EXPECT_FALSE(out.grants[0].look_first);
    EXPECT_EQ(core->counts().active, 1u);
}

TEST_F(PoolCoreTest, ReleasedSessionGoesStraightToTheFirstWaiter) {
    start(settings(1));
    const SessionId session = lease(1);
    EXPECT_TRUE(acquire(2).empty());
    EXPECT_TRUE(acquire(3).empty());
    released(session);
    ASSERT_EQ(out.grants.size(), 1u);
    EXPECT_EQ(out.grants[0].ticket, 2u);
    released(session);
    EXPECT_EQ(out.grants[0].ticket, 3u);
    EXPECT_TRUE(released(session).empty());
    EXPECT_EQ(core->counts().idle, 1u);
}

TEST_F(PoolCoreTest, LastUsedIsUsedFirst) {
    start(settings(2));
    const SessionId a = lease(1);
    const SessionId b = lease(2);
    released(a);
    clock.advance(1ms);
    released(b);
    EXPECT_EQ(acquire(3).grants.at(0).session, b);
    EXPECT_EQ(acquire(4).grants.at(0).session, a);
}

TEST_F(PoolCoreTest, NeverMoreThanTheCapAndFourLoginsAtOnce) {
    start(settings(6));
    std::vector<SessionId> opening;
    for (Ticket ticket = 1; ticket <= 20; ++ticket) {
        for (const SessionId session : acquire(ticket).opens) opening.push_back(session);
    }
    EXPECT_EQ(opening.size(), 4u);
    for (std::size_t i = 0; i < opening.size(); ++i) {
        for (const SessionId session : opened(opening[i]).opens) opening.push_back(session);
    }
    EXPECT_EQ(opening.size(), 6u);
    EXPECT_EQ(core->counts().active, 6u);
    EXPECT_EQ(core->counts().waiting, 14u);
}

TEST_F(PoolCoreTest, DriverLimitIsPartOfTheCap) {
    start(settings(10), {.max_sessions = 1});
    EXPECT_EQ(acquire(1).opens.size(), 1u);
    EXPECT_TRUE(acquire(2).empty());
    EXPECT_EQ(core->counts().max, 1u);
}

TEST_F(PoolCoreTest, OpensNoMoreThanThereAreWaiters) {
    start(settings(10));
    const SessionId a = lease(1);
    EXPECT_EQ(acquire(2).opens.size(), 1u);
    const SessionId opening = out.opens[0];
    released(a);  // serves 2 before its own session is open
    EXPECT_EQ(out.grants.at(0).ticket, 2u);
    EXPECT_TRUE(acquire(3).opens.empty());  // the opening one will do
    EXPECT_EQ(opened(opening).grants.at(0).ticket, 3u);
}

TEST_F(PoolCoreTest, QueueIsBounded) {
    auto bounded = settings(1);
    bounded.max_waiters = 1;
    start(bounded);
    lease(1);
    EXPECT_TRUE(acquire(2).empty());
    ASSERT_EQ(acquire(3).refusals.size(), 1u);
    EXPECT_EQ(out.refusals[0].ticket, 3u);
    EXPECT_EQ(out.refusals[0].reason, RefuseReason::QueueFull);
}

TEST_F(PoolCoreTest, WaitersAreRefusedExactlyAtTheirDeadline) {
    start(settings(1));
    const SessionId session = lease(1);
    acquire(2, 300ms);
    acquire(3, 100ms);
    EXPECT_LE(core->wake_at(), now() + 100ms);
    EXPECT_TRUE(tick_after(99ms).refusals.empty());
    EXPECT_EQ(core->wake_at(), now() + 1ms);
    tick_after(1ms);
    ASSERT_EQ(out.refusals.size(), 1u);
    EXPECT_EQ(out.refusals[0].ticket, 3u);
    EXPECT_EQ(out.refusals[0].reason, RefuseReason::Timeout);
    EXPECT_EQ(core->wake_at(), now() + 200ms);
    EXPECT_EQ(released(session).grants.at(0).ticket, 2u);
    EXPECT_EQ(core->counts().timeouts_ever, 1u);
}

TEST_F(PoolCoreTest, ExpiredCallerIsRefusedAtOnce) {
    start(settings(1));
    EXPECT_EQ(acquire(1, 0ms).refusals.at(0).reason, RefuseReason::Timeout);
    EXPECT_TRUE(out.opens.empty());
}

TEST_F(PoolCoreTest, CancelledWaiterIsSkippedAndKnowsIfItWasTooLate) {
    start(settings(1));
    const SessionId session = lease(1);
    acquire(2);
    acquire(3);
    EXPECT_TRUE(core->cancel_wait(2));
    EXPECT_FALSE(core->cancel_wait(2));
    EXPECT_EQ(released(session).grants.at(0).ticket, 3u);
    EXPECT_FALSE(core->cancel_wait(3));
}

TEST_F(PoolCoreTest, UnusedForOverASecondIsLookedAtFirst) {
    start(settings(1));
    released(lease(1));
    clock.advance(1s);
    EXPECT_FALSE(acquire(2).grants.at(0).look_first);
    released(out.grants[0].session);
    clock.advance(1s + 1ms);
    EXPECT_TRUE(acquire(3).grants.at(0).look_first);
}

TEST_F(PoolCoreTest, DeadSessionIsReplacedBeforeTheCallerSeesIt) {
    start(settings(2));
    const SessionId a = lease(1);
    const SessionId b = lease(2);
    released(a);
    clock.advance(2s);
    EXPECT_TRUE(acquire(3).grants.at(0).look_first);
    acquire(4);
    run([&] { core->retry(3, now() + 30s, a, now(), out); });
    EXPECT_EQ(out.closes.at(0).reason, CloseReason::Dead);
    EXPECT_TRUE(out.opens.empty());                  // the cap holds until the dead one is gone
    EXPECT_EQ(released(b).grants.at(0).ticket, 3u);  // it kept its place before 4
    EXPECT_EQ(closed(a).opens.size(), 1u);
}

TEST_F(PoolCoreTest, ClosingSessionsCountUntilConfirmed) {
    start(settings(1));
    const SessionId session = lease(1);
    acquire(2);
    released(session, false);
    EXPECT_EQ(out.closes.at(0).reason, CloseReason::Returned);
    EXPECT_TRUE(out.opens.empty());
    EXPECT_EQ(core->counts().total, 1u);
    EXPECT_EQ(closed(session).opens.size(), 1u);
}

TEST_F(PoolCoreTest, UnconfirmedCloseStopsCountingAfterThirtySeconds) {
    start(settings(1));
    const SessionId session = lease(1);
    acquire(2, 60s);
    released(session, false);
    EXPECT_TRUE(tick_after(29'999ms).opens.empty());
    EXPECT_EQ(core->wake_at(), now() + 1ms);
    ASSERT_EQ(tick_after(1ms).opens.size(), 1u);
    EXPECT_TRUE(closed(session).empty());  // the late confirmation is ignored
    EXPECT_EQ(core->counts().total, 1u);
}

TEST_F(PoolCoreTest, StaleIdsAreIgnored) {
    start(settings(1));
    const SessionId old = lease(1);
    released(old, false);
    const SessionId fresh = closed(old).opens.at(0);  // one for one
    EXPECT_EQ(fresh.slot, old.slot);
    opened(fresh);
    acquire(2);
    EXPECT_TRUE(released(old).empty());
    EXPECT_TRUE(closed(old).empty());
    EXPECT_TRUE(opened(old).empty());
    EXPECT_TRUE(open_failed(old).empty());
    EXPECT_TRUE(checked(old, false, true).empty());
    EXPECT_EQ(core->counts().active, 1u);
}

TEST_F(PoolCoreTest, FailedConnectRefusesEveryWaiterTogether) {
    start(settings(10));
    std::vector<SessionId> opening;
    for (Ticket ticket = 1; ticket <= 1000; ++ticket) {
        for (const SessionId session : acquire(ticket).opens) opening.push_back(session);
    }
    ASSERT_EQ(opening.size(), 4u);
    for (int i = 0; i < 3; ++i) {
        open_failed(opening[static_cast<std::size_t>(i)]);
        EXPECT_TRUE(out.empty());  // another attempt is still under way
    }
    open_failed(opening[3]);
    EXPECT_EQ(out.refusals.size(), 1000u);
    EXPECT_EQ(out.refusals[0].reason, RefuseReason::ConnectFailed);
    EXPECT_TRUE(out.opens.empty());
    EXPECT_EQ(core->counts().total, 0u);
}

TEST_F(PoolCoreTest, WhileDownOneAttemptIsSharedByAllNewCallers) {
    start(settings(10));
    open_failed(acquire(1).opens.at(0));
    ASSERT_EQ(acquire(2).opens.size(), 1u);
    const SessionId attempt = out.opens[0];
    EXPECT_TRUE(acquire(3).opens.empty());
    EXPECT_TRUE(acquire(4).opens.empty());
    EXPECT_EQ(open_failed(attempt).refusals.size(), 3u);
}

TEST_F(PoolCoreTest, FirstSuccessServesEverybodyAgain) {
    start(settings(10));
    open_failed(acquire(1).opens.at(0));
    const SessionId attempt = acquire(2).opens.at(0);
    for (Ticket ticket = 3; ticket <= 8; ++ticket) acquire(ticket);
    opened(attempt);
    EXPECT_EQ(out.grants.at(0).ticket, 2u);
    EXPECT_EQ(out.opens.size(), 4u);
}

TEST_F(PoolCoreTest, WithASessionInUseGrowthIsRetriedWithBackOff) {
    start(settings(2));
    const SessionId session = lease(1);
    const SessionId attempt = acquire(2).opens.at(0);
    EXPECT_TRUE(open_failed(attempt).empty());  // 2 waits on: session 1 will come back
    EXPECT_TRUE(acquire(3).opens.empty());
    tick();
    const auto retry = core->wake_at();
    EXPECT_GE(retry, now() + 5ms);
    EXPECT_LE(retry, now() + 10ms);
    EXPECT_EQ(tick_after(10ms).opens.size(), 1u);
    EXPECT_EQ(released(session).grants.at(0).ticket, 2u);
}

TEST_F(PoolCoreTest, BackOffDoublesUpToFiveSeconds) {
    start(settings(2, 1));
    auto pause = 10ms;
    SessionId attempt = tick().opens.at(0);
    for (int i = 0; i < 14; ++i) {
        open_failed(attempt);
        const auto left = core->wake_at() - now();
        EXPECT_GE(left, pause / 2) << i;
        EXPECT_LE(left, pause) << i;
        attempt = tick_after(pause).opens.at(0);
        pause = std::min<std::chrono::milliseconds>(pause * 2, 5000ms);
    }
    opened(attempt);
    EXPECT_EQ(core->counts().idle, 1u);
}

TEST_F(PoolCoreTest, MinimumIsOpenedAtStartAndRestoredAfterALoss) {
    start(settings(5, 3));
    EXPECT_LE(core->wake_at(), now());
    const auto opens = tick().opens;
    ASSERT_EQ(opens.size(), 3u);
    for (const SessionId session : opens) opened(session);
    EXPECT_EQ(core->counts().idle, 3u);
    const SessionId lost = acquire(1).grants.at(0).session;
    EXPECT_EQ(released(lost, false).opens.size(), 1u);  // below the cap: at once
}

TEST_F(PoolCoreTest, IdleSessionsBeyondTheMinimumAreClosedOldestFirst) {
    auto short_idle = settings(3, 1);
    short_idle.max_idle_time = 2s;
    start(short_idle);
    opened(tick().opens.at(0));
    const SessionId a = lease(1);
    const SessionId b = lease(2);
    const SessionId c = lease(3);
    released(c);
    clock.advance(500ms);
    released(b);
    clock.advance(500ms);
    released(a);
    tick_after(1s);
    ASSERT_EQ(out.closes.size(), 1u);
    EXPECT_EQ(out.closes[0].session, c);
    EXPECT_EQ(out.closes[0].reason, CloseReason::IdleTooLong);
    EXPECT_EQ(core->wake_at(), now() + 500ms);
    EXPECT_EQ(tick_after(500ms).closes.at(0).session, b);
    EXPECT_TRUE(tick_after(1s).closes.empty());  // the minimum stays
    EXPECT_EQ(core->counts().idle, 1u);
}

TEST_F(PoolCoreTest, ZeroMeansNever) {
    auto never = settings(1);
    never.max_idle_time = never.max_lifetime = never.health_check_interval = 0ms;
    start(never);
    released(lease(1));
    tick_after(24h);
    EXPECT_TRUE(out.closes.empty());
    ASSERT_EQ(out.checks.size(), 1u);
    EXPECT_FALSE(out.checks[0].ping);
}

TEST_F(PoolCoreTest, OldSessionIsReplacedBeforeItIsClosed) {
    auto short_life = settings(2);
    short_life.max_lifetime = 10s;
    short_life.health_check_interval = 0ms;
    start(short_life);
    const SessionId old = lease(1);
    released(old);
    EXPECT_TRUE(tick_after(8'900ms).opens.empty());  // never before 90 %
    all_alive();
    tick_after(2'200ms);  // always before 110 %
    ASSERT_EQ(out.opens.size(), 1u);
    EXPECT_TRUE(out.closes.empty());
    const SessionId fresh = out.opens[0];
    all_alive();
    opened(fresh);
    ASSERT_EQ(out.closes.size(), 1u);
    EXPECT_EQ(out.closes[0].session, old);
    EXPECT_EQ(out.closes[0].reason, CloseReason::TooOld);
    EXPECT_TRUE(closed(old).empty());
    EXPECT_EQ(core->counts().total, 1u);
}

TEST_F(PoolCoreTest, OldSessionInUseIsClosedWhenItComesBack) {
    auto short_life = settings(2);
    short_life.max_lifetime = 10s;
    start(short_life);
    const SessionId old = lease(1);
    const SessionId fresh = tick_after(11s).opens.at(0);
    EXPECT_TRUE(opened(fresh).closes.empty());
    EXPECT_EQ(released(old).closes.at(0).reason, CloseReason::TooOld);
    EXPECT_TRUE(closed(old).empty());
}

TEST_F(PoolCoreTest, AtTheCapAnOldSessionIsClosedFirstAndOneAtATime) {
    auto short_life = settings(2);
    short_life.max_lifetime = 10s;
    short_life.health_check_interval = 0ms;
    start(short_life);
    const SessionId a = lease(1);
    const SessionId b = lease(2);
    released(a);
    released(b);
    tick_after(11s);
    EXPECT_TRUE(out.opens.empty());
    ASSERT_EQ(out.closes.size(), 1u);
    const SessionId first = out.closes[0].session;
    all_alive();
    const SessionId fresh = closed(first).opens.at(0);
    opened(fresh);
    ASSERT_EQ(out.closes.size(), 1u);  // the fresh one also lets the second go
    EXPECT_EQ(out.closes[0].session, first == a ? b : a);
    const SessionId second = out.closes[0].session;
    opened(closed(second).opens.at(0));
    EXPECT_EQ(core->counts().total, 2u);
    EXPECT_TRUE(tick_after(1s).opens.empty());
}

TEST_F(PoolCoreTest, ReplacementsDoNotKeepAQuietPoolLarge) {
    auto short_life = settings(2);
    short_life.max_lifetime = 10s;
    short_life.max_idle_time = 60s;
    short_life.health_check_interval = 0ms;
    start(short_life);
    const SessionId a = lease(1);
    const SessionId b = lease(2);
    released(a);
    released(b);
    for (int second = 0; second < 70; ++second) {
        Actions due = tick_after(1s);
        while (!due.empty()) {
            Actions next;
            for (const auto& check : due.checks)
                core->checked(check.session, true, false, now(), next);
            for (const SessionId session : due.opens) core->opened(session, now(), next);
            for (const auto& close : due.closes) core->closed(close.session, now(), next);
            due = next;
        }
    }
    EXPECT_EQ(core->counts().total, 0u);
    EXPECT_GT(core->counts().opened_ever, 4u);
}

TEST_F(PoolCoreTest, LifetimesAreSpread) {
    auto short_life = settings(50);
    short_life.max_lifetime = 100s;
    short_life.max_idle_time = short_life.health_check_interval = 0ms;
    start(short_life);
    std::vector<SessionId> sessions;
    for (Ticket ticket = 1; ticket <= 40; ++ticket) sessions.push_back(lease(ticket));
    for (const SessionId session : sessions) released(session);
    std::size_t retired = 0;
    for (int second = 1; second <= 111; ++second) {
        const std::size_t before = retired;
        const Actions now_due = tick_after(1s);
        for (const auto& check : now_due.checks) checked(check.session, true, false);
        std::vector<SessionId> opens = now_due.opens;
        while (!opens.empty()) {
            const SessionId opening = opens.back();
            opens.pop_back();
            opened(opening);
            const Actions after = out;
            opens.insert(opens.end(), after.opens.begin(), after.opens.end());
            for (const auto& close : after.closes) {
                EXPECT_EQ(close.reason, CloseReason::TooOld);
                ++retired;
                closed(close.session);
            }
        }
        EXPECT_LE(retired - before, 10u) << second;
        EXPECT_TRUE(second >= 90 || retired == 0) << second;
    }
    EXPECT_EQ(retired, 40u);
}

TEST_F(PoolCoreTest, IdleSocketsAreLookedAtAndPinged) {
    start(settings(3));
    const SessionId a = lease(1);
    const SessionId b = lease(2);
    const SessionId c = lease(3);
    for (const SessionId session : {a, b, c}) released(session);
    tick_after(5s);
    ASSERT_EQ(out.checks.size(), 3u);
    EXPECT_FALSE(out.checks[0].ping);
    EXPECT_EQ(core->counts().idle, 3u);
    all_alive();
    EXPECT_TRUE(tick().checks.empty());
    EXPECT_EQ(core->wake_at(), now() + 5s);
    tick_after(25s);
    ASSERT_EQ(out.checks.size(), 3u);
    EXPECT_TRUE(out.checks[0].ping);
    EXPECT_TRUE(out.checks[1].ping);
    EXPECT_FALSE(out.checks[2].ping);  // two at a time
    all_alive();
    EXPECT_LE(core->wake_at(), now());
    EXPECT_TRUE(tick().checks.at(0).ping);
}

TEST_F(PoolCoreTest, ChecksDoNotChangeTheOrderOfUse) {
    start(settings(2));
    const SessionId a = lease(1);
    const SessionId b = lease(2);
    released(a);
    clock.advance(1ms);
    released(b);
    tick_after(5s);
    ASSERT_EQ(out.checks.size(), 2u);
    checked(b, true, false);
    checked(a, true, false);
    EXPECT_EQ(acquire(3).grants.at(0).session, b);
}

TEST_F(PoolCoreTest, SessionFoundDeadIsReplacedWithoutARequest) {
    start(settings(2));
    const SessionId session = lease(1);
    released(session);
    ASSERT_EQ(tick_after(5s).checks.size(), 1u);
    checked(session, false, false);
    EXPECT_EQ(out.closes.at(0).reason, CloseReason::Dead);
    ASSERT_EQ(out.opens.size(), 1u);
    opened(out.opens[0]);
    EXPECT_EQ(core->counts().idle, 1u);
}

TEST_F(PoolCoreTest, LostSessionIsNotReplacedForEver) {
    auto short_idle = settings(2);
    short_idle.max_idle_time = 1s;
    start(short_idle);
    SessionId attempt = released(lease(1), false).opens.at(0);
    open_failed(attempt);
    tick_after(1s);
    EXPECT_TRUE(out.opens.empty());
    EXPECT_TRUE(tick_after(1min).opens.empty());
}

TEST_F(PoolCoreTest, WaiterTakesASessionBeingLookedAtInsteadOfANewOne) {
    start(settings(2));
    const SessionId session = lease(1);
    released(session);
    tick_after(5s);
    EXPECT_TRUE(acquire(2).empty());
    EXPECT_EQ(checked(session, true, false).grants.at(0).ticket, 2u);
}

TEST_F(PoolCoreTest, WaiterDoesNotRelyOnASessionBeingPinged) {
    start(settings(2));
    const SessionId session = lease(1);
    released(session);
    ASSERT_TRUE(tick_after(30s).checks.at(0).ping);
    EXPECT_EQ(acquire(2).opens.size(), 1u);
}

TEST_F(PoolCoreTest, SessionsThatHoldTheDataAreNeverRetired) {
    start(settings(5), {.max_sessions = 1, .may_retire = false});
    released(lease(1));
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(tick_after(1h).empty());
    EXPECT_TRUE(acquire(2).grants.at(0).look_first);
}

TEST_F(PoolCoreTest, LoweringTheCapClosesIdleSessionsNowAndBusyOnesLater) {
    start(settings(3));
    const SessionId a = lease(1);
    const SessionId b = lease(2);
    const SessionId c = lease(3);
    released(a);
    run([&] { core->configure(settings(1), now(), out); });
    ASSERT_EQ(out.closes.size(), 1u);
    EXPECT_EQ(out.closes[0].reason, CloseReason::OverCap);
    EXPECT_EQ(released(b).closes.at(0).reason, CloseReason::OverCap);
    EXPECT_TRUE(released(c).closes.empty());
}

TEST_F(PoolCoreTest, RaisingTheCapServesWaiters) {
    start(settings(1));
    lease(1);
    acquire(2);
    run([&] { core->configure(settings(2), now(), out); });
    EXPECT_EQ(out.opens.size(), 1u);
}

TEST_F(PoolCoreTest, WantOneOpensOneOnly) {
    start(settings(5));
    run([&] { core->want_one(now(), out); });
    ASSERT_EQ(out.opens.size(), 1u);
    const SessionId first = out.opens[0];
    EXPECT_TRUE(run([&] { core->want_one(now(), out); }).empty());
    EXPECT_TRUE(opened(first).empty());
    EXPECT_TRUE(run([&] { core->want_one(now(), out); }).empty());
    EXPECT_EQ(core->counts().idle, 1u);
}

TEST_F(PoolCoreTest, ShutDownRefusesWaitersAndClosesWhatComesBack) {
    start(settings(3, 3));
    const auto opens = tick().opens;
    opened(opens[0]);
    opened(opens[1]);
    const SessionId leased = acquire(1).grants.at(0).session;
    run([&] { core->shut_down(now(), out); });
    EXPECT_EQ(out.closes.size(), 1u);
    EXPECT_EQ(opened(opens[2]).closes.at(0).reason, CloseReason::PoolClosed);
    EXPECT_EQ(released(leased).closes.at(0).reason, CloseReason::PoolClosed);
    EXPECT_EQ(acquire(2).refusals.at(0).reason, RefuseReason::PoolClosed);
    EXPECT_TRUE(tick_after(1s).opens.empty());
}

TEST(CloseReasonTest, EveryReasonHasAText) {
    for (const auto reason : {CloseReason::Returned, CloseReason::Dead, CloseReason::IdleTooLong,
                              CloseReason::TooOld, CloseReason::OverCap, CloseReason::PoolClosed}) {
        EXPECT_FALSE(reason_text(reason).empty());
    }
}

}  // namespace
}  // namespace kdeps::db
