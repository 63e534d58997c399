#include "body_reader.hpp"

#include <gtest/gtest.h>

namespace kdeps::server {
namespace {

RequestHead& head_of(RequestHead& head, const std::string& fields) {
    EXPECT_EQ(head.parse("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")
                  .value_or(Refusal{0, "", ""})
                  .message,
              "");
    return head;
}

struct Reading {
    std::string refusal;  ///< `status message`, "incomplete", or empty.
    std::string body;
    std::string rest;
};

/// Feeds `bytes` in pieces of `step`, as the network might.
Reading read(const std::string& fields, const std::string& bytes, std::size_t step,
             std::size_t limit = 100) {
    RequestHead head;
    BodyReader reader(limit);
    if (const auto refusal = reader.start(head_of(head, fields))) {
        return {std::to_string(refusal->status) + " " + refusal->message, "", ""};
    }
    Reading outcome{"incomplete", "", ""};
    std::string buffer;
    for (std::size_t at = 0; at <= bytes.size(); at += step) {
        buffer += bytes.substr(at, step);
        std::string_view input = buffer;
        const auto status = reader.feed(input, outcome.body);
        buffer.erase(0, buffer.size() - input.size());
        if (status == BodyReader::Status::NeedMore) continue;
        outcome.refusal =
            status == BodyReader::Status::Complete
                ? ""
                : std::to_string(reader.refusal().status) + " " + reader.refusal().message;
        outcome.rest = buffer + (at + step < bytes.size() ? bytes.substr(at + step) : "");
        return outcome;
    }
    return outcome;
}

const std::string kChunked = "Transfer-Encoding: chunked\r\n";

TEST(BodyReaderTest, TakesWhatContentLengthSaysAndNoMore) {
    for (const std::size_t step : {1u, 3u, 100u}) {
        const Reading outcome = read("Content-Length: 5\r\n", "helloGET /", step);
        EXPECT_EQ(outcome.refusal, "") << step;
        EXPECT_EQ(outcome.body, "hello") << step;
        EXPECT_EQ(outcome.rest, "GET /") << step;
    }
}

TEST(BodyReaderTest, DecodesChunksHoweverTheyArrive) {
    const std::string bytes = "5;name=\"x\"\r\nhello\r\nA\r\n, chunked!\r\n0\r\nX-T: v\r\n\r\nNEXT";
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        const Reading outcome = read(kChunked, bytes, step);
        EXPECT_EQ(outcome.refusal, "") << step;
        EXPECT_EQ(outcome.body, "hello, chunked!") << step;
        EXPECT_EQ(outcome.rest, "NEXT") << step;
    }
}

TEST(BodyReaderTest, NoBodyIsCompleteAtOnce) {
    const Reading outcome = read("", "NEXT", 4);
    EXPECT_EQ(outcome.refusal, "");
    EXPECT_EQ(outcome.rest, "NEXT");
}

struct RefusedCase {
    const char *name, *fields, *bytes, *message;
};
class RefusedBodyTest : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedBodyTest, SaysWhy) {
    for (const std::size_t step : {1u, 1000u}) {
        EXPECT_EQ(read(GetParam().fields, GetParam().bytes, step).refusal, GetParam().message);
    }
}

constexpr const char* kTe = "Transfer-Encoding: chunked\r\n";
constexpr RefusedCase kRefused[] = {
    {"LengthOverLimit", "Content-Length: 101\r\n", "", "413 the body is larger than 100 bytes"},
    {"ChunkOverLimit", kTe, "65\r\n", "413 the body is larger than 100 bytes"},
    {"ChunksOverLimit", kTe, "2\r\nab\r\n63\r\n", "413 the body is larger than 100 bytes"},
    {"HugeChunk", kTe, "ffffffffffffffff\r\n", "413 the body is larger than 100 bytes"},
    {"OverflowingChunk", kTe, "10000000000000001\r\n",
     "400 a chunk's size is not a hexadecimal number"},
    {"NoSize", kTe, "\r\n", "400 a chunk's size is not a hexadecimal number"},
    {"HexPrefix", kTe, "0x5\r\nhello\r\n", "400 a chunk's size is not a hexadecimal number"},
    {"SignedSize", kTe, "-1\r\n", "400 a chunk's size is not a hexadecimal number"},
    {"SpaceBeforeExtension", kTe, "5 ;a\r\n", "400 a chunk's size is not a hexadecimal number"},
    {"BareLineFeed", kTe, "5\nhello\r\n0\r\n\r\n", "400 a line ends without a carriage return"},
    {"DataTooLong", kTe, "5\r\nhelloX\r\n", "400 a chunk is longer than its size says"},
    {"BadTrailer", kTe, "0\r\nno colon\r\n\r\n", "400 a trailer is not 'name: value'"},
    {"Compressed", "Content-Length: 5\r\nContent-Encoding: gzip\r\n", "",
     "415 Content-Encoding 'gzip' is not supported"},
    {"OtherExpectationBeforeTheKnown",
     "Content-Length: 5\r\nExpect: more\r\nExpect: 100-continue\r\n", "",
     "417 Expect is not '100-continue'"},
    {"OtherExpectationBehindTheKnown",
     "Content-Length: 5\r\nExpect: 100-continue\r\nExpect: more\r\n", "",
     "417 Expect is not '100-continue'"},
    {"CompressedBehindIdentity",
     "Content-Length: 5\r\nContent-Encoding: identity\r\nContent-Encoding: br\r\n", "",
     "415 Content-Encoding 'br' is not supported"},
    {"OtherExpectation", "Content-Length: 5\r\nExpect: more\r\n", "",
     "417 Expect is not '100-continue'"},
    {"CutOff", kTe, "5\r\nhel", "incomplete"},
};
INSTANTIATE_TEST_SUITE_P(Cases, RefusedBodyTest, testing::ValuesIn(kRefused),
                         [](const auto& c) { return c.param.name; });

TEST(BodyReaderTest, RefusesALongSizeLineBeforeItEnds) {
    EXPECT_EQ(read(kChunked, "5;" + std::string(2000, 'x'), 100).refusal,
              "400 a line of the chunked body is longer than 1024 bytes");
}

TEST(BodyReaderTest, RefusesEndlessTrailers) {
    std::string bytes = "0\r\n";
    for (int i = 0; i < 1000; ++i) bytes += "X-Trailer: value\r\n";
    EXPECT_EQ(read(kChunked, bytes, 512).refusal, "431 the trailers take more than 8192 bytes");
}

}  // namespace
}  // namespace kdeps::server
