#include "content_coding.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include "answer_head.hpp"

namespace kdeps::server {
namespace {

void parse(RequestHead& head, const std::string& fields) {
    ASSERT_FALSE(head.parse("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"));
}

std::string decompressed(const Answer& answer) {
    std::unique_ptr<httplib::detail::decompressor> decompressor;
    const auto* const coding = find_header(answer, "Content-Encoding");
    if (coding == nullptr) return answer.bytes();
    if (*coding == "gzip") {
        decompressor = std::make_unique<httplib::detail::gzip_decompressor>();
    } else {
        decompressor = std::make_unique<httplib::detail::brotli_decompressor>();
    }
    std::string text;
    EXPECT_TRUE(decompressor->decompress(answer.bytes().data(), answer.bytes().size(),
                                         [&](const char* data, std::size_t size) {
                                             text.append(data, size);
                                             return true;
                                         }));
    return text;
}

struct ChoiceCase {
    const char *name, *fields;
    CodingChoice expected;
};
class CodingChoiceTest : public testing::TestWithParam<ChoiceCase> {};

TEST_P(CodingChoiceTest, FollowsTheClient) {
    RequestHead head;
    parse(head, GetParam().fields);
    const CodingChoice choice = choose_coding(head);
    EXPECT_EQ(choice.best, GetParam().expected.best);
    EXPECT_EQ(choice.refuses_identity, GetParam().expected.refuses_identity);
}

constexpr auto kIdentity = ContentCoding::Identity;
constexpr auto kGzip = ContentCoding::Gzip;
constexpr auto kBrotli = ContentCoding::Brotli;
constexpr ChoiceCase kChoices[] = {
    {"Absent", "", {kIdentity, false}},
    {"Empty", "Accept-Encoding:\r\n", {kIdentity, false}},
    {"Gzip", "Accept-Encoding: gzip\r\n", {kGzip, false}},
    {"OldName", "Accept-Encoding: X-GZip\r\n", {kGzip, false}},
    {"Brotli", "accept-encoding: deflate, BR\r\n", {kBrotli, false}},
    {"BrotliAmongEquals", "Accept-Encoding: gzip, br\r\n", {kBrotli, false}},
    {"Browser", "Accept-Encoding: gzip, deflate, br, zstd\r\n", {kBrotli, false}},
    {"Preferred", "Accept-Encoding: br;q=0.5, gzip;q=0.8\r\n", {kGzip, false}},
    {"SmallDifference", "Accept-Encoding: gzip;q=0.001 , br;q=0.002\r\n", {kBrotli, false}},
    {"Excluded", "Accept-Encoding: br;q=0, gzip\r\n", {kGzip, false}},
    {"ExcludedExactly", "Accept-Encoding: gzip; Q=0.000\r\n", {kIdentity, false}},
    {"PartOfAnotherName", "Accept-Encoding: sbrx, gzip2\r\n", {kIdentity, false}},
    {"Anything", "Accept-Encoding: *\r\n", {kBrotli, false}},
    {"AnythingButBrotli", "Accept-Encoding: br;q=0, *;q=0.1\r\n", {kGzip, false}},
    {"Nothing", "Accept-Encoding: *;q=0\r\n", {kIdentity, true}},
    {"GzipAndNothingElse", "Accept-Encoding: gzip, *;q=0\r\n", {kGzip, true}},
    {"IdentityPreferred", "Accept-Encoding: gzip;q=0.5, identity\r\n", {kIdentity, false}},
    {"IdentityAmongEquals", "Accept-Encoding: gzip, identity\r\n", {kGzip, false}},
    {"IdentityRefused", "Accept-Encoding: identity;q=0, gzip;q=0.1\r\n", {kGzip, true}},
    {"TwoFields", "Accept-Encoding: deflate\r\nAccept-Encoding: gzip\r\n", {kGzip, false}},
    {"NoQuality", "Accept-Encoding: gzip;q=much, br;q=2, *;q=nan\r\n", {kIdentity, false}},
    {"OddCommas", "Accept-Encoding: ,, gzip ,;\r\n", {kGzip, false}},
};
INSTANTIATE_TEST_SUITE_P(Cases, CodingChoiceTest, testing::ValuesIn(kChoices),
                         [](const auto& c) { return c.param.name; });

class CompressBodyTest : public testing::Test {
 protected:
    Answer compress(const std::string& fields) {
        RequestHead head;
        parse(head, fields);
        Answer answer = answer_;
        compress_body(head, answer);
        return answer;
    }
    static std::string header(const Answer& answer, std::string_view name) {
        const auto* const value = find_header(answer, name);
        return value == nullptr ? "(none)" : *value;
    }

    const std::string text_ = std::string(1024, 'x');
    Answer answer_{.status = 200, .headers = {{"Content-Type", "application/json"}}, .body = text_};
};

const std::string kBoth = "Accept-Encoding: gzip, br\r\n";

TEST_F(CompressBodyTest, GivesBackTheSameBytes) {
    for (const std::string coding : {"gzip", "br"}) {
        const Answer answer = compress("Accept-Encoding: " + coding + "\r\n");
        EXPECT_EQ(header(answer, "Content-Encoding"), coding);
        EXPECT_EQ(header(answer, "Vary"), "Accept-Encoding");
        EXPECT_LT(answer.bytes().size(), 100u);
        EXPECT_EQ(decompressed(answer), text_);
    }
}

TEST_F(CompressBodyTest, LargeTextsToo) {
    std::string text;
    for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i * 2654435761u);
    answer_.body = text;
    for (const std::string coding : {"gzip", "br"}) {
        EXPECT_EQ(decompressed(compress("Accept-Encoding: " + coding + "\r\n")), text);
    }
}

TEST_F(CompressBodyTest, SmallBodiesStay) {
    answer_.body = std::string(1023, 'x');
    const Answer answer = compress(kBoth);
    EXPECT_EQ(answer.bytes().size(), 1023u);
    EXPECT_EQ(header(answer, "Content-Encoding"), "(none)");
    EXPECT_EQ(header(answer, "Vary"), "(none)");
}

TEST_F(CompressBodyTest, OfTypesThatShrink) {
    for (const std::string type :
         {"text/csv", "application/problem+json; charset=utf-8", "Application/JSON",
          "image/svg+xml", "application/atom+xml", "text/html;charset=utf-8"}) {
        answer_.headers = {{"Content-Type", type}};
        EXPECT_EQ(header(compress(kBoth), "Content-Encoding"), "br") << type;
    }
    for (const std::string type : {"image/png", "application/zip", "text/event-stream", ""}) {
        answer_.headers = {{"Content-Type", type}};
        EXPECT_EQ(header(compress(kBoth), "Content-Encoding"), "(none)") << type;
    }
}

TEST_F(CompressBodyTest, WhatDependsOnTheFieldSaysSoEvenUncompressed) {
    const Answer answer = compress("");
    EXPECT_EQ(answer.bytes(), text_);
    EXPECT_EQ(header(answer, "Vary"), "Accept-Encoding");
    answer_.headers.emplace_back("Vary", "Origin");
    EXPECT_EQ(header(compress(""), "Vary"), "Origin, Accept-Encoding");
}

TEST_F(CompressBodyTest, NothingTwice) {
    answer_.headers.emplace_back("content-encoding", "gzip");
    EXPECT_EQ(compress(kBoth).bytes(), text_);
}

TEST_F(CompressBodyTest, NothingThatMustNotBeTransformed) {
    answer_.headers.emplace_back("Cache-Control", "no-store, no-transform");
    EXPECT_EQ(compress(kBoth).bytes(), text_);
    answer_.headers.pop_back();
    answer_.status = 206;
    EXPECT_EQ(compress(kBoth).bytes(), text_);
}

TEST_F(CompressBodyTest, AnythingForAClientThatRefusesIdentity) {
    answer_.headers = {{"Content-Type", "image/png"}};
    answer_.body = "ab";
    const Answer answer = compress("Accept-Encoding: gzip, identity;q=0\r\n");
    EXPECT_EQ(header(answer, "Content-Encoding"), "gzip");
    EXPECT_EQ(decompressed(answer), "ab");
}

TEST_F(CompressBodyTest, WhatWouldGrowStays) {
    std::string noise;
    for (unsigned state = 1; noise.size() < 2000; state = state * 1664525u + 1013904223u) {
        noise += static_cast<char>(state >> 24);
    }
    answer_.body = noise;
    const Answer answer = compress(kBoth);
    EXPECT_EQ(answer.bytes(), noise);
    EXPECT_EQ(header(answer, "Content-Encoding"), "(none)");
}

TEST_F(CompressBodyTest, AStrongTagBecomesWeak) {
    answer_.headers.emplace_back("ETag", "\"v1\"");
    EXPECT_EQ(header(compress(kBoth), "ETag"), "W/\"v1\"");
    EXPECT_EQ(header(compress(""), "ETag"), "\"v1\"");
}

class StringSink final : public BodySink {
 public:
    [[nodiscard]] bool is_full() const override { return false; }
    [[nodiscard]] bool write(std::string_view bytes) override {
        text += bytes;
        return true;
    }
    std::string text;
};

TEST_F(CompressBodyTest, WhatAProducerMakes) {
    answer_.body = BodyProducer([](BodySink& sink) {
        for (int i = 0; i < 1000; ++i) {
            if (!sink.write("line " + std::to_string(i) + "\n")) return false;
        }
        return true;
    });
    StringSink plain;
    ASSERT_TRUE(std::get<BodyProducer>(answer_.body)(plain));
    for (const std::string coding : {"gzip", "br"}) {
        Answer answer = compress("Accept-Encoding: " + coding + "\r\n");
        StringSink sink;
        ASSERT_TRUE(std::get<BodyProducer>(answer.body)(sink));
        EXPECT_LT(sink.text.size(), plain.text.size() / 2);
        answer.body = sink.text;
        EXPECT_EQ(decompressed(answer), plain.text);
    }
}

}  // namespace
}  // namespace kdeps::server
