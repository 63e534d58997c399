#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server_fixture.hpp"

namespace kdeps::server {
namespace {

using Names = std::vector<std::string>;

class ReplaceTest : public test::ServerFixture {
 protected:
    [[nodiscard]] int status(const std::string& path) {
        return test::status_of(connect().request(test::get(path)));
    }
};

TEST_F(ReplaceTest, TheNextRequestIsServedByTheNewSite) {
    start();
    EXPECT_EQ(status("/new"), 404);
    settings_.api.routes[0].path = "/new";
    EXPECT_EQ(server_->replace(site()), Names());
    EXPECT_EQ(status("/new"), 200);
    EXPECT_EQ(status("/quick"), 404);
}

TEST_F(ReplaceTest, AddressAndLimitsStayAndAreNamed) {
    start();
    settings_.api.host = "0.0.0.0";
    settings_.api.port = 1;
    settings_.api.max_body_bytes = 1;
    settings_.api.max_concurrent = 1;
    EXPECT_EQ(server_->replace(site()),
              (Names{"hostIp", "portNum", "maxBodyBytes", "maxConcurrent"}));
    EXPECT_EQ(status("/quick"), 200);
}

TEST_F(ReplaceTest, SafetyIsJudgedByTheAddressThatIsListenedAt) {
    settings_.api.host = "0.0.0.0";
    settings_.api.auth_token = "secret";
    start();
    settings_.api.host = "127.0.0.1";  // where no token would be needed
    settings_.api.auth_token.clear();
    EXPECT_THROW((void)server_->replace(site()), Error);
    EXPECT_EQ(status("/quick"), 401);
}

}  // namespace
}  // namespace kdeps::server
