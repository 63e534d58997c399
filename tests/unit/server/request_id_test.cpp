#include "request_id.hpp"

#include <regex>
#include <set>

#include <gtest/gtest.h>

namespace kdeps::server {
namespace {

TEST(RequestIdTest, IsAFreshUuid) {
    const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = new_request_id();
        EXPECT_TRUE(std::regex_match(id, uuid)) << id;
        EXPECT_TRUE(seen.insert(id).second);
    }
}

TEST(RequestIdTest, KeepsOnlyHarmlessOnes) {
    EXPECT_TRUE(is_request_id("aZ09._-"));
    EXPECT_TRUE(is_request_id(std::string(128, 'a')));
    EXPECT_FALSE(is_request_id(std::string(129, 'a')));
    EXPECT_FALSE(is_request_id(""));
    EXPECT_FALSE(is_request_id("a b"));
    EXPECT_FALSE(is_request_id("a\"b"));
}

}  // namespace
}  // namespace kdeps::server
