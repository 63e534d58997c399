#include "mysql_fixture.hpp"
#include "support/stalled_server_tests.hpp"

namespace kdeps::test {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, StalledServerTest, MysqlTest);

class MysqlStalledServerTest : public StalledServerTest<MysqlTest> {};

TEST_F(MysqlStalledServerTest, LoginEndsAtItsDeadline) {
    gate->freeze();
    const auto time = time_of([&] {
        const Error error = error_of([&] { static_cast<void>(connect_through_gate(1s)); });
        EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    });
    EXPECT_LT(time, 5s);
}

TEST_F(MysqlStalledServerTest, StallAfterTheLoginEndsTheOpening) {
    gate->freeze_at("CONNECTION_ID()");
    const auto time = time_of([&] {
        const Error error = error_of([&] { static_cast<void>(connect_through_gate(1s)); });
        EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    });
    EXPECT_TRUE(gate->is_frozen());
    EXPECT_LT(time, 5s);
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
