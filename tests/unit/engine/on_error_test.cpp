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

TEST_F(OnErrorTest, NothingIsRetriedThatWasPartlyApplied) {
    auto& program = with_handler(map({{"action", scalar("retry")}, {"maxRetries", scalar("3")}}),
                                 1000, {.applied_indexes = {0}});
    EXPECT_EQ(error_of(program), "relation does not exist");
    EXPECT_EQ(attempts_, 1);
}

TEST_F(OnErrorTest, NothingIsRetriedThatWasDoneBeforeWhatFollowsItFailed) {
    program_.add(
        "query", {}, [this](RunContext&) { return Value(++attempts_); },
        [&](workflow::Resource& resource) {
            resource.after.push_back(program_.own(scalar("int('x')")));
            resource.on_error =
                program_.own(map({{"action", scalar("retry")}, {"maxRetries", scalar("3")}}));
        });
    EXPECT_NE(error_of(program_), "no error");
    EXPECT_EQ(attempts_, 1);
}

TEST_F(OnErrorTest, AClientsMistakeIsNotHandled) {
    program_.add(
        "query", {},
        [this](RunContext&) -> Value {
            ++attempts_;
            throw Error(ErrorCode::BadRequest, "unknown column");
        },
        [&](workflow::Resource& resource) {
            resource.on_error =
                program_.own(map({{"action", scalar("continue")}, {"fallback", scalar("hidden")}}));
        });
    EXPECT_EQ(error_of(program_), "unknown column");
}

TEST_F(OnErrorTest, WhenIsAskedAboutEachAttemptsOwnError) {
    program_.add(
        "query", {},
        [this](RunContext&) -> Value {
            throw Error(ErrorCode::QueryFailed, ++attempts_ < 3 ? "deadlock" : "no such table");
        },
        [&](workflow::Resource& resource) {
            resource.on_error =
                program_.own(map({{"action", scalar("retry")},
                                  {"maxRetries", scalar("9")},
                                  {"when", list({scalar("error.message == 'deadlock'")})}}));
        });
    EXPECT_EQ(error_of(program_), "no such table");
    EXPECT_EQ(attempts_, 3);
}

TEST_F(OnErrorTest, ErrorIsAWordOfItsOwnOutsideOfTheHandler) {
    program_.request.query.set("error", "sent");
    program_.add(
        "query", {},
        [this](RunContext& context) -> Value {
            EXPECT_EQ(context.find("error"), Value("sent"));
            if (++attempts_ == 1) throw Error(ErrorCode::QueryFailed, "deadlock");
            return Value("done");
        },
        [&](workflow::Resource& resource) {
            resource.on_error =
                program_.own(map({{"action", scalar("retry")},
                                  {"maxRetries", scalar("2")},
                                  {"when", list({scalar("get('error') == 'deadlock'")})}}));
            resource.after.push_back(program_.own(scalar("set('then', get('error'))")));
        });
    program_.add("target", {"query"}, [](RunContext& context) { return *context.find("then"); });
    EXPECT_EQ(program_.value("target"), Value("sent"));
}

TEST_F(OnErrorTest, ExpressionsOfTheHandlerMayFailWithoutHarm) {
    auto& program = with_handler(map({{"action", scalar("continue")},
                                      {"expr", list({scalar("int('x')"), scalar("set('n', 5)")})},
                                      {"fallback", scalar("get('n')")}}));
    EXPECT_EQ(program.value("query"), Value(5));
    const auto notices = program.sink.all<Notice>();
    ASSERT_EQ(notices.size(), 2U) << "the expression, and what was handled";
    EXPECT_TRUE(notices[0].text.starts_with("onError.expr of 'query' failed: ")) << notices[0].text;
    EXPECT_EQ(notices[0].code, "EXPRESSION_FAILED");
}

TEST_F(OnErrorTest, ADelayThatIsNoDurationIsAnErrorOfItsOwn) {
    auto& program = with_handler(map({{"action", scalar("retry")},
                                      {"maxRetries", scalar("2")},
                                      {"retryDelay", scalar("{{ 'soon' }}")}}));
    EXPECT_EQ(error_of(program), "retryDelay 'soon' is not a duration");
}

TEST_F(OnErrorTest, EveryAttemptHasAllOfTheResourcesTime) {
    std::vector<SteadyTime> deadlines;
    program_.add(
        "query", {},
        [&](RunContext& context) -> Value {
            deadlines.push_back(context.deadline().time());
            throw Error(ErrorCode::ResourceTimeout, "too slow");
        },
        [&](workflow::Resource& resource) {
            resource.timeout = std::chrono::hours(1);
            resource.on_error =
                program_.own(map({{"action", scalar("retry")}, {"maxRetries", scalar("2")}}));
        });
    const SteadyTime before = std::chrono::steady_clock::now();
    EXPECT_EQ(error_of(program_), "too slow");
    ASSERT_EQ(deadlines.size(), 2U);
    EXPECT_GE(deadlines[0], before + std::chrono::hours(1));
    EXPECT_GT(deadlines[1], deadlines[0]);
}

TEST_F(OnErrorTest, NoAttemptHasMoreTimeThanTheRun) {
    const Deadline run = Deadline::after(std::chrono::hours(1));
    program_.add(
        "query", {},
        [&](RunContext& context) { return Value(context.deadline().time() == run.time()); },
        [&](workflow::Resource& resource) { resource.timeout = std::chrono::hours(2); });
    EXPECT_EQ(program_.run("query", run).response.data, Value(true));
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
