// What the housekeeper asks for: minimum, idle time, lifetime and checks.
#include "pool_core_fixture.hpp"

namespace kdeps::db {
namespace {

TEST_F(PoolCoreTest, MinimumIsOpenedAtStartAndRestoredAfterALoss) {
    start(settings(5, 3));
    EXPECT_LE(core->wake_at(), now());
    const auto opens = tick().opens;
    ASSERT_EQ(opens.size(), 3u);
    for (const SessionId session : opens) opened(session);
    EXPECT_EQ(core->counts().idle, 3u);
    const SessionId lost = acquire(1).grants.at(0).session;
    EXPECT_EQ(released(lost, Verdict::Need::Close).opens.size(), 1u);  // below the cap: at once
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
    SessionId attempt = released(lease(1), Verdict::Need::Close).opens.at(0);
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

}  // namespace
}  // namespace kdeps::db
