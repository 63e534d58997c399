#include "postgres_fixture.hpp"

namespace kdeps::test {
namespace {

/// Sessions with the server of KDEPS_TEST_POSTGRES_TLS, whose certificate is of KDEPS_TEST_CA.
class PostgresTlsTest : public PostgresTest {
 protected:
    PostgresTlsTest() : PostgresTest("KDEPS_TEST_POSTGRES_TLS") {}

    [[nodiscard]] std::unique_ptr<db::Connection> connect_with(const std::string& mode,
                                                               const std::string& ca) const {
        sql::Dsn changed = dsn;
        changed.options["sslmode"] = mode;
        if (!ca.empty()) changed.options["sslrootcert"] = ca;
        return make_driver(changed)->connect(soon());
    }
    static std::string is_encrypted(db::Connection& session) {
        return one(session, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    }
};

TEST_F(PostgresTlsTest, IsUsedWhereTheServerHasIt) {
    EXPECT_EQ(is_encrypted(*connection), "Bool:true");
    EXPECT_EQ(is_encrypted(*connect_with("disable", "")), "Bool:false");
    EXPECT_EQ(is_encrypted(*connect_with("require", "")), "Bool:true");
}

TEST_F(PostgresTlsTest, ServerIsVerified) {
    EXPECT_EQ(is_encrypted(*connect_with("verify-full", dsn_text("KDEPS_TEST_CA"))), "Bool:true");
    const Error error = error_of(
        [&] { static_cast<void>(connect_with("verify-full", dsn_text("KDEPS_TEST_OTHER_CA"))); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_NE(std::string(error.what()).find("certificate verify failed"), std::string::npos)
        << error.what();
}

TEST_F(PostgresTlsTest, LargeAnswersArriveWhole) {
    const char* const rows = "SELECT repeat('x', 1000) FROM generate_series(1, $1)";
    for (const std::int64_t count : {1, 900, 5000, 2}) {
        const auto result = connection->execute(reading(rows), std::vector<Value>{count});
        EXPECT_EQ(result.table->row_count(), static_cast<std::size_t>(count));
    }
    // An answer of one message of many TLS records, to a statement that is read at once.
    one(*connection, "SELECT length(repeat('x', $1))", {1});
    EXPECT_EQ(one(*connection, "SELECT repeat('x', $1)", {1}).size(), 6u);
    EXPECT_EQ(one(*connection, "SELECT repeat('x', $1)", {10'000'000}).size(), 10'000'005u);
}

TEST_F(PostgresTlsTest, StatementsAreCancelled) {
    one(*connection, "SELECT 1 FROM pg_sleep($1)", {0});
    const std::jthread canceller = once_running([this] { connection->cancel(); });
    const Error error = error_of([&] { one(*connection, "SELECT 1 FROM pg_sleep($1)", {30}); });
    EXPECT_EQ(error.detail().sqlstate, "57014");
    EXPECT_EQ(connection->state(), db::SessionState::Idle);
}

}  // namespace
}  // namespace kdeps::test
