// Granting and waiting, the cap, connects that fail, and the end.
#include <set>

#include "pool_core_fixture.hpp"

namespace kdeps::db {
namespace {

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

TEST_F(PoolCoreTest, CleanedSessionIsLentOnlyWhenItIsClean) {
    start(settings(1));
    const SessionId session = lease(1);
    EXPECT_TRUE(acquire(2).empty());
    ASSERT_EQ(released(session, Verdict::Need::RollBack).cleans.size(), 1u);
    EXPECT_EQ(out.cleans[0].session, session);
    EXPECT_EQ(out.cleans[0].need, Verdict::Need::RollBack);
    EXPECT_TRUE(out.grants.empty() && out.opens.empty());  // it counts
    EXPECT_EQ(core->counts().cleaning, 1u);
    EXPECT_EQ(cleaned(session, true).grants.at(0).ticket, 2u);
    EXPECT_TRUE(cleaned(session, true).empty());
}

TEST_F(PoolCoreTest, SessionThatCannotBeCleanedIsReplaced) {
    start(settings(1));
    const SessionId session = lease(1);
    acquire(2);
    released(session, Verdict::Need::Reset);
    EXPECT_EQ(cleaned(session, false).closes.at(0).reason, CloseReason::Returned);
    EXPECT_EQ(opened(closed(session).opens.at(0)).grants.at(0).ticket, 2u);
}

TEST_F(PoolCoreTest, NobodyWaitsForACleaningWhileThereIsRoom) {
    start(settings(2));
    const SessionId session = lease(1);
    released(session, Verdict::Need::Verify);
    EXPECT_EQ(acquire(2).opens.size(), 1u);
}

TEST_F(PoolCoreTest, NothingIsCleanedThatIsToBeClosed) {
    start(settings(2));
    const SessionId a = lease(1);
    const SessionId b = lease(2);
    released(a, Verdict::Need::RollBack);
    run([&] { core->shut_down(now(), out); });
    EXPECT_TRUE(out.closes.empty());  // its cleaning is under way
    EXPECT_TRUE(released(b, Verdict::Need::RollBack).cleans.empty());
    EXPECT_EQ(out.closes.at(0).reason, CloseReason::PoolClosed);
    EXPECT_EQ(cleaned(a, true).closes.at(0).reason, CloseReason::PoolClosed);
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

TEST_F(PoolCoreTest, SessionNotUsedJustNowIsLookedAtFirst) {
    start(settings(1));
    released(lease(1));
    clock.advance(20ms);
    EXPECT_FALSE(acquire(2).grants.at(0).look_first);
    released(out.grants[0].session);
    clock.advance(21ms);
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
    released(session, Verdict::Need::Close);
    EXPECT_EQ(out.closes.at(0).reason, CloseReason::Returned);
    EXPECT_TRUE(out.opens.empty());
    EXPECT_EQ(core->counts().total, 1u);
    EXPECT_EQ(closed(session).opens.size(), 1u);
}

TEST_F(PoolCoreTest, UnconfirmedCloseStopsCountingAfterThirtySeconds) {
    start(settings(1));
    const SessionId session = lease(1);
    acquire(2, 60s);
    released(session, Verdict::Need::Close);
    EXPECT_TRUE(tick_after(29'999ms).opens.empty());
    EXPECT_EQ(core->wake_at(), now() + 1ms);
    ASSERT_EQ(tick_after(1ms).opens.size(), 1u);
    EXPECT_TRUE(closed(session).empty());  // the late confirmation is ignored
    EXPECT_EQ(core->counts().total, 1u);
}

TEST_F(PoolCoreTest, StaleIdsAreIgnored) {
    start(settings(1));
    const SessionId old = lease(1);
    released(old, Verdict::Need::Close);
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

TEST_F(PoolCoreTest, BackOffIsSpread) {
    std::set<SteadyTime> retries;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        core.emplace(settings(2, 1), PoolCore::Limits{}, seed);
        tick();
        open_failed(out.opens.at(0));
        retries.insert(core->wake_at());
    }
    EXPECT_EQ(retries.size(), 10u);
    EXPECT_GE(*retries.begin(), now() + PoolCore::kFirstBackOff / 2);
    EXPECT_LE(*retries.rbegin(), now() + PoolCore::kFirstBackOff);
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
