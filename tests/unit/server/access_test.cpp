#include "access.hpp"

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"

namespace kdeps::server {
namespace {

struct TokenCase {
    const char *name, *fields;
    bool passes;
};
class TokenTest : public testing::TestWithParam<TokenCase> {};

TEST_P(TokenTest, EitherHeaderMayMatch) {
    RequestHead head;
    ASSERT_FALSE(
        head.parse(std::string("GET / HTTP/1.1\r\nHost: a\r\n") + GetParam().fields + "\r\n"));
    EXPECT_EQ(is_authorised(head, "s3cret"), GetParam().passes);
}

constexpr TokenCase kTokens[] = {
    {"None", "", false},
    {"Bearer", "Authorization: Bearer s3cret\r\n", true},
    {"SchemeInAnyCase", "authorization: bEARER  s3cret\r\n", true},
    {"Key", "X-API-Key: s3cret\r\n", true},
    {"OtherBearerGoodKey", "Authorization: Bearer other\r\nX-API-Key: s3cret\r\n", true},
    {"Wrong", "X-API-Key: s3creT\r\n", false},
    {"Prefix", "X-API-Key: s3cre\r\n", false},
    {"Longer", "X-API-Key: s3cret1\r\n", false},
    {"Repeated", "X-API-Key: s3crets3cret\r\n", false},
    {"Empty", "X-API-Key: \r\n", false},
    {"Basic", "Authorization: Basic s3cret\r\n", false},
};
INSTANTIATE_TEST_SUITE_P(Cases, TokenTest, testing::ValuesIn(kTokens),
                         [](const auto& c) { return c.param.name; });

struct HostCase {
    const char *name, *bound, *head;
    bool passes;
};
class HostPolicyTest : public testing::TestWithParam<HostCase> {};

TEST_P(HostPolicyTest, KnownNamesOnly) {
    workflow::ApiServerSettings api;
    api.host = GetParam().bound;
    api.allowed_hosts = {"API.local", "proxy:8080"};
    if (api.host == "0.0.0.0") api.allowed_hosts.clear();
    RequestHead head;
    ASSERT_FALSE(head.parse(GetParam().head));
    EXPECT_EQ(HostPolicy(api).allows(head), GetParam().passes);
}

constexpr HostCase kHosts[] = {
    {"Localhost", "127.0.0.1", "GET / HTTP/1.1\r\nHost: LOCALHOST:1\r\n\r\n", true},
    {"BoundAddress", "127.0.0.2", "GET / HTTP/1.1\r\nHost: 127.0.0.2:16395\r\n\r\n", true},
    {"V6", "::1", "GET / HTTP/1.1\r\nHost: [::1]:16395\r\n\r\n", true},
    {"Foreign", "127.0.0.1", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", false},
    {"LooksLocal", "127.0.0.1", "GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", false},
    {"ListedAnyPort", "localhost", "GET / HTTP/1.1\r\nHost: api.LOCAL:99\r\n\r\n", true},
    {"ListedPort", "127.0.0.1", "GET / HTTP/1.1\r\nHost: proxy:8080\r\n\r\n", true},
    {"OtherPort", "127.0.0.1", "GET / HTTP/1.1\r\nHost: proxy:8081\r\n\r\n", false},
    {"EmptyHost", "127.0.0.1", "GET / HTTP/1.1\r\nHost:\r\n\r\n", false},
    {"OldWithoutHost", "127.0.0.1", "GET / HTTP/1.0\r\n\r\n", true},
    {"AbsoluteTargetCounts", "127.0.0.1",
     "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", false},
    {"BeyondLoopback", "0.0.0.0", "GET / HTTP/1.1\r\nHost: any.example\r\n\r\n", true},
    {"BeyondLoopbackListed", "::", "GET / HTTP/1.1\r\nHost: any.example\r\n\r\n", false},
};
INSTANTIATE_TEST_SUITE_P(Cases, HostPolicyTest, testing::ValuesIn(kHosts),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::server
