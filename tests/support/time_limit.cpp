#include <gtest/gtest.h>
#include <unistd.h>

// Ends a program whose test hangs; gtest has named the test by then. A limit per test, since one
// process may run hundreds.

namespace kdeps::test {

namespace {

constexpr unsigned kSecondsPerTest = 120;

class TimeLimit final : public ::testing::EmptyTestEventListener {
    void OnTestStart(const ::testing::TestInfo&) override { alarm(kSecondsPerTest); }
    void OnTestEnd(const ::testing::TestInfo&) override { alarm(0); }
};

[[maybe_unused]] const bool kIsInstalled = [] {
    ::testing::UnitTest::GetInstance()->listeners().Append(new TimeLimit);
    return true;
}();

}  // namespace

}  // namespace kdeps::test
