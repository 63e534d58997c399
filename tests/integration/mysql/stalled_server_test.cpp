#include "support/stalled_server.hpp"

#include "mysql_fixture.hpp"

namespace kdeps::test {
namespace {

using namespace std::chrono_literals;

class MysqlStalledServerTest : public StalledServerTest<MysqlTest> {};

TEST_F(MysqlStalledServerTest, EveryCallerIsAnsweredSoonAfterItsDeadline) {
    open_pool(10);
    auto held = leases(10);
    gate->freeze();
    for (const auto time :
         execute_on_all(std::move(held), Deadline::after(300ms), {}, ErrorCode::ResourceTimeout)) {
        EXPECT_LT(time, 300ms + kGrace);
    }
    // The pool has begun to replace the lost sessions; nobody waits for those logins.
    EXPECT_LT(time_of([&] { pool.reset(); }), kGrace);
}

TEST_F(MysqlStalledServerTest, StopIsObeyedWithoutADeadline) {
    open_pool(3);
    auto held = leases(3);
    gate->freeze();
    std::stop_source source;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(100ms);  // when the statements are under way
        source.request_stop();
    });
    for (const auto time : execute_on_all(std::move(held), Deadline::never(), source.get_token(),
                                          ErrorCode::Cancelled)) {
        EXPECT_LT(time, 100ms + kGrace);
    }
}

TEST_F(MysqlStalledServerTest, CancelThatIsNotTakenCostsTheSession) {
    const auto session = connect_through_gate();
    gate->freeze();
    EXPECT_LT(time_of([&] { session->cancel(); }), kGrace);
    EXPECT_EQ(session->state(), db::SessionState::Broken);
}

TEST_F(MysqlStalledServerTest, AbortEndsACancelUnderWay) {
    const auto session = connect_through_gate();
    gate->freeze();
    const std::jthread aborter([&] {
        std::this_thread::sleep_for(100ms);
        session->abort();
    });
    EXPECT_LT(time_of([&] { session->cancel(); }), 1s);
    EXPECT_LT(time_of([&] { session->cancel(); }), 1s);
}

TEST_F(MysqlStalledServerTest, SessionSurvivesAShortStall) {
    open_pool(1);
    auto held = leases(1);
    gate->freeze();
    const std::jthread thawer([&] {
        std::this_thread::sleep_for(500ms);
        gate->thaw();
    });
    static_cast<void>(held[0].execute(reading("SELECT 1"), {}, Deadline::after(5s), {}));
    held.clear();
    EXPECT_EQ(pool->stats().opened_ever, 1u);
}

TEST_F(MysqlStalledServerTest, LoginEndsAtItsDeadline) {
    gate->freeze();
    const auto time = time_of([&] {
        const Error error = error_of([&] { static_cast<void>(connect_through_gate(1s)); });
        EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    });
    EXPECT_LT(time, 1s + 500ms);
}

TEST_F(MysqlStalledServerTest, StallAfterTheLoginEndsTheOpening) {
    gate->freeze_at("CONNECTION_ID()");
    const auto time = time_of([&] {
        const Error error = error_of([&] { static_cast<void>(connect_through_gate(1s)); });
        EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    });
    EXPECT_TRUE(gate->is_frozen());
    EXPECT_LT(time, 1s + 500ms);
}

TEST_F(MysqlStalledServerTest, LimitOfTheOpeningDoesNotOutliveIt) {
    const auto session = connect_through_gate(1s);
    EXPECT_EQ(one(*session, "SELECT sleep(1.5)"), "Int:0");
}

TEST_F(MysqlStalledServerTest, StallBeforeTheKillEndsTheCancel) {
    const auto session = connect_through_gate();
    gate->freeze_at("KILL QUERY");
    EXPECT_LT(time_of([&] { session->cancel(); }), kGrace);
    EXPECT_TRUE(gate->is_frozen());
    EXPECT_EQ(session->state(), db::SessionState::Broken);
}

}  // namespace
}  // namespace kdeps::test
