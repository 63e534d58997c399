#include <gtest/gtest.h>

#include "support/fake_program.hpp"

namespace kdeps::engine {
namespace {

using test::FakeProgram;
using test::list;
using test::map;
using test::scalar;

/// A program whose resource `query` fails `failures` times and then gives 1.
class OnErrorTest : public testing::Test {
 protected:
    FakeProgram& with_handler(workflow::Node handler, int failures = 1000,
                              ErrorDetail detail = {}) {
        program_.add(
            "query", {},
            [this, failures, detail](RunContext&) -> Value {
                if (++attempts_ <= failures) {
                    throw Error(ErrorCode::QueryFailed, "relation does not exist", detail);
                }
                return Value(1);
            },
            [&](workflow::Resource& resource) {
                resource.on_error = program_.own(std::move(handler));
            });
        return program_;
    }
    std::string error_of(FakeProgram& program) {
        try {
            (void)program.run("query");
        } catch (const Error& error) {
            return error.what();
        }
        return "no error";
    }

    FakeProgram program_;
    int attempts_ = 0;
};

TEST_F(OnErrorTest, FailPassesTheErrorOn) {
    EXPECT_EQ(error_of(with_handler(map({{"action", scalar("fail")}}))), "relation does not exist");
}

TEST_F(OnErrorTest, ContinueGivesTheEvaluatedFallback) {
    auto& program = with_handler(map(
        {{"action", scalar("continue")},
         {"fallback", map({{"why", scalar("get('error')")}, {"code", scalar("error.code")}})}}));
    EXPECT_EQ(program.value("query"),
              Value(Object{{"why", "relation does not exist"}, {"code", "QUERY_FAILED"}}));
}

TEST_F(OnErrorTest, ErrorTellsWhatAWriteDid) {
    auto& program = with_handler(
        map({{"action", scalar("continue")}, {"fallback", scalar("error.details")}}), 1000,
        {.sqlstate = "23505",
         .outcome = Outcome::NotDone,
         .failed_index = 2,
         .applied_indexes = {0, 1}});
    EXPECT_EQ(program.value("query"), Value(Object{{"sqlstate", "23505"},
                                                   {"outcome", "not_done"},
                                                   {"failedIndex", 2},
                                                   {"appliedIndexes", Value(Value::List{0, 1})}}));
}

TEST_F(OnErrorTest, ContinueWithoutFallbackMarksTheError) {
    EXPECT_EQ(with_handler(map({{"action", scalar("continue")}})).value("query"),
              Value(Object{{"_error", Value(Object{{"message", "relation does not exist"},
                                                   {"handled", true}})}}));
}

TEST_F(OnErrorTest, RetryCountsAllAttempts) {
    auto& program =
        with_handler(map({{"action", scalar("retry")}, {"maxRetries", scalar("3")}}), 2);
    EXPECT_EQ(program.value("query"), Value(1));
    EXPECT_EQ(attempts_, 3);
}

TEST_F(OnErrorTest, RetryThatIsUsedUpFails) {
    auto& program = with_handler(map({{"action", scalar("retry")}, {"maxRetries", scalar("3")}}));
    EXPECT_EQ(error_of(program), "relation does not exist");
    EXPECT_EQ(attempts_, 3);
}

TEST_F(OnErrorTest, NothingIsRetriedThatMayHaveBeenDone) {
    auto& program = with_handler(map({{"action", scalar("retry")}, {"maxRetries", scalar("3")}}),
                                 1000, {.outcome = Outcome::Unknown});
    EXPECT_EQ(error_of(program), "relation does not exist");
    EXPECT_EQ(attempts_, 1);
}

TEST_F(OnErrorTest, WhenThatDoesNotMatchLeavesTheErrorAlone) {
    auto& program = with_handler(
        map({{"action", scalar("continue")}, {"when", list({scalar("error.code == 'OTHER'")})}}));
    EXPECT_EQ(error_of(program), "relation does not exist");
}

TEST_F(OnErrorTest, WhenThatMatchesOrFailsQuietly) {
    auto& program = with_handler(
        map({{"action", scalar("continue")},
             {"fallback", scalar("rescued")},
             {"when", list({scalar("nil.member == 1"), scalar("error.code == 'QUERY_FAILED'")})}}));
    EXPECT_EQ(program.value("query"), Value("rescued"));
}

}  // namespace
}  // namespace kdeps::engine
