// What may be shown of a file under an error message.

#include "secrets.hpp"

#include <gtest/gtest.h>

namespace kdeps::workflow {
namespace {

struct SecretCase {
    const char *name, *text, *shown;
};
class SecretTest : public testing::TestWithParam<SecretCase> {};

TEST_P(SecretTest, IsReplacedByStars) {
    EXPECT_EQ(without_secrets(GetParam().text), GetParam().shown);
}

constexpr SecretCase kCases[] = {
    {"Plain", "connection: u:pw@h\nnext: 1\n", "connection: ******\nnext: 1\n"},
    {"Quoted", "connection: \"h pw\" # why\n", "connection: \"****\" # why\n"},
    {"SingleQuoted", "connection: 'it''s'\n", "connection: '*****'\n"},
    {"Scheme", "connection: \"oracle://pw\"\n", "connection: \"oracle://**\"\n"},
    {"SchemeWithoutSlashes", "connection: postgres:pw\n", "connection: ***********\n"},
    {"CodePoints", "connection: \"\xC3\xA4\xE2\x82\xAC\"\n", "connection: \"**\"\n"},
    {"QuoteInside", "connection: \"a\"pw\" b\n", "connection: \"*******\n"},
    {"QuoteNeverClosed", "connection: \"a pw\nnext: pw\n", "connection: \"****\n********\n"},
    {"Flow", "m: {connection: \"pw\", pool: {x: 1}}\n", "m: {connection: \"**\", pool: {x: 1}}\n"},
    {"PlainInFlow", "m: {connection: a}b, c}\n", "m: {connection: *******\n"},
    {"Json", R"({"connection":"pw","a":1})", R"({"connection":"**","a":1})"},
    {"Block", "  connection: |\n    pw\n\n    pw\n  next: 1\n",
     "  connection: *\n    **\n\n    **\n  next: 1\n"},
    {"NextLine", "connection:\n  pw\nnext: 1\n", "connection:\n  **\nnext: 1\n"},
    {"MapInstead", "connection:\n  password: pw\nnext: 1\n",
     "connection:\n  ************\nnext: 1\n"},
    {"QuotedOverLines", "connection: \"a\n  b\"\nnext: 1\n", "connection: \"*\n***\"\nnext: 1\n"},
    {"Variables", "connection: \"a${DB}b{{ env('X') }}c\"\n",
     "connection: \"*${DB}*{{ env('X') }}*\"\n"},
    {"EmptyDefault", "connection: \"${DB:-}\"\n", "connection: \"${DB:-}\"\n"},
    {"DefaultOfVariable", "connection: ${DB:-pw}\n", "connection: *********\n"},
    {"OtherKey", "connectionName: main\nconnections: 2\n",
     "connectionName: main\nconnections: 2\n"},
    {"Token", "auth:\n  token: pw\ntoken: a\n", "auth:\n  token: **\ntoken: a\n"},
    {"TokenInFlow", "auth: {token: \"pw\"}\nx: {token: a}\n",
     "auth: {token: \"**\"}\nx: {token: a}\n"},
    {"InPlaceOfMap", "sqlConnections:\n  main: u:pw@h\n  b: {pool: 1}\nother: x\n",
     "sqlConnections:\n  main: ******\n  b: {pool: 1}\nother: x\n"},
    {"UrlElsewhere", "x: 'a://u:pw@h/d'\n", "x: 'a://u:**@h/d'\n"},
    {"PasswordElsewhere", "x: host=h Password=pw;a=b\n", "x: host=h Password=**;a=b\n"},
    {"PlaceholderIsNoSecret", "WHERE password=$1 AND pwd = 'x'\n",
     "WHERE password=$1 AND pwd = 'x'\n"},
    {"EmptyText", "", ""},
};
INSTANTIATE_TEST_SUITE_P(Cases, SecretTest, testing::ValuesIn(kCases),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::workflow
