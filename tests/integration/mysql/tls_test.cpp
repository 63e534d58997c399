#include "mysql_fixture.hpp"

namespace kdeps::test {
namespace {

/// Sessions with the server of KDEPS_TEST_MYSQL_TLS, whose certificate is of KDEPS_TEST_CA.
class MysqlTlsTest : public MysqlTest {
 protected:
    MysqlTlsTest() : MysqlTest("KDEPS_TEST_MYSQL_TLS") {}

    [[nodiscard]] std::unique_ptr<db::Connection> connect_with(const std::string& mode,
                                                               const std::string& ca) const {
        sql::Dsn changed = dsn;
        changed.options["tls"] = mode;
        if (!ca.empty()) changed.options["tls_ca"] = ca;
        return make_driver(changed)->connect(soon());
    }
    static bool is_encrypted(db::Connection& session) {
        const auto result = session.execute(reading("SHOW STATUS LIKE 'Ssl_cipher'"), {});
        return cell_text(*result.table, 0, 1) != "Text:";
    }
};

TEST_F(MysqlTlsTest, IsUsedWhenAskedFor) {
    EXPECT_TRUE(is_encrypted(*connect_with("prefer", "")));
    EXPECT_TRUE(is_encrypted(*connect_with("require", "")));
}

TEST_F(MysqlTlsTest, ServerIsVerified) {
    EXPECT_TRUE(is_encrypted(*connect_with("verify", dsn_text("KDEPS_TEST_CA"))));
    for (const std::string& ca : {dsn_text("KDEPS_TEST_OTHER_CA"), std::string()}) {
        const Error error = error_of([&] { static_cast<void>(connect_with("verify", ca)); });
        EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
        EXPECT_EQ(error.detail().hint, "check the tls options of the connection") << error.what();
    }
}

TEST_F(MysqlTlsTest, LargeAnswersArriveWhole) {
    const auto session = connect_with("require", "");
    for (const std::int64_t size : {1, 900'000, 10'000'000}) {
        EXPECT_EQ(one(*session, "SELECT repeat('x', ?)", {size}).size(),
                  static_cast<std::size_t>(size) + 5);
    }
}

}  // namespace
}  // namespace kdeps::test
