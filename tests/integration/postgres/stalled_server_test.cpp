#include "support/stalled_server.hpp"

#include "postgres_fixture.hpp"

namespace kdeps::test {
namespace {

using namespace std::chrono_literals;

class PostgresStalledServerTest : public StalledServerTest<PostgresTest> {};

TEST_F(PostgresStalledServerTest, EveryCallerIsAnsweredSoonAfterItsDeadline) {
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

TEST_F(PostgresStalledServerTest, StopIsObeyedWithoutADeadline) {
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

TEST_F(PostgresStalledServerTest, CancelThatIsNotTakenCostsTheSession) {
    const auto session = connect_through_gate();
    gate->freeze();
    EXPECT_LT(time_of([&] { session->cancel(); }), kGrace);
    EXPECT_EQ(session->state(), db::SessionState::Broken);
}

TEST_F(PostgresStalledServerTest, AbortEndsACancelUnderWay) {
    const auto session = connect_through_gate();
    gate->freeze();
    const std::jthread aborter([&] {
        std::this_thread::sleep_for(100ms);
        session->abort();
    });
    EXPECT_LT(time_of([&] { session->cancel(); }), 1s);
    EXPECT_LT(time_of([&] { session->cancel(); }), 1s);
}

TEST_F(PostgresStalledServerTest, LateCancelMeetsNobody) {
    const auto session = connect_through_gate();
    gate->freeze();
    session->cancel();
    const auto next = connect();
    gate->thaw();  // now it arrives
    EXPECT_EQ(one(*next, "SELECT 1 FROM pg_sleep(0.2)"), "Int:1");
}

TEST_F(PostgresStalledServerTest, SessionSurvivesAShortStall) {
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

TEST_F(PostgresStalledServerTest, LoginEndsAtItsDeadline) {
    gate->freeze();
    Error error(ErrorCode::Internal, "");
    EXPECT_LT(
        time_of([&] { error = error_of([&] { static_cast<void>(connect_through_gate(300ms)); }); }),
        1s);
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
}

TEST_F(PostgresStalledServerTest, NothingIsAskedAfterTheLogin) {
    gate->freeze_at("SELECT");  // a session that opens needs no statement
    EXPECT_EQ(connect_through_gate()->state(), db::SessionState::Idle);
    EXPECT_FALSE(gate->is_frozen());
}

}  // namespace
}  // namespace kdeps::test
