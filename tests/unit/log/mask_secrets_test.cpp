#include <gtest/gtest.h>

#include "kdeps/log/log.hpp"

namespace kdeps::log {

struct MaskCase {
    const char *name, *text, *masked;
};
class MaskTest : public testing::TestWithParam<MaskCase> {};

TEST_P(MaskTest, HidesSecrets) {
    EXPECT_EQ(mask_secrets(GetParam().text), GetParam().masked);
}
constexpr MaskCase kMasks[] = {
    {"Empty", "", ""},
    {"Nothing", "listening on http://127.0.0.1:16395/x", "listening on http://127.0.0.1:16395/x"},
    {"Url", "postgres://bob:hunter2@db:5432/x", "postgres://bob:***@db:5432/x"},
    {"UrlWithoutUser", "redis://:hunter2@db", "redis://:***@db"},
    {"UrlWithoutSecret", "postgres://bob@db:5432/x", "postgres://bob@db:5432/x"},
    {"UrlInQuotes", "bad 'mysql://a:b@c' here", "bad 'mysql://a:***@c' here"},
    {"UrlSecretWithAt", "postgres://bob:p@ss@db/x", "postgres://bob:***@db/x"},
    {"UrlSecretWithSlash", "postgres://bob:p/ss#w?d@db/x", "postgres://bob:***@db/x"},
    {"UrlSecretOfDigits", "postgres://bob:1234@db/x", "postgres://bob:***@db/x"},
    {"TwoUrls", "a://u:one@h b://u:two@h", "a://u:***@h b://u:***@h"},
    {"PortAndAtInQuery", "http://host:80/x?mail=a@b.c", "http://host:80/x?mail=a@b.c"},
    {"ColonInPath", "http://host/a:b@c", "http://host/a:b@c"},
    {"Time", "at 09:30:00 bob@db", "at 09:30:00 bob@db"},
    {"KeyValue", "host=db password=hunter2 port=5432", "host=db password=*** port=5432"},
    {"KeyValueAtEnd", "password=hunter2", "password=***"},
    {"Spaces", "password = hunter2 x", "password = *** x"},
    {"LetterCase", "Server=db;PWD=hunter2;x=1", "Server=db;PWD=***;x=1"},
    {"LongerKey", "db_password=hunter2", "db_password=***"},
    {"Query", "?token=abc&x=1", "?token=***&x=1"},
    {"SingleQuoted", "password='two words' x=1", "password=*** x=1"},
    {"DoubledQuote", "password='it''s me' x=1", "password=*** x=1"},
    {"EscapedQuote", R"(password='it\'s me' x=1)", "password=*** x=1"},
    {"UnclosedQuote", "password='two words", "password=***"},
    {"Braces", "PWD={a;b c};x=1", "PWD=***;x=1"},
    {"Json", R"({"password": "a\"b c", "x": 1})", R"({"password": ***, "x": 1})"},
    {"EmptyValue", "password=", "password="},
    {"WordOnly", "password authentication failed for user 'bob'",
     "password authentication failed for user 'bob'"},
    {"ColonAfterWord", "wrong password: try again", "wrong password: try again"},
    {"MaskedAlready", "postgres://bob:***@db password=***", "postgres://bob:***@db password=***"},
    {"Several", "password=a passwd=b pwd=c secret=d", "password=*** passwd=*** pwd=*** secret=***"},
};
INSTANTIATE_TEST_SUITE_P(Cases, MaskTest, testing::ValuesIn(kMasks),
                         [](const auto& c) { return c.param.name; });

}  // namespace kdeps::log
