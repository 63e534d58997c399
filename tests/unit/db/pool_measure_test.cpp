// What a pool tells of itself to who measures.
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/db/pool.hpp"

#include "support/fake_driver.hpp"
#include "support/measures.hpp"

namespace kdeps::db {
namespace {

using namespace std::chrono_literals;
using Kind = Measurement::Kind;
using Texts = std::vector<std::string>;

class PoolMeasureTest : public testing::Test {
 protected:
    PoolMeasureTest() {
        settings_.name = "shop";
        settings_.max_connections = 1;
        settings_.max_waiters = 1;
    }
    void open() {
        pool_.emplace(settings_, std::make_shared<test::FakeDriver>(server_), measures_);
    }
    void execute(const char* text, Deadline deadline = Deadline::never()) {
        try {
            static_cast<void>(
                pool_->execute({.text = std::make_shared<const std::string>(text),
                                .statement_class = {sql::SessionEffect::Neutral, false}},
                               {}, {.deadline = deadline}));
        } catch (const Error&) {
        }
    }

    test::FakeServer server_;
    test::Measures measures_;
    sql::PoolSettings settings_;
    std::optional<Pool> pool_;
};

TEST_F(PoolMeasureTest, WaitsThatSucceedAndFail) {
    open();
    {
        const Lease lease = pool_->acquire({});
        EXPECT_THROW(static_cast<void>(pool_->acquire({.deadline = Deadline::after(20ms)})), Error);
    }
    EXPECT_EQ(measures_.of(Kind::PoolWait), (Texts{"shop", "shop POOL_TIMEOUT"}));
    EXPECT_GE(measures_.duration(Kind::PoolWait), 20ms);
}

TEST_F(PoolMeasureTest, CallersTurnedAwayFromAFullQueue) {
    open();
    const Lease lease = pool_->acquire({});
    std::stop_source leaving;
    std::jthread waiting([&] {
        EXPECT_THROW(static_cast<void>(pool_->acquire({.stop = leaving.get_token()})), Error);
    });
    while (pool_->stats().waiting == 0) std::this_thread::yield();
    EXPECT_THROW(static_cast<void>(pool_->acquire({})), Error);
    EXPECT_EQ(measures_.of(Kind::PoolWait), (Texts{"shop", "shop POOL_QUEUE_FULL"}));
    leaving.request_stop();
}

TEST_F(PoolMeasureTest, StatementsWithTheirSqlstate) {
    open();
    execute("SELECT 1");
    execute("FAIL 23505");
    // On a busy machine its time may be over before it is sent.
    for (auto span = 20ms; server_.counts().statements < 3; span *= 2) {
        execute("BLOCK", Deadline::after(span));
    }
    EXPECT_EQ(measures_.of(Kind::Statement),
              (Texts{"shop", "shop QUERY_FAILED 23505", "shop RESOURCE_TIMEOUT 57014"}));
    EXPECT_GE(measures_.duration(Kind::Statement), 20ms);
}

TEST_F(PoolMeasureTest, LeasesWithTheirVerdict) {
    open();
    execute("SELECT 1");
    execute("FAIL 57P01");
    EXPECT_EQ(measures_.of(Kind::Lease), (Texts{"shop nothing", "shop QUERY_FAILED 57P01 close"}));
}

TEST_F(PoolMeasureTest, CleaningsThatSucceedAndFail) {
    open();
    execute("BEGIN");
    EXPECT_EQ(measures_.await(Kind::Cleaning, 1), (Texts{"shop roll_back"}));
    server_.set_rollbacks_fail(true);
    execute("BEGIN");
    EXPECT_EQ(measures_.await(Kind::Cleaning, 2),
              (Texts{"shop roll_back", "shop CONNECTION_LOST roll_back"}));
    EXPECT_EQ(measures_.of(Kind::Lease), (Texts{"shop roll_back", "shop roll_back"}));
}

}  // namespace
}  // namespace kdeps::db
