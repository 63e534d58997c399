#include <fmt/format.h>

#include "postgres_fixture.hpp"
#include "support/file_limit.hpp"
#include "support/sanitizers.hpp"

namespace kdeps::test {
namespace {

class PostgresConnectTest : public PostgresTest {
 protected:
    [[nodiscard]] Error failure(const std::function<void(sql::Dsn&)>& change) const {
        sql::Dsn changed = dsn;
        change(changed);
        return error_of(
            [&] { static_cast<void>(db::make_postgres_driver(changed)->connect(soon())); });
    }
    [[nodiscard]] std::string server() const {
        return fmt::format("connection to server at \"{}\", port {} failed: ", dsn.host, dsn.port);
    }
};

TEST_F(PostgresConnectTest, WrongPassword) {
    const Error error = failure([](sql::Dsn& d) { d.password = "s3cret"; });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_EQ(std::string(error.what()),
              fmt::format("cannot connect to PostgreSQL analytics on {}:{}: {}FATAL:  password "
                          "authentication failed for user \"kdeps\"",
                          dsn.host, dsn.port, server()));
    EXPECT_EQ(error.detail().hint, "check user and password of the connection");
}

TEST_F(PostgresConnectTest, MissingDatabase) {
    const Error error = failure([](sql::Dsn& d) { d.database = "nowhere"; });
    EXPECT_EQ(std::string(error.what()),
              fmt::format("cannot connect to PostgreSQL nowhere on {}:{}: {}FATAL:  database "
                          "\"nowhere\" does not exist",
                          dsn.host, dsn.port, server()));
    EXPECT_EQ(error.detail().hint, "check database and user of the connection");
}

TEST_F(PostgresConnectTest, NobodyListens) {
    const Error error = failure([](sql::Dsn& d) { d.port = 1; });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_NE(std::string(error.what()).find("Connection refused"), std::string::npos);
    EXPECT_EQ(error.detail().hint, "is the server running, and is the port right?");
}

TEST_F(PostgresConnectTest, UnknownHost) {
    const Error error = failure([](sql::Dsn& d) { d.host = "no-such-host.invalid"; });
    EXPECT_EQ(error.detail().hint, "check the host name of the connection");
}

TEST_F(PostgresConnectTest, RequiredTlsIsNotGivenUp) {
    const Error error = failure([](sql::Dsn& d) { d.options["sslmode"] = "require"; });
    EXPECT_NE(std::string(error.what()).find("server does not support SSL, but SSL was required"),
              std::string::npos);
}

TEST_F(PostgresConnectTest, UnknownOptionIsAnInvalidDsn) {
    const Error error = failure([](sql::Dsn& d) { d.options["sslmod"] = "require"; });
    EXPECT_EQ(error.code(), ErrorCode::InvalidDsn);
    EXPECT_EQ(std::string(error.what()),
              "PostgreSQL connection string: invalid connection option \"sslmod\"");
}

TEST_F(PostgresConnectTest, DeadlineIsHonoured) {
    // A listening socket whose queue nobody serves: the handshake never comes.
    sql::Dsn silent = dsn;
    silent.host = "10.255.255.1";
    const auto driver = db::make_postgres_driver(silent);
    const auto begin = std::chrono::steady_clock::now();
    const Error error = error_of([&] {
        static_cast<void>(driver->connect(Deadline::after(std::chrono::milliseconds(200))));
    });
    EXPECT_EQ(error.code(), ErrorCode::ConnectionFailed);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
}

TEST_F(PostgresConnectTest, SettingsOfTheSession) {
    EXPECT_EQ(one(*connection, "SHOW application_name"), "Text:kdeps");
    sql::Dsn named = dsn;
    named.options["application_name"] = "it's mine";
    named.options["options"] = "-c search_path=pg_catalog";
    const auto other = db::make_postgres_driver(named)->connect(soon());
    EXPECT_EQ(one(*other, "SHOW application_name"), "Text:it's mine");
    EXPECT_EQ(one(*other, "SHOW search_path"), "Text:pg_catalog");
}

TEST_F(PostgresConnectTest, SessionThatCouldNotBeInterruptedIsRefused) {
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

TEST_F(PostgresConnectTest, DescribesItselfWithoutThePassword) {
    EXPECT_EQ(db::make_postgres_driver(dsn)->describe(),
              fmt::format("PostgreSQL analytics on {}:{}", dsn.host, dsn.port));
}

}  // namespace
}  // namespace kdeps::test
