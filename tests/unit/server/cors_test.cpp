#include "cors.hpp"

#include <gtest/gtest.h>

namespace kdeps::server {
namespace {

std::string headers_for(const std::optional<workflow::CorsSettings>& settings,
                        const std::string& fields) {
    const Cors cors(settings);
    RequestHead head;
    EXPECT_FALSE(head.parse("OPTIONS / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"));
    Answer answer;
    if (cors.is_preflight(head)) cors.add_preflight_headers(head, answer);
    cors.add_headers(head, answer);
    std::string text;
    for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\n";
    return text;
}

const std::string kPreflight =
    "Origin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n";

TEST(CorsTest, OffWithoutABlock) {
    EXPECT_EQ(headers_for(std::nullopt, kPreflight), "");
}

TEST(CorsTest, EmptyBlockAllowsAnyOriginWithoutCredentials) {
    EXPECT_EQ(headers_for(workflow::CorsSettings{}, kPreflight),
              "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, PATCH, OPTIONS\n"
              "Access-Control-Allow-Headers: Content-Type, Authorization, Accept, "
              "X-Requested-With\n"
              "Access-Control-Allow-Origin: *\n");
}

TEST(CorsTest, AnEmptyListAllowsNothing) {
    workflow::CorsSettings settings;
    settings.allow_headers = {};
    EXPECT_EQ(headers_for(settings, kPreflight),
              "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, PATCH, OPTIONS\n"
              "Access-Control-Allow-Origin: *\n");
    settings.allow_origins = {};
    EXPECT_EQ(headers_for(settings, kPreflight), "Vary: Origin\n");
}

TEST(CorsTest, ListedOriginIsEchoed) {
    workflow::CorsSettings settings;
    settings.allow_origins = {"https://a.example"};
    settings.allow_methods = {"GET"};
    settings.allow_headers = {"X-One", "X-Two"};
    settings.expose_headers = {"X-Total"};
    settings.allow_credentials = true;
    settings.max_age = std::chrono::seconds(600);
    EXPECT_EQ(headers_for(settings, kPreflight),
              "Access-Control-Allow-Methods: GET\n"
              "Access-Control-Allow-Headers: X-One, X-Two\n"
              "Access-Control-Max-Age: 600\n"
              "Vary: Origin\n"
              "Access-Control-Allow-Origin: https://a.example\n"
              "Access-Control-Allow-Credentials: true\n"
              "Access-Control-Expose-Headers: X-Total\n");
    EXPECT_EQ(headers_for(settings, "Origin: https://b.example\r\n"), "Vary: Origin\n");
    EXPECT_EQ(headers_for(settings, ""), "Vary: Origin\n");
}

}  // namespace
}  // namespace kdeps::server
