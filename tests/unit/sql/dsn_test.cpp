#include "kdeps/sql/dsn.hpp"

#include <string>

#include <gtest/gtest.h>

namespace kdeps::sql {
namespace {

/// Every field in one line: `dialect user:password host:port database option=value`.
std::string fields(const Dsn& dsn) {
    std::string out = std::string(dsn.dialect->name) + " [" + dsn.user + "][" + dsn.password +
                      "][" + dsn.host + "][" + std::to_string(dsn.port) + "][" + dsn.database + "]";
    for (const auto& [name, value] : dsn.options) out += " " + name + "=" + value;
    return out;
}

struct DsnCase {
    const char* name;
    const char* source;
    const char* fields;
    const char* display;
};
class DsnTest : public testing::TestWithParam<DsnCase> {};

TEST_P(DsnTest, Parses) {
    const Dsn dsn = parse_dsn(GetParam().source, "/base/dir");
    EXPECT_EQ(fields(dsn), GetParam().fields);
    EXPECT_EQ(dsn.display(), GetParam().display);
}

constexpr DsnCase kDsnCases[] = {
    {"Postgres", "postgres://user:pass@localhost:5432/analytics",
     "PostgreSQL [user][pass][localhost][5432][analytics]",
     "postgres://user@localhost:5432/analytics"},
    {"PostgresqlUpperCase", " PostgreSQL://h/d ", "PostgreSQL [][][h][0][d]", "postgres://h/d"},
    {"PostgresAlone", "postgres://", "PostgreSQL [][][][0][]", "postgres://"},
    {"PostgresPython", "postgresql+asyncpg://u@h/d", "PostgreSQL [u][][h][0][d]",
     "postgres://u@h/d"},
    {"PercentEncoded", "postgres://u%40x:p%3A%2F%40%25@h/d%20b",
     "PostgreSQL [u@x][p:/@%][h][0][d b]", "postgres://u@x@h/d b"},
    {"ColonInPassword", "postgres://u:a:b@h/d", "PostgreSQL [u][a:b][h][0][d]", "postgres://u@h/d"},
    {"EmptyPassword", "postgres://u:@h/", "PostgreSQL [u][][h][0][]", "postgres://u@h"},
    {"Ipv6", "postgres://u@[::1]:5433/d", "PostgreSQL [u][][::1][5433][d]",
     "postgres://u@[::1]:5433/d"},
    {"Ipv6WithoutPort", "mysql://[fe80::1]/d", "MySQL [][][fe80::1][0][d]", "mysql://[fe80::1]/d"},
    {"PostgresOptions",
     "postgres://h/d?sslmode=verify-full&application_name=my%20app&connect_timeout=5",
     "PostgreSQL [][][h][0][d] application_name=my app connect_timeout=5 sslmode=verify-full",
     "postgres://h/d"},
    {"PostgresSocket", "postgres://u@/d?host=/run/pg", "PostgreSQL [u][][/run/pg][0][d]",
     "postgres://u@/d?host=/run/pg"},
    {"PostgresSocketOption", "postgres:///d?socket=/run/pg", "PostgreSQL [][][/run/pg][0][d]",
     "postgres:///d?host=/run/pg"},
    {"PostgresEncodedSocket", "postgres://%2Frun%2Fpg/d", "PostgreSQL [][][/run/pg][0][d]",
     "postgres:///d?host=/run/pg"},
    {"PostgresFieldsAsOptions", "postgres:///?user=u&password=p&port=1&dbname=d&host=h",
     "PostgreSQL [u][p][h][1][d]", "postgres://u@h:1/d"},
    {"Keywords", "host=h port=5432 user = u password='it\\'s a \\\\' dbname=d sslmode=disable",
     "PostgreSQL [u][it's a \\][h][5432][d] sslmode=disable", "postgres://u@h:5432/d"},
    {"KeywordsEmptyValue", "dbname=d password=", "PostgreSQL [][][][0][d]", "postgres:///d"},
    {"MySql", "mysql://user:pass@localhost:3306/inventory",
     "MySQL [user][pass][localhost][3306][inventory]", "mysql://user@localhost:3306/inventory"},
    {"MariaDb", "mariadb://u@h/d?tls=verify&connect_timeout=3",
     "MySQL [u][][h][0][d] connect_timeout=3 tls=verify", "mysql://u@h/d"},
    {"MySqlSocket", "mysql://u@/d?socket=/run/mysqld.sock",
     "MySQL [u][][][0][d] socket=/run/mysqld.sock", "mysql://u@/d?socket=/run/mysqld.sock"},
    {"GoForm", "user:p@ss/w:rd@tcp(db.local:3306)/inventory?parseTime=true&tls=skip-verify",
     "MySQL [user][p@ss/w:rd][db.local][3306][inventory] tls=require",
     "mysql://user@db.local:3306/inventory"},
    {"GoFormUnix", "u@unix(/run/my.sock)/d", "MySQL [u][][][0][d] socket=/run/my.sock",
     "mysql://u@/d?socket=/run/my.sock"},
    {"GoFormWithScheme", "mysql://u:p@tcp(h:3306)/d", "MySQL [u][p][h][3306][d]",
     "mysql://u@h:3306/d"},
    {"SqliteRelative", "sqlite://./cache.db", "SQLite [][][][0][/base/dir/cache.db]",
     "sqlite:///base/dir/cache.db"},
    {"SqliteBareRelative", "sqlite://cache.db", "SQLite [][][][0][/base/dir/cache.db]",
     "sqlite:///base/dir/cache.db"},
    {"SqliteParent", "sqlite://../x/../y.db", "SQLite [][][][0][/base/y.db]",
     "sqlite:///base/y.db"},
    {"SqliteAbsolute", "sqlite:///var/x.db", "SQLite [][][][0][/var/x.db]", "sqlite:///var/x.db"},
    {"SqliteFourSlashes", "sqlite:////var/x.db", "SQLite [][][][0][/var/x.db]",
     "sqlite:///var/x.db"},
    {"SqliteNoSlashes", "sqlite:x.db", "SQLite [][][][0][/base/dir/x.db]",
     "sqlite:///base/dir/x.db"},
    {"SqliteMemory", "sqlite::memory:", "SQLite [][][][0][:memory:]", "sqlite::memory:"},
    {"SqliteMemorySlashes", "sqlite://:memory:", "SQLite [][][][0][:memory:]", "sqlite::memory:"},
    {"BareMemory", ":memory:", "SQLite [][][][0][:memory:]", "sqlite::memory:"},
    {"File", "file:x.db?mode=ro&cache=shared", "SQLite [][][][0][/base/dir/x.db] mode=ro",
     "sqlite:///base/dir/x.db"},
    {"FileMemory", "file:any?mode=memory", "SQLite [][][][0][:memory:]", "sqlite::memory:"},
    {"FileLocalhost", "file://localhost/var/x.db", "SQLite [][][][0][/var/x.db]",
     "sqlite:///var/x.db"},
    {"FileEncoded", "file:a%20b.db", "SQLite [][][][0][/base/dir/a b.db]",
     "sqlite:///base/dir/a b.db"},
    {"BareFile", "data/x.SQLite3", "SQLite [][][][0][/base/dir/data/x.SQLite3]",
     "sqlite:///base/dir/data/x.SQLite3"},
    {"BareFilePercent", "100%.db", "SQLite [][][][0][/base/dir/100%.db]",
     "sqlite:///base/dir/100%.db"},
    {"SqlServer", "sqlserver://sa:p@h:1433?database=db", "SQL Server [sa][p][h][1433][db]",
     "sqlserver://sa@h:1433/db"},
    {"MsSql", "mssql://h/db?encrypt=true", "SQL Server [][][h][0][db] encrypt=true",
     "sqlserver://h/db"},
};
INSTANTIATE_TEST_SUITE_P(Cases, DsnTest, testing::ValuesIn(kDsnCases),
                         [](const auto& c) { return c.param.name; });

struct DsnErrorCase {
    const char* name;
    const char* source;
    const char* message;
};
class DsnErrorTest : public testing::TestWithParam<DsnErrorCase> {};

TEST_P(DsnErrorTest, SaysWhatIsWrongWithoutThePassword) {
    try {
        const Dsn dsn = parse_dsn(GetParam().source, "/base");
        FAIL() << fields(dsn);
    } catch (const Error& error) {
        EXPECT_EQ(render(error), GetParam().message);
        EXPECT_EQ(render(error).find("hunter2"), std::string::npos);
        EXPECT_EQ(render(error).find("hun"), std::string::npos);
    }
}

#define KDEPS_ENCODE_HINT                                                                   \
    "\n  hint: percent-encode special characters in the user name and password: @ is %40, " \
    ": is %3A, / is %2F, ? is %3F, # is %23, % is %25"
constexpr const char* kUnescaped =
    "the user name or password contains an unescaped '@', '/' or '?' "
    "[INVALID_DSN]" KDEPS_ENCODE_HINT;
constexpr const char* kPort =
    "the port must be a number from 1 to 65535 [INVALID_DSN]\n"
    "  hint: if the password contains ':', '/' or '?', percent-encode it";

const DsnErrorCase kDsnErrorCases[] = {
    {"Empty", "  ", "the connection string is empty [INVALID_DSN]"},
    {"Unknown", "hunter2",
     "the connection string has no form that is known [INVALID_DSN]\n"
     "  hint: write postgres://user:password@host:5432/database, mysql://..., sqlite://./file.db, "
     "or the name of a connection under 'sqlConnections'"},
    {"UnknownWithEquals", "hunter2==",
     "the connection string has no form that is known [INVALID_DSN]\n"
     "  hint: write postgres://user:password@host:5432/database, mysql://..., sqlite://./file.db, "
     "or the name of a connection under 'sqlConnections'"},
    {"Semicolons", "Host=h;Database=d;Password=hunter2;",
     "a value of the connection string contains ';' [INVALID_DSN]\n"
     "  hint: separate the parts by spaces, or put the value into single quotes"},
    {"Charset", "mysql://u:hunter2@h/d?charset=latin1",
     "'latin1' is no value of option 'charset' [INVALID_DSN]\n"
     "  hint: known: utf8mb4, utf8"},
    {"Mongo", "mongodb://u:hunter2@h/d",
     "databases with the scheme 'mongodb' are not supported [NOT_SUPPORTED]\n"
     "  hint: supported: postgres://, mysql://, mariadb://, sqlite://, sqlserver://"},
    {"Oracle", "oracle://u:hunter2@h/d",
     "Oracle databases are not supported [NOT_SUPPORTED]\n"
     "  hint: supported: postgres://, mysql://, mariadb://, sqlite://, sqlserver://"},
    {"OracleThin", "oracle:thin:@h:1521:x",
     "Oracle databases are not supported [NOT_SUPPORTED]\n"
     "  hint: supported: postgres://, mysql://, mariadb://, sqlite://, sqlserver://"},
    {"Jdbc", "jdbc:postgresql://h/d",
     "connection strings of JDBC are not supported [NOT_SUPPORTED]\n"
     "  hint: leave out 'jdbc:' and put the login before the host: "
     "postgres://user:password@host/db"},
    {"OneSlash", "postgresql:/u:hunter2@h/d",
     "'postgresql:' must be followed by '//' [INVALID_DSN]\n"
     "  hint: write postgresql://user:password@host/database"},
    {"NoSlashes", "mysql:u:hunter2@h/d",
     "'mysql:' must be followed by '//' [INVALID_DSN]\n"
     "  hint: write mysql://user:password@host/database"},
    {"AtInPassword", "postgres://u:hun@ter2@h/d", kUnescaped},
    {"SlashInPassword", "postgres://u:hun/ter2@h/d", kUnescaped},
    {"QuestionInPassword", "postgres://u:hun?ter2@h/d", kUnescaped},
    {"NumericBeforeSlash", "postgres://u:123/hunter2@h/d", kUnescaped},
    {"AtThenSlash", "postgres://u:p@hun/ter2@h/d", kUnescaped},
    {"BadEscape", "postgres://u:hunter2%zz@h/d",
     "the password contains a '%' without two hexadecimal digits [INVALID_DSN]\n"
     "  hint: write %25 for a percent sign"},
    {"EscapeAtEnd", "postgres://u:hunter2%4@h/d",
     "the password contains a '%' without two hexadecimal digits [INVALID_DSN]\n"
     "  hint: write %25 for a percent sign"},
    {"EscapedNul", "postgres://u:hunter2%00@h/d",
     "the password contains a '%' without two hexadecimal digits [INVALID_DSN]\n"
     "  hint: write %25 for a percent sign"},
    {"PortZero", "postgres://h:0/d", kPort},
    {"PortTooLarge", "postgres://h:65536/d", kPort},
    {"PortText", "postgres://u:hunter2/d", kPort},
    {"PortSigned", "postgres://h:+80/d", kPort},
    {"BareIpv6", "postgres://::1/d",
     "the host has more than one ':' [INVALID_DSN]\n"
     "  hint: write an IPv6 address in brackets: [::1]:5432"},
    {"OpenBracket", "postgres://[::1/d", "the '[' of an IPv6 address is not closed [INVALID_DSN]"},
    {"AfterBracket", "postgres://[::1]5/d",
     "only ':port' may follow an IPv6 address [INVALID_DSN]"},
    {"SeveralHosts", "postgres://a,b/d",
     "the connection string names several hosts [INVALID_DSN]\n"
     "  hint: name one host, or a proxy in front of the servers"},
    {"UnknownOption", "postgres://h/d?sslmod=require",
     "unknown option 'sslmod' for PostgreSQL [INVALID_DSN]\n  hint: did you mean 'sslmode'?"},
    {"UnknownMySqlOption", "mysql://h/d?sslmode=require",
     "unknown option 'sslmode' for MySQL [INVALID_DSN]\n"
     "  hint: known: charset, connect_timeout, socket, tls, tls_ca"},
    {"BadSslMode", "postgres://h/d?sslmode=requir",
     "'requir' is no value of option 'sslmode' [INVALID_DSN]\n  hint: did you mean 'require'?"},
    {"BadTls", "mysql://h/d?tls=off",
     "'off' is no value of option 'tls' [INVALID_DSN]\n  hint: known: prefer, require, verify"},
    {"OptionTwice", "mysql://h/d?tls=prefer&tls=verify",
     "option 'tls' is given twice [INVALID_DSN]"},
    {"OptionWithoutValue", "mysql://h/d?tls", "option 'tls' has no value [INVALID_DSN]"},
    {"BadTimeout", "mysql://h/d?connect_timeout=5s",
     "option 'connect_timeout' must be a whole number of seconds, at least 1 [INVALID_DSN]"},
    {"UnclosedKeywordQuote", "host=h password='hunter2",
     "a quoted value in the connection string is not closed [INVALID_DSN]"},
    {"KeywordWithSpace", "host=h password=hunter2 x",
     "a part of the connection string is no 'keyword=value' [INVALID_DSN]\n"
     "  hint: put a value that contains spaces into single quotes"},
    {"KeywordTwice", "host=h host=g", "option 'host' is given twice [INVALID_DSN]"},
    {"GoNetwork", "u:hunter2@tcp(h:3306/d", "the '(' of the address is not closed [INVALID_DSN]"},
    {"SqliteNothing", "sqlite://",
     "the connection string names no SQLite file [INVALID_DSN]\n"
     "  hint: write sqlite://./data.db or sqlite::memory:"},
    {"SqliteFolder", "sqlite:///var/",
     "the SQLite path '/var/' names a folder, not a file [INVALID_DSN]"},
    {"SqliteOption", "sqlite://x.db?moed=ro",
     "unknown option 'moed' for SQLite [INVALID_DSN]\n  hint: did you mean 'mode'?"},
};
INSTANTIATE_TEST_SUITE_P(Cases, DsnErrorTest, testing::ValuesIn(kDsnErrorCases),
                         [](const auto& c) { return c.param.name; });

TEST(DsnBaseDirectory, RelativeBaseBecomesAbsolute) {
    EXPECT_TRUE(parse_dsn("x.db", "").database.starts_with("/"));
    EXPECT_TRUE(parse_dsn("x.db", ".").database.ends_with("/x.db"));
}

}  // namespace
}  // namespace kdeps::sql
