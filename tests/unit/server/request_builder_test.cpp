#include "request_builder.hpp"

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"

namespace kdeps::server {
namespace {

std::string body_of(const std::string& content_type, const std::string& body) {
    Incoming incoming;
    const std::string field = content_type.empty() ? "" : "Content-Type: " + content_type + "\r\n";
    EXPECT_FALSE(incoming.head.parse("POST /p HTTP/1.1\r\nHost: a\r\n" + field + "\r\n"));
    incoming.body = body;
    try {
        const engine::Request request = build_request(incoming, "id", {});
        return std::string(kind_name(request.body.kind())) + " " + to_json(request.body);
    } catch (const Error& error) {
        return std::string(error_name(error.code())) + " " + error.what();
    }
}

struct BodyCase {
    const char *name, *type, *body, *result;
};
class RequestBodyTest : public testing::TestWithParam<BodyCase> {};

TEST_P(RequestBodyTest, IsReadByItsType) {
    EXPECT_EQ(body_of(GetParam().type, GetParam().body), GetParam().result);
}

constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr const char* kMultipart = "multipart/form-data; boundary=XX";
constexpr BodyCase kBodyCases[] = {
    {"None", "application/json", "", "nil null"},
    {"JsonObject", "application/json", R"({"b":1,"a":[2]})", R"(object {"b":1,"a":[2]})"},
    {"JsonWithCharset", "Application/JSON; charset=UTF-8", "[1]", "list [1]"},
    {"JsonScalar", "application/json", "19.90", "decimal 19.90"},
    {"JsonSuffix", "application/vnd.x+json", "{}", "object {}"},
    {"OtherCharset", "application/json; charset=utf-16", "{}",
     "UNSUPPORTED_MEDIA_TYPE charset 'utf-16' is not supported"},
    {"Form", kForm, "a=1&b=x+y&a=2", R"(object {"a":"1","b":"x y"})"},
    {"BadForm", kForm, "a=%", "BAD_REQUEST the form is not valid percent-encoded UTF-8"},
    {"JsonWithoutType", "", R"({"a":1})", R"(object {"a":1})"},
    {"JsonOfAnyType", "text/plain", R"({"a":1})", R"(object {"a":1})"},
    {"Text", "text/plain", "hello {", R"(string "hello {")"},
    {"Binary", "application/octet-stream", "\xFF\xFE", R"(bytes "//4=")"},
    {"Multipart", kMultipart,
     "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XX\r\n"
     "content-disposition: form-data; name=b\r\nContent-Type: text/plain\r\n\r\nx\r\ny\r\n"
     "--XX\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n\r\n--XX--\r\n",
     R"(object {"a":"1","b":"x\r\ny","c":""})"},
    {"MultipartFile", kMultipart,
     "--XX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x.txt\"\r\n\r\n1\r\n--XX--",
     "UNSUPPORTED_MEDIA_TYPE file uploads are not supported"},
    {"MultipartCutOff", kMultipart, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1",
     "BAD_REQUEST the multipart body is cut off"},
    {"MultipartNoName", kMultipart, "--XX\r\nX: y\r\n\r\n1\r\n--XX--",
     "BAD_REQUEST the multipart body has a part without a name"},
    {"MultipartOtherBoundary", kMultipart, "--YY\r\n\r\n1\r\n--YY--",
     "BAD_REQUEST the multipart body does not hold its boundary"},
    {"MultipartNoBoundary", "multipart/form-data", "--XX--",
     "BAD_REQUEST multipart/form-data without a valid boundary"},
};
INSTANTIATE_TEST_SUITE_P(Cases, RequestBodyTest, testing::ValuesIn(kBodyCases),
                         [](const auto& c) { return c.param.name; });

TEST(RequestBodyTest, InvalidJsonSaysWhere) {
    const std::string result = body_of("application/json", "{\"a\": 1,\n  oops}");
    EXPECT_TRUE(result.starts_with("BAD_REQUEST ")) << result;
    EXPECT_NE(result.find("line 2"), std::string::npos) << result;
    EXPECT_NE(result.find("column"), std::string::npos) << result;
}

TEST(RequestBodyTest, LargeFormsAreWhole) {
    const std::string value(200'000, 'x');
    EXPECT_EQ(body_of(kForm, "a=" + value), R"(object {"a":")" + value + R"("})");
}

TEST(BuildRequestTest, FillsEveryField) {
    Incoming incoming;
    ASSERT_FALSE(
        incoming.head.parse("HEAD /a/7?q=x&q=y HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: 2\r\n\r\n"));
    incoming.remote_address = "10.0.0.9";
    const engine::Request request = build_request(incoming, "the-id", Object{{"id", "7"}});
    EXPECT_EQ(request.id, "the-id");
    EXPECT_EQ(request.method, "GET");  // a workflow answers HEAD as it would GET
    EXPECT_EQ(request.path, "/a/7");
    EXPECT_EQ(request.remote_address, "10.0.0.9");
    EXPECT_EQ(to_json(Value(request.query)), R"({"q":"x"})");
    EXPECT_EQ(to_json(Value(request.repeated_query.at("q"))), R"(["x","y"])");
    EXPECT_EQ(to_json(Value(request.path_parameters)), R"({"id":"7"})");
    const std::vector<std::pair<std::string, std::string>> headers{
        {"Host", "h"}, {"X-A", "1"}, {"X-A", "2"}};
    EXPECT_EQ(request.headers, headers);
    EXPECT_TRUE(request.body.is_null());
}

}  // namespace
}  // namespace kdeps::server
