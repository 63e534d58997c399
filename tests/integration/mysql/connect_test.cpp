#include <fmt/format.h>

#include "mysql_fixture.hpp"
#include "support/file_limit.hpp"
#include "support/sanitizers.hpp"

namespace kdeps::test {
namespace {

class MysqlConnectTest : public MysqlTest {
 protected:
    [[nodiscard]] Error failure(const std::function<void(sql::Dsn&)>& change) const {
        sql::Dsn changed = dsn;
        change(changed);
        return error_of(
            [&] { static_cast<void>(db::make_mysql_driver(changed)->connect(soon())); });
    }
};

TEST_F(MysqlConnectTest, WrongPassword) {
    const Error error = failure([](sql::Dsn& d) { d.password = "s3cret"; });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_EQ(std::string(error.what()).find("s3cret"), std::string::npos);
    EXPECT_NE(std::string(error.what())
                  .find(fmt::format("cannot connect to MySQL inventory on {}:{}: Access denied "
                                    "for user 'kdeps'@",
                                    dsn.host, dsn.port)),
              std::string::npos)
        << error.what();
    EXPECT_EQ(error.detail().hint, "check user and password of the connection");
}

TEST_F(MysqlConnectTest, MissingDatabase) {
    const Error error = failure([](sql::Dsn& d) { d.database = "nowhere"; });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_EQ(error.detail().hint, "check database and rights of the connection's user");
}

TEST_F(MysqlConnectTest, NobodyListens) {
    const Error error = failure([](sql::Dsn& d) { d.port = 1; });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_EQ(error.detail().hint, "is the server running, and are host and port or socket right?")
        << error.what();
}

TEST_F(MysqlConnectTest, UnknownHost) {
    const Error error = failure([](sql::Dsn& d) { d.host = "no-such-host.invalid"; });
    EXPECT_EQ(error.detail().hint, "check the host name of the connection") << error.what();
}

TEST_F(MysqlConnectTest, LocalhostMeansTcp) {
    sql::Dsn local = dsn;
    local.host = "localhost";
    const auto other = db::make_mysql_driver(local)->connect(soon());
    EXPECT_EQ(one(*other, "SELECT @@port"), fmt::format("Int:{}", dsn.port));
}

TEST_F(MysqlConnectTest, RequiredTlsIsNotGivenUp) {
    for (const char* mode : {"require", "verify"}) {
        const Error error = failure([&](sql::Dsn& d) { d.options["tls"] = mode; });
        EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed) << mode;
    }
    const Error error = failure([](sql::Dsn& d) { d.options["tls"] = "require"; });
    EXPECT_EQ(std::string(error.what()),
              fmt::format("cannot connect to MySQL inventory on {}:{}: the server offers no TLS, "
                          "but the connection requires it",
                          dsn.host, dsn.port));
}

TEST_F(MysqlConnectTest, SessionThatCouldNotBeInterruptedIsRefused) {
    if (kIsSanitized) GTEST_SKIP() << "a sanitizer needs files as well";
    const FileLimit one_more(1);  // enough for the socket, not for our copy of it
    const Error error = error_of([&] { static_cast<void>(connect()); });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_NE(
        std::string(error.what()).find("its socket cannot be duplicated: Too many open files"),
        std::string::npos)
        << error.what();
    EXPECT_EQ(error.detail().hint,
              "raise the limit of open files (ulimit -n), or lower maxConnections");
}

TEST_F(MysqlConnectTest, DeadlineIsHonoured) {
    sql::Dsn silent = dsn;
    silent.host = "10.255.255.1";
    const auto driver = db::make_mysql_driver(silent);
    const auto begin = std::chrono::steady_clock::now();
    const Error error = error_of([&] {
        static_cast<void>(driver->connect(Deadline::after(std::chrono::milliseconds(200))));
    });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
}

}  // namespace
}  // namespace kdeps::test
