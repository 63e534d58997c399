#include "postgres_fixture.hpp"
#include "support/stalled_server_tests.hpp"

namespace kdeps::test {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StalledServerTest, PostgresTest);

class PostgresStalledServerTest : public StalledServerTest<PostgresTest> {};

TEST_F(PostgresStalledServerTest, LateCancelMeetsNobody) {
    const auto session = connect_through_gate();
    gate->freeze();
    session->cancel();
    const auto next = connect();
    gate->thaw();  // now it arrives
    EXPECT_EQ(one(*next, "SELECT 1 FROM pg_sleep(0.2)"), "Int:1");
}

TEST_F(PostgresStalledServerTest, LoginEndsAtItsDeadline) {
    gate->freeze();
    Error error(ErrorCode::Internal, "");
    EXPECT_LT(
        time_of([&] { error = error_of([&] { static_cast<void>(connect_through_gate(300ms)); }); }),
        5s);
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
}

TEST_F(PostgresStalledServerTest, CancelThatEndsNothingCostsTheSession) {
    const auto session = connect_through_gate();
    const auto rows = reading("SELECT repeat('x', 1000), generate_series(1, $1)");
    static_cast<void>(session->execute(rows, std::vector<Value>{1}));  // the next is collected,
    ASSERT_TRUE(session->reset());  // once it is known to write nothing
    gate->refuse_newcomers();
    const Error error = error_of(
        [&] { static_cast<void>(session->execute(rows, std::vector<Value>{1'000'000'000})); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionLost);
    EXPECT_EQ(session->state(), db::SessionState::Broken);
}

TEST_F(PostgresStalledServerTest, NothingIsAskedAfterTheLogin) {
    gate->freeze_at("SELECT");  // a session that opens needs no statement
    EXPECT_EQ(connect_through_gate()->state(), db::SessionState::Idle);
    EXPECT_FALSE(gate->is_frozen());
}

}  // namespace
}  // namespace kdeps::test
