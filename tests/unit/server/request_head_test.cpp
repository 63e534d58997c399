#include "request_head.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace kdeps::server {
namespace {

/// Scans and parses as the front does: the refusal's `status message`, or empty.
std::string refusal_of(const std::string& bytes, RequestHead& head) {
    HeadScanner scanner({});
    switch (scanner.scan(bytes)) {
        case HeadScanner::Status::NeedMore:
            return "incomplete";
        case HeadScanner::Status::Refused:
            return std::to_string(scanner.refusal().status) + " " + scanner.refusal().message;
        case HeadScanner::Status::Complete:
            break;
    }
    const auto refusal = head.parse(std::string_view(bytes).substr(0, scanner.head_bytes()));
    return refusal ? std::to_string(refusal->status) + " " + refusal->message : "";
}

struct RefusedHeadCase {
    const char *name, *head, *message;
};
class RefusedHeadTest : public testing::TestWithParam<RefusedHeadCase> {};

TEST_P(RefusedHeadTest, SaysWhy) {
    RequestHead head;
    EXPECT_EQ(refusal_of(GetParam().head, head), GetParam().message);
}

constexpr RefusedHeadCase kRefusedHeads[] = {
    {"TwoLengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
     "400 there is more than one Content-Length header"},
    {"TwoEqualLengths",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
     "400 there is more than one Content-Length header"},
    {"LengthList", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n",
     "400 Content-Length is not a number"},
    {"LengthWithSign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
     "400 Content-Length is not a number"},
    {"LengthWithLetter", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5x\r\n\r\n",
     "400 Content-Length is not a number"},
    {"EmptyLength", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
     "400 Content-Length is not a number"},
    {"HugeLength", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
     "400 Content-Length is not a number"},
    {"LengthAndChunked",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
     "400 Content-Length and Transfer-Encoding exclude each other"},
    {"ChunkedTwice",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n",
     "400 there is more than one Transfer-Encoding header"},
    {"OtherEncoding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     "501 Transfer-Encoding is not 'chunked'"},
    {"AlmostChunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
     "501 Transfer-Encoding is not 'chunked'"},
    {"ChunkedInOldVersion", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
     "400 HTTP/1.0 knows no Transfer-Encoding"},
    {"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
     "400 a header field's name is not a token"},
    {"NoColon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", "400 a header line has no colon"},
    {"EmptyName", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
     "400 a header field's name is not a token"},
    {"Folded", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
     "400 a header field is continued on a second line"},
    {"BellInValue", "GET / HTTP/1.1\r\nHost: a\r\nX: \a\r\n\r\n",
     "400 header 'X' holds a control character"},
    {"LoneCarriageReturn", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n",
     "400 header 'X' holds a control character"},
    {"BareLineFeed", "GET / HTTP/1.1\nHost: a\n\n", "400 a line ends without a carriage return"},
    {"BareLineFeedInHeader", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
     "400 a line ends without a carriage return"},
    {"NoHost", "GET / HTTP/1.1\r\n\r\n", "400 the Host header is missing"},
    {"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
     "400 there is more than one Host header"},
    {"BadHost", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 the Host header is not valid"},
    {"NoTarget", "GET HTTP/1.1\r\nHost: a\r\n\r\n",
     "400 the request line is not 'METHOD target HTTP/1.1'"},
    {"TwoSpaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
     "400 the request target holds a character that must be percent-encoded"},
    {"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
     "400 the request target holds a character that must be percent-encoded"},
    {"Fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
     "400 the request target holds a character that must be percent-encoded"},
    {"RawUtf8", "GET /\xC3\xBC HTTP/1.1\r\nHost: a\r\n\r\n",
     "400 the request target holds a character that must be percent-encoded"},
    {"RelativeTarget", "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
     "400 the request target does not begin with '/'"},
    {"Connect", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
     "400 the request target does not begin with '/'"},
    {"StarForGet", "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
     "400 the request target does not begin with '/'"},
    {"UserInTarget", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
     "400 the request target names no valid host"},
    {"MethodWithBracket", "G[T / HTTP/1.1\r\nHost: a\r\n\r\n", "400 the method is not a token"},
    {"NewerVersion", "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
     "505 only HTTP/1.0 and HTTP/1.1 are spoken"},
    {"OtherProtocol", "GET / ICY/1.1\r\nHost: a\r\n\r\n",
     "400 the request line is not 'METHOD target HTTP/1.1'"},
    {"Incomplete", "GET / HTTP/1.1\r\nHost: a\r\n", "incomplete"},
};
INSTANTIATE_TEST_SUITE_P(Cases, RefusedHeadTest, testing::ValuesIn(kRefusedHeads),
                         [](const auto& c) { return c.param.name; });

TEST(RequestHeadTest, RefusesNul) {
    RequestHead head;
    constexpr char kBytes[] = "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n";
    const std::string bytes(kBytes, sizeof kBytes - 1);
    EXPECT_EQ(refusal_of(bytes, head), "400 header 'X' holds a control character");
}

TEST(RequestHeadTest, ReadsEveryPart) {
    RequestHead head;
    ASSERT_EQ(refusal_of("POST /a/b%20c?x=1&y=/? HTTP/1.1\r\nhost: example.com:80\r\nX-A:  b \r\n"
                         "Content-Length: 12\r\nExpect: 100-Continue\r\n\r\nrest",
                         head),
              "");
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.path, "/a/b%20c");
    EXPECT_EQ(head.query, "x=1&y=/?");
    EXPECT_EQ(head.host, "example.com:80");
    EXPECT_EQ(head.find("x-a"), "b");
    EXPECT_EQ(head.find("absent"), std::nullopt);
    EXPECT_EQ(head.content_length, 12u);
    EXPECT_TRUE(head.expects_continue);
    EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHeadTest, HostOfAnAbsoluteTargetWins) {
    RequestHead head;
    ASSERT_EQ(refusal_of("GET http://real:81?q=1 HTTP/1.1\r\nHost: other\r\n\r\n", head), "");
    EXPECT_EQ(head.host, "real:81");
    EXPECT_EQ(head.path, "/");
    EXPECT_EQ(head.query, "q=1");
}

TEST(RequestHeadTest, NothingOfAnEarlierRequestStays) {
    RequestHead head;
    ASSERT_EQ(refusal_of("POST /x?q HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", head), "");
    ASSERT_EQ(refusal_of("GET /y HTTP/1.0\r\n\r\n", head), "");
    EXPECT_EQ(head.content_length, std::nullopt);
    EXPECT_EQ(head.query, "");
    EXPECT_EQ(head.host, "");
    EXPECT_TRUE(head.fields.empty());
}

struct KeepAliveCase {
    const char *name, *head;
    bool keeps;
};
class KeepAliveTest : public testing::TestWithParam<KeepAliveCase> {};

TEST_P(KeepAliveTest, FollowsVersionAndConnection) {
    RequestHead head;
    ASSERT_EQ(refusal_of(GetParam().head, head), "");
    EXPECT_EQ(head.keep_alive, GetParam().keeps);
}

constexpr KeepAliveCase kKeepAlive[] = {
    {"New", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
    {"NewClose", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", false},
    {"NewCloseInList", "GET / HTTP/1.1\r\nHost: a\r\nConnection: te, close\r\n\r\n", false},
    {"Old", "GET / HTTP/1.0\r\n\r\n", false},
    {"CloseBehindKeepAlive",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false},
    {"CloseBeforeKeepAlive",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", false},
    {"OldKeepAlive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
};
INSTANTIATE_TEST_SUITE_P(Cases, KeepAliveTest, testing::ValuesIn(kKeepAlive),
                         [](const auto& c) { return c.param.name; });

TEST(RequestHeadTest, TheOrderOfFieldsMeansNothing) {
    std::vector<std::string> fields = {"Connection: close\r\n", "Content-Length: 7\r\n",
                                       "Expect: 100-continue\r\n", "Host: a\r\n"};
    do {
        RequestHead head;
        ASSERT_EQ(refusal_of("POST / HTTP/1.1\r\n" + fields[0] + fields[1] + fields[2] + fields[3] +
                                 "\r\n",
                             head),
                  "");
        EXPECT_TRUE(head.expects_continue) << fields[0];
        EXPECT_FALSE(head.keep_alive) << fields[0];
        EXPECT_EQ(head.content_length, 7u) << fields[0];
    } while (std::next_permutation(fields.begin(), fields.end()));
}

TEST(HeadScannerTest, FindsTheEndHoweverTheBytesArrive) {
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST";
    HeadScanner scanner({});
    for (std::size_t size = 1; size < 27; ++size) {
        ASSERT_EQ(scanner.scan(std::string_view(bytes).substr(0, size)),
                  HeadScanner::Status::NeedMore)
            << size;
    }
    ASSERT_EQ(scanner.scan(bytes), HeadScanner::Status::Complete);
    EXPECT_EQ(scanner.head_bytes(), 27u);
}

TEST(HeadScannerTest, RefusesALongRequestLineBeforeItEnds) {
    HeadScanner scanner({});
    ASSERT_EQ(scanner.scan("GET /" + std::string(9000, 'a')), HeadScanner::Status::Refused);
    EXPECT_EQ(scanner.refusal().status, 414);
    EXPECT_EQ(scanner.refusal().message, "the request line is longer than 8192 bytes");
}

TEST(HeadScannerTest, RefusesLargeHeaderBeforeItEnds) {
    HeadScanner scanner({});
    ASSERT_EQ(scanner.scan("GET / HTTP/1.1\r\nX: " + std::string(33'000, 'a')),
              HeadScanner::Status::Refused);
    EXPECT_EQ(scanner.refusal().status, 431);
    EXPECT_EQ(scanner.refusal().message, "the header fields take more than 32768 bytes");
}

TEST(HeadScannerTest, RefusesManyFields) {
    std::string bytes = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 100; ++i) bytes += "a:b\r\n";
    HeadScanner scanner({});
    ASSERT_EQ(scanner.scan(bytes), HeadScanner::Status::NeedMore);
    ASSERT_EQ(scanner.scan(bytes + "a:b\r\n"), HeadScanner::Status::Refused);
    EXPECT_EQ(scanner.refusal().message, "more than 100 header fields");
}

}  // namespace
}  // namespace kdeps::server
