#include "kdeps/resources/connections.hpp"

#include <gtest/gtest.h>

#include "support/fake_driver.hpp"
#include "support/no_threads.hpp"

namespace kdeps::resources {
namespace {

class PoolRegistryTest : public testing::Test {
 protected:
    PoolRegistryTest() {
        connection_.name = "shop";
        connection_.settings.name = "shop";
        connection_.dsn = sql::parse_dsn("sqlite://:memory:", "/");
        registry_.emplace(events_);
    }
    std::shared_ptr<db::Pool> open_pool() {
        auto pool = registry_->get(connection_);
        EXPECT_EQ(pool->start(std::chrono::seconds(60)), std::nullopt);
        return pool;
    }

    test::EventLog events_;
    DatabaseConnection connection_;
    std::optional<PoolRegistry> registry_;
};

TEST_F(PoolRegistryTest, KeepsAPoolAsLongAsSomebodyHoldsIt) {
    auto pool = open_pool();
    EXPECT_EQ(registry_->get(connection_), pool);
    pool.reset();
    EXPECT_EQ(open_pool()->stats().opened_ever, 1U);
}

TEST_F(PoolRegistryTest, LeavesAnOpenPoolAsItIs) {
    const auto pool = open_pool();
    EXPECT_EQ(registry_->find(connection_), pool);
    connection_.settings.max_connections = 3;
    EXPECT_EQ(registry_->get(connection_), pool);
    EXPECT_EQ(pool->settings().max_connections, 10U);
}

TEST_F(PoolRegistryTest, AnotherAddressIsAnotherPool) {
    const auto pool = open_pool();
    connection_.dsn = sql::parse_dsn("sqlite://other.db", "/");
    EXPECT_EQ(registry_->find(connection_), nullptr);
    connection_.dsn = sql::parse_dsn("postgres://u:one@h/d", "/");
    const auto one = registry_->get(connection_);
    connection_.dsn = sql::parse_dsn("postgres://u:two@h/d", "/");
    EXPECT_EQ(registry_->find(connection_), nullptr);
    EXPECT_NE(registry_->get(connection_), one);
}

TEST_F(PoolRegistryTest, ItsEndWaitsForPoolsThatClose) {
    open_pool().reset();
    registry_.reset();
    EXPECT_EQ(events_.count("closed: the pool is closed"), 1);
}

TEST_F(PoolRegistryTest, APoolNeedsAThreadToOpenAndNoneToClose) {
    auto pool = open_pool();
    const test::NoThreads none;
    pool.reset();
    EXPECT_EQ(events_.count("closed: the pool is closed"), 1);
    try {
        static_cast<void>(registry_->get(connection_));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::ServiceUnavailable);
        EXPECT_STREQ(error.what(), "the system allows this program no further thread");
    }
}

}  // namespace
}  // namespace kdeps::resources
