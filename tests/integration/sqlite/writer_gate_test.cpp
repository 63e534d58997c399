#include "sqlite/writer_gate.hpp"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"

#include "support/temp_dir.hpp"

namespace kdeps::db {
namespace {

using namespace std::chrono_literals;

class WriterGateTest : public testing::Test {
 protected:
    test::TempDir folder;
    const std::string file = folder.write("a.db", "");
    std::shared_ptr<WriterGate> gate = WriterGate::of_file(file);
};

TEST_F(WriterGateTest, OneGatePerFileWhateverItsName) {
    const std::string link = (folder.path() / "link.db").string();
    std::filesystem::create_hard_link(file, link);
    EXPECT_EQ(WriterGate::of_file(link), gate);
    EXPECT_NE(WriterGate::of_file(folder.write("b.db", "")), gate);
    EXPECT_EQ(WriterGate::of_file("/nowhere/c.db"), nullptr);
}

TEST_F(WriterGateTest, OneWriterAtATimeFirstComeFirstServed) {
    auto first = gate->enter(Deadline::never(), {});
    std::vector<int> order;
    std::vector<std::jthread> writers;
    for (int i = 0; i < 8; ++i) {
        writers.emplace_back([&, i] {
            const auto token = gate->enter(Deadline::never(), {});
            order.push_back(i);  // guarded by the gate itself
        });
        while (gate->waiting() < static_cast<std::size_t>(i + 1)) std::this_thread::yield();
    }
    EXPECT_TRUE(order.empty());
    first.reset();
    writers.clear();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(WriterGateTest, DeadlineEndsTheWaitAndLeavesTheQueueInOrder) {
    auto first = gate->enter(Deadline::never(), {});
    try {
        static_cast<void>(gate->enter(Deadline::after(5ms), {}));
        ADD_FAILURE() << "two writers at once";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::ResourceTimeout);
        EXPECT_STREQ(error.what(), "another writer held the file until the deadline");
    }
    first.reset();
    EXPECT_TRUE(gate->enter(Deadline::after(0ms), {}));
}

TEST_F(WriterGateTest, StopEndsTheWait) {
    const auto first = gate->enter(Deadline::never(), {});
    std::stop_source source;
    source.request_stop();
    try {
        static_cast<void>(gate->enter(Deadline::never(), source.get_token()));
        ADD_FAILURE() << "two writers at once";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Cancelled);
    }
}

TEST_F(WriterGateTest, TokenOutlivesTheGatesOwners) {
    auto token = gate->enter(Deadline::never(), {});
    gate.reset();
    token.reset();
    EXPECT_TRUE(WriterGate::of_file(file)->enter(Deadline::after(0ms), {}));
}

}  // namespace
}  // namespace kdeps::db
