// What resources that run side by side do to each other when one of them fails, is retried, gives
// the answer or runs out of time.
#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/base/json.hpp"

#include "support/fake_program.hpp"

namespace kdeps::engine {
namespace {

using namespace std::chrono_literals;
using test::FakeProgram;
using test::list;
using test::map;
using test::scalar;
using workflow::Node;

/// Waits until `stop` is requested; fails the test after a long time instead of hanging.
void await_stop(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    EXPECT_FALSE(wake.wait_for(lock, stop, 20s, [] { return false; }));
    EXPECT_TRUE(stop.stop_requested());
}

/// Two resources beside each other, `first` and `second`, and a `target` that gives both outputs.
/// A test says what they do; meet() makes sure that both are running.
class SiblingsTest : public testing::Test {
 protected:
    /// `on_error` may be empty.
    void first(test::FakeAction action, Node on_error = {}) {
        program_.add("first", {}, std::move(action), [&](workflow::Resource& resource) {
            if (!on_error.members.empty()) resource.on_error = program_.own(std::move(on_error));
        });
    }
    void second(test::FakeAction action) { program_.add("second", {}, std::move(action)); }
    void add_target() {
        program_.add("after", {"second"}, [this](RunContext&) {
            ++afters_;
            return Value();
        });
        program_.add("target", {"first", "second", "after"}, [](RunContext& context) {
            return Value(Value::List{context.find("first").value_or("none"),
                                     context.find("second").value_or("none")});
        });
    }
    std::string outcome(Deadline deadline = Deadline::never(), std::stop_token stop = {}) {
        if (!has_target_) add_target();
        has_target_ = true;
        try {
            return to_json(program_.run("target", deadline, std::move(stop)).response.data);
        } catch (const Error& error) {
            return std::string(error_name(error.code())) + ": " + error.what();
        }
    }
    void meet() { both_.arrive_and_wait(); }
    static Error broken() { return {ErrorCode::QueryFailed, "broken"}; }
    /// Who failed, as the log hears of it.
    std::vector<std::string> failed() const {
        std::vector<std::string> names;
        for (const auto& event : program_.sink.all<ResourceFailed>()) {
            names.push_back(event.resource);
        }
        return names;
    }

    FakeProgram program_;
    std::latch both_{2};
    std::atomic<int> afters_ = 0;
    bool has_target_ = false;
};

using Names = std::vector<std::string>;

TEST_F(SiblingsTest, AHandledFailureLeavesTheOthersAlone) {
    first(
        [this](RunContext&) -> Value {
            meet();
            throw broken();
        },
        map({{"action", scalar("continue")},
             {"expr", list({scalar("set('why', error.code)")})},
             {"fallback", scalar("get('why')")}}));
    second([&](RunContext& context) {
        meet();
        // Until the handler has run.
        while (!context.find("why") && !context.stop().stop_requested()) std::this_thread::yield();
        return Value(context.stop().stop_requested() ? "was stopped" : "went on");
    });
    EXPECT_EQ(outcome(), R"(["QUERY_FAILED","went on"])");
    EXPECT_EQ(afters_, 1);
    EXPECT_EQ(failed(), Names{});
}

TEST_F(SiblingsTest, ARetryLeavesTheOthersAlone) {
    std::atomic<int> attempts = 0;
    first(
        [&](RunContext&) -> Value {
            if (++attempts == 1) meet();
            if (attempts < 3) throw broken();
            return Value("third time");
        },
        map({{"action", scalar("retry")}, {"maxRetries", scalar("3")}}));
    second([&](RunContext& context) {
        meet();
        while (attempts < 3 && !context.stop().stop_requested()) std::this_thread::yield();
        return Value("went on");
    });
    EXPECT_EQ(outcome(), R"(["third time","went on"])");
}

TEST_F(SiblingsTest, AnAnswerOfOnErrorEndsTheRunWhileOthersStillRun) {
    first(
        [this](RunContext&) -> Value {
            meet();
            throw broken();
        },
        map({{"expr", list({scalar("set('seen', 1)")})}}));
    program_.answer_error([](RunContext& context) {
        return Value(Object{{"sorry", *context.find("error")}, {"seen", *context.find("seen")}});
    });
    second([this](RunContext& context) -> Value {
        meet();
        await_stop(context.stop());
        throw Error(ErrorCode::Cancelled, "cancelled");
    });
    EXPECT_EQ(outcome(), R"({"sorry":"broken","seen":1})");
    EXPECT_EQ(afters_, 0) << "nothing starts any more";
    EXPECT_EQ(failed(), Names{}) << "neither what was handled nor what was stopped";
}

TEST_F(SiblingsTest, WhatFailsBehindAnAnswerIsToldButChangesNothing) {
    first(
        [this](RunContext&) -> Value {
            meet();
            throw broken();
        },
        map({{"when", scalar("true == true")}}));
    program_.answer_error([](RunContext&) { return Value("the answer"); });
    second([this](RunContext& context) -> Value {
        meet();
        await_stop(context.stop());
        throw Error(ErrorCode::ConnectionLost, "and then this");
    });
    EXPECT_EQ(outcome(), R"("the answer")");
    EXPECT_EQ(failed(), Names{"second"});
}

TEST_F(SiblingsTest, WhatEndsWellBehindAnAnswerChangesNothing) {
    first(
        [this](RunContext&) -> Value {
            meet();
            throw broken();
        },
        map({{"when", scalar("true == true")}}));
    program_.answer_error([](RunContext&) { return Value("the answer"); });
    second([this](RunContext& context) {
        meet();
        await_stop(context.stop());
        return Value("done all the same");
    });
    EXPECT_EQ(outcome(), R"("the answer")");
    EXPECT_EQ(afters_, 0);
}

TEST_F(SiblingsTest, AnAnswerThatContinuesIsTheOutput) {
    first([](RunContext&) -> Value { throw broken(); }, map({{"action", scalar("continue")}}));
    program_.answer_error([](RunContext&) { return Value("instead"); });
    second([](RunContext&) { return Value("second"); });
    EXPECT_EQ(outcome(), R"(["instead","second"])");
    EXPECT_EQ(afters_, 1);
}

TEST_F(SiblingsTest, AnAnswerThatFailsIsTheFailure) {
    first([](RunContext&) -> Value { throw broken(); }, map({{"when", scalar("true == true")}}));
    program_.answer_error(
        [](RunContext&) -> Value { throw Error(ErrorCode::Internal, "the answer broke"); });
    second([](RunContext&) { return Value("second"); });
    EXPECT_EQ(outcome(), "INTERNAL: the answer broke");
    EXPECT_EQ(failed(), Names{"first"});
}

TEST_F(SiblingsTest, NobodyHandlesAnErrorOnceAnotherHasFailed) {
    std::atomic<int> attempts = 0;
    first(
        [&](RunContext& context) -> Value {
            ++attempts;
            meet();
            await_stop(context.stop());
            throw broken();
        },
        map({{"action", scalar("retry")},
             {"maxRetries", scalar("5")},
             {"expr", list({scalar("set('seen', 1)")})}}));
    second([this](RunContext&) -> Value {
        meet();
        throw Error(ErrorCode::QueryFailed, "the first to fail");
    });
    EXPECT_EQ(outcome(), "QUERY_FAILED: the first to fail");
    EXPECT_EQ(attempts, 1);
}

/// Tries again after ten hours, and tells when it begins to wait.
Node patient_retry() {
    return map({{"action", scalar("retry")},
                {"maxRetries", scalar("2")},
                {"retryDelay", scalar("{{ set('pausing', true) ? '10h' : '' }}")}});
}

void await_pause(RunContext& context) {
    while (!context.find("pausing")) std::this_thread::yield();
}

TEST_F(SiblingsTest, AFailureEndsThePauseBeforeARetry) {
    first([](RunContext&) -> Value { throw broken(); }, patient_retry());
    second([](RunContext& context) -> Value {
        await_pause(context);
        throw Error(ErrorCode::ConnectionFailed, "no database");
    });
    EXPECT_EQ(outcome(), "CONNECTION_FAILED: no database");
}

TEST_F(SiblingsTest, AnAnswerEndsThePauseBeforeARetry) {
    first(
        [](RunContext& context) -> Value {
            await_pause(context);
            throw broken();
        },
        map({{"when", scalar("true == true")}}));
    program_.answer_error([](RunContext&) { return Value("the answer"); });
    program_.add(
        "second", {}, [](RunContext&) -> Value { throw broken(); },
        [&](workflow::Resource& resource) { resource.on_error = program_.own(patient_retry()); });
    EXPECT_EQ(outcome(), R"("the answer")");
}

TEST_F(SiblingsTest, ACallerThatLeavesEndsThePauseBeforeARetry) {
    std::stop_source client;
    first([](RunContext&) -> Value { throw broken(); }, patient_retry());
    second([&](RunContext& context) {
        await_pause(context);
        client.request_stop();
        return Value();
    });
    EXPECT_EQ(outcome(Deadline::never(), client.get_token()), "CANCELLED: the run was cancelled");
}

TEST_F(SiblingsTest, TheRunsDeadlineEndsThePauseBeforeARetryAndAllHandling) {
    std::atomic<int> attempts = 0;
    first(
        [&](RunContext&) -> Value {
            ++attempts;
            throw broken();
        },
        map({{"action", scalar("retry")},
             {"maxRetries", scalar("5")},
             {"retryDelay", scalar("10h")}}));
    second([](RunContext&) { return Value(); });
    EXPECT_EQ(outcome(Deadline::after(50ms)).substr(0, 12), "RUN_TIMEOUT:");
    EXPECT_LE(attempts, 2);
}

TEST_F(SiblingsTest, APassedDeadlineOfTheRunIsNotHandled) {
    first(
        [](RunContext& context) -> Value {
            while (!context.deadline().is_expired()) std::this_thread::yield();
            throw Error(ErrorCode::ResourceTimeout, "too slow");
        },
        map({{"action", scalar("continue")}, {"fallback", scalar("hidden")}}));
    second([](RunContext&) { return Value(); });
    EXPECT_EQ(outcome(Deadline::after(5ms)).substr(0, 12), "RUN_TIMEOUT:");
}

TEST_F(SiblingsTest, BothThatWaitForEachOtherMayFail) {
    first([this](RunContext&) -> Value {
        meet();
        throw broken();
    });
    second([this](RunContext&) -> Value {
        meet();
        throw broken();
    });
    EXPECT_EQ(outcome(), "QUERY_FAILED: broken");
    EXPECT_EQ(failed().size(), 2U) << "each is told: neither was stopped by the other";
}

}  // namespace
}  // namespace kdeps::engine
