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
    {"Token", "auth:\n  token: pw\ntokens: [a]\n", "auth:\n  token: **\ntokens: ***\n"},
    {"TokenInFlow", "auth: {token: \"pw\"}\nx: {token: a}\n",
     "auth: {token: \"**\"}\nx: {token: **\n"},
    {"AuthIsText", "auth: pw\nnext: 1\n", "auth: **\nnext: 1\n"},
    {"AuthIsList", "  auth: [pw, pw]\n  next: 1\n", "  auth: ********\n  next: 1\n"},
    {"AuthIsBlockList", "  auth:\n  - pw\n  next: 1\n", "  auth:\n  - **\n  next: 1\n"},
    {"AuthHoldsUnknownKeys", "auth: {tokn: 'pw', kind: pw}\n", "auth: {tokn: '**', kind: ***\n"},
    {"AuthHoldsNoKey", "auth: {pw}\nauth:\n  pw\n", "auth: {**}\nauth:\n  **\n"},
    {"AuthOverLines", "auth: { # why\n  tokn: pw\n}\nnext: 1\n",
     "auth: { # why\n  tokn: **\n}\nnext: 1\n"},
    {"MisspeltAuth", "auht: pw\nauthor: me\n", "auht: **\nauthor: me\n"},
    {"PlainInFlowMap", "{token: p, w}, x: 1, password: pw, \"y\": 2, secret: 'pw'}\n",
     "{token: *****, x: 1, password: **, \"y\": 2, secret: '**'}\n"},
    {"BehindAuth", "a: {auth: {token: 'pw'}, portNum: x}\n",
     "a: {auth: {token: '**'}, portNum: x}\n"},
    {"SecretNames", "apiKey: pw\nX-API-Key: pw\nDB_PASSWORD: pw\nclientSecret: 'pw'\n",
     "apiKey: **\nX-API-Key: **\nDB_PASSWORD: **\nclientSecret: '**'\n"},
    {"MisspeltSecretNames", "tokn: pw\nauthTokem: pw\napi_ky: pw\npasword: pw\n",
     "tokn: **\nauthTokem: **\napi_ky: **\npasword: **\n"},
    {"OtherNames", "broken: a\ntokenizer: a\nallowCredentials: x\npath: /a\nmonkey: a\n",
     "broken: a\ntokenizer: a\nallowCredentials: x\npath: /a\nmonkey: a\n"},
    {"Environment", "env:\n  A: '${UNSET}pw'\n  B: pw\nnext: 1\n",
     "env:\n  A: '${UNSET}**'\n  B: **\nnext: 1\n"},
    {"Computed", "{password: get('p'), token: \"{{ env('T') }}\", secret: !expr a.b, x: 1}\n",
     "{password: get('p'), token: \"{{ env('T') }}\", secret: !expr a.b, x: 1}\n"},
    {"RoundASlot", "Authorization: \"Bearer pw {{ x + }}\"\n",
     "Authorization: \"**********{{ x + }}\"\n"},
    {"SiblingsOfAnItem", "- password: pw\n  name: a\n", "- password: **\n  name: a\n"},
    {"Script", "script: |\n  if token:\n    foo(\n  def f(a, token: str):\n    foo(\n",
     "script: |\n  if token:\n    foo(\n  def f(a, token: *****\n    foo(\n"},
    {"Sql", "query: SELECT token::text, x FROM t WHERE token = :token\n",
     "query: SELECT token::text, x FROM t WHERE token = :token\n"},
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
