#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <latch>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>

#include "support/fake_program.hpp"

namespace kdeps::engine {
namespace {

using test::FakeProgram;
using namespace std::chrono_literals;

/// Waits until `stop` is requested; fails the test after a long time instead of hanging.
void wait_for_stop(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, 20s, [] { return false; });
    EXPECT_TRUE(stop.stop_requested());
}

Error failure_of(FakeProgram& program, const std::string& target,
                 Deadline deadline = Deadline::never(), std::stop_token stop = {}) {
    try {
        (void)program.run(target, deadline, stop);
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error";
    return {ErrorCode::Internal, ""};
}

TEST(ExecutorTest, RunsOnlyWhatTheTargetNeedsInOrder) {
    std::vector<std::string> order;
    const auto note = [&order](const char* name) {
        return [&order, name](RunContext&) {
            order.emplace_back(name);
            return Value(name);
        };
    };
    FakeProgram program;
    program.add("unrelated", {}, note("unrelated"))
        .add("last", {"middle"}, note("last"))
        .add("middle", {"first"}, note("middle"))
        .add("first", {}, note("first"));
    EXPECT_EQ(program.value("last"), Value("last"));
    EXPECT_EQ(order, (std::vector<std::string>{"first", "middle", "last"}));
}

TEST(ExecutorTest, RunsAChainOnTheCallersThread) {
    std::vector<std::thread::id> threads;
    const auto note = [&threads](RunContext&) {
        threads.push_back(std::this_thread::get_id());
        return Value();
    };
    FakeProgram program;
    program.add("a", {}, note).add("b", {"a"}, note).add("c", {"b"}, note);
    (void)program.run("c");
    EXPECT_EQ(threads, std::vector<std::thread::id>(3, std::this_thread::get_id()));
}

TEST(ExecutorTest, RunsIndependentResourcesAtTheSameTime) {
    std::latch both(2);  // each waits for the other: only possible side by side
    const auto meet = [&both](RunContext&) {
        both.arrive_and_wait();
        return Value(1);
    };
    FakeProgram program;
    program.add("a", {}, meet)
        .add("b", {}, meet)
        .add("target", {"a", "b"}, [](RunContext& context) {
            return Value(Value::List{*context.find("a"), *context.find("b")});
        });
    EXPECT_EQ(program.value("target"), Value(Value::List{Value(1), Value(1)}));
}

TEST(ExecutorTest, FinishesWhenThereAreFewerHelpersThanBranches) {
    FakeProgram program;
    program.max_helpers = 1;
    std::vector<std::string> names;
    for (int i = 0; i < 20; ++i) {
        names.push_back("n" + std::to_string(i));
        program.add(names.back(), {}, [](RunContext&) { return Value(1); });
    }
    program.add("target", names, [](RunContext&) { return Value("done"); });
    EXPECT_EQ(program.value("target"), Value("done"));  // compiles before threads share it
    std::vector<std::jthread> callers;
    std::atomic<int> done = 0;
    for (int i = 0; i < 8; ++i) {
        callers.emplace_back([&] {
            for (int n = 0; n < 50; ++n) done += program.value("target") == Value("done");
        });
    }
    callers.clear();
    EXPECT_EQ(done, 400);
}

/// `count` resources beside each other behind `first`, and a target that needs them all.
void add_fan(FakeProgram& program, int count, const test::FakeAction& action) {
    program.add("first", {}, [](RunContext&) { return Value(); });
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) {
        names.push_back("n" + std::to_string(i));
        program.add(names.back(), {"first"}, action);
    }
    program.add("target", names, [](RunContext&) { return Value("done"); });
}

TEST(ExecutorTest, EveryBranchThatBecomesReadyGetsAThread) {
    std::latch all(8);  // each waits for all others: one thread too few would never end
    FakeProgram program;
    add_fan(program, 8, [&all](RunContext&) {
        all.arrive_and_wait();
        return Value();
    });
    EXPECT_EQ(program.value("target"), Value("done"));
}

TEST(ExecutorTest, FinishesWithoutHelpers) {
    FakeProgram program;
    program.max_helpers = 0;
    add_fan(program, 20, [](RunContext&) { return Value(); });
    EXPECT_EQ(program.value("target"), Value("done"));
}

/// While it lives no thread can start: a default stack is larger than any address space.
class NoNewThreads {
 public:
    NoNewThreads() {
        pthread_getattr_default_np(&before_);
        pthread_attr_t huge;
        pthread_attr_init(&huge);
        pthread_attr_setstacksize(&huge, std::size_t{1} << 60U);
        EXPECT_EQ(pthread_setattr_default_np(&huge), 0);
        pthread_attr_destroy(&huge);
    }
    ~NoNewThreads() {
        pthread_setattr_default_np(&before_);
        pthread_attr_destroy(&before_);
    }
    NoNewThreads(const NoNewThreads&) = delete;
    NoNewThreads& operator=(const NoNewThreads&) = delete;

 private:
    pthread_attr_t before_;
};

TEST(ExecutorTest, FinishesWhenTheSystemHasNoThreadLeft) {
    FakeProgram program;
    std::atomic<int> ran = 0;
    add_fan(program, 20, [&ran](RunContext&) {
        ++ran;
        return Value();
    });
    {
        const NoNewThreads none;
        EXPECT_THROW(std::thread([] {}), std::system_error);
        EXPECT_EQ(program.value("target"), Value("done"));
    }
    EXPECT_EQ(program.value("target"), Value("done")) << "helpers start again later";
    EXPECT_EQ(ran, 40);
}

TEST(ExecutorTest, FirstFailureStopsRunningSiblingsAndStartsNoMore) {
    std::latch running(2);
    std::atomic<bool> after_ran = false;
    FakeProgram program;
    program
        .add("fails", {},
             [&](RunContext&) -> Value {
                 running.arrive_and_wait();
                 throw Error(ErrorCode::QueryFailed, "no such table");
             })
        .add("slow", {},
             [&](RunContext& context) -> Value {
                 running.arrive_and_wait();
                 wait_for_stop(context.stop());
                 throw Error(ErrorCode::Cancelled, "cancelled");
             })
        .add("after", {"slow"},
             [&](RunContext&) {
                 after_ran = true;
                 return Value();
             })
        .add("target", {"fails", "after"}, [](RunContext&) { return Value(); });
    const Error error = failure_of(program, "target");
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_EQ(error.detail().resource, "fails");
    EXPECT_FALSE(after_ran);
    ASSERT_EQ(program.sink.all<ResourceFailed>().size(), 1U) << "the stopped sibling is no failure";
}

// Until then the quick resources of a run have ended, beside a sanitizer too.
constexpr auto kEnoughToStart = 250ms;

TEST(ExecutorTest, PassedDeadlineIsARunTimeoutThatSaysWhereTimeWent) {
    FakeProgram program;
    program.add("quick", {}, [](RunContext&) { return Value(); })
        .add("slow", {"quick"}, [](RunContext& context) -> Value {
            while (!context.deadline().is_expired()) std::this_thread::yield();
            throw Error(ErrorCode::ResourceTimeout, "statement cancelled");
        });
    const Error error = failure_of(program, "slow", Deadline::after(kEnoughToStart));
    EXPECT_EQ(error.code(), ErrorCode::RunTimeout);
    EXPECT_NE(std::string(error.what()).find("spent: 'slow' "), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(" ms, 'quick' "), std::string::npos) << error.what();
}

TEST(ExecutorTest, SiblingThatOutlivesTheDeadlineHidesNoFailure) {
    FakeProgram program;
    std::latch running(2);
    program
        .add("fails", {},
             [&](RunContext&) -> Value {
                 running.arrive_and_wait();
                 throw Error(ErrorCode::QueryFailed, "the real error");
             })
        .add("slow", {},
             [&](RunContext& context) -> Value {
                 running.arrive_and_wait();
                 while (!context.deadline().is_expired()) std::this_thread::yield();
                 throw Error(ErrorCode::Cancelled, "cancelled");
             })
        .add("target", {"fails", "slow"}, [](RunContext&) { return Value(); });
    const Error error = failure_of(program, "target", Deadline::after(kEnoughToStart));
    EXPECT_EQ(error.code(), ErrorCode::QueryFailed);
    EXPECT_STREQ(error.what(), "the real error");
}

TEST(ExecutorTest, RunTimeoutNamesTheLongestResourcesOnly) {
    FakeProgram program;
    std::vector<std::string> all;
    for (int i = 0; i < 8; ++i) {
        all.push_back("quick" + std::to_string(i));
        program.add(all.back(), {}, [](RunContext&) { return Value(); });
    }
    program.add("slow", all, [](RunContext& context) -> Value {
        while (!context.deadline().is_expired()) std::this_thread::yield();
        throw Error(ErrorCode::ResourceTimeout, "statement cancelled");
    });
    const Error error = failure_of(program, "slow", Deadline::after(kEnoughToStart));
    const std::string text = error.what();
    EXPECT_NE(text.find("spent: 'slow' "), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with(", 4 others less")) << text;
}

TEST(ExecutorTest, CallerThatGoesAwayCancelsTheRun) {
    std::stop_source client;
    FakeProgram program;
    program.add("slow", {}, [&client](RunContext& context) -> Value {
        client.request_stop();
        wait_for_stop(context.stop());
        throw Error(ErrorCode::Cancelled, "cancelled");
    });
    EXPECT_EQ(failure_of(program, "slow", Deadline::never(), client.get_token()).code(),
              ErrorCode::Cancelled);
    const auto told = program.sink.all<ResourceFailed>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].level, LogLevel::Info) << "a client that leaves is no error";
}

TEST(ExecutorTest, RunThatEndedWellIsAnsweredThoughItWasToldToStop) {
    std::stop_source drain;
    FakeProgram program;
    program.add("write", {}, [&drain](RunContext&) {
        drain.request_stop();  // the COMMIT was sent: it can no longer be cancelled
        return Value("committed");
    });
    EXPECT_EQ(program.run("write", Deadline::never(), drain.get_token()).response.data,
              Value("committed"));
}

TEST(ExecutorTest, CancelledRunTellsTheOutcomeOfItsWrite) {
    std::stop_source client;
    FakeProgram program;
    program.add("write", {}, [&client](RunContext&) -> Value {
        client.request_stop();
        throw Error(ErrorCode::ConnectionLost, "no answer to COMMIT",
                    {.outcome = Outcome::Unknown, .applied_indexes = {0, 1}});
    });
    const Error error = failure_of(program, "write", Deadline::never(), client.get_token());
    EXPECT_EQ(error.code(), ErrorCode::Cancelled);
    EXPECT_EQ(error.detail().outcome, Outcome::Unknown);
    EXPECT_EQ(error.detail().applied_indexes, (std::vector<std::size_t>{0, 1}));
}

TEST(ExecutorTest, UnknownTargetIsNamedWithAGuess) {
    FakeProgram program;
    program.add("results", {}, [](RunContext&) { return Value(); });
    const Error error = failure_of(program, "resultz");
    EXPECT_EQ(render(error),
              "unknown target 'resultz' [UNKNOWN_TARGET]\n"
              "  hint: did you mean 'results'?");
}

TEST(ExecutorTest, SkippedTargetIsAnError) {
    FakeProgram program;
    program.add(
        "target", {}, [](RunContext&) { return Value(1); },
        [&](workflow::Resource& resource) {
            resource.validations =
                program.own(test::map({{"skip", test::list({test::scalar("1 == 1")})}}));
        });
    EXPECT_STREQ(failure_of(program, "target").what(),
                 "target resource 'target' produced no output");
}

TEST(ExecutorTest, CheckThatFailsForWantOfARequiredInputSaysSo) {
    FakeProgram program;
    program.add(
        "target", {}, [](RunContext&) { return Value(1); },
        [&](workflow::Resource& resource) {
            resource.validations =
                program.own(test::map({{"check", test::list({test::scalar("int(get('id')) > 0")})},
                                       {"required", test::list({test::scalar("id")})}}));
        });
    const Error error = failure_of(program, "target");
    EXPECT_EQ(error.code(), ErrorCode::ValidationFailed);
    EXPECT_STREQ(error.what(), "required input is missing: id");
}

TEST(ExecutorTest, ForeignExceptionIsAnInternalErrorOfItsResource) {
    FakeProgram program;
    program.add("target", {}, [](RunContext&) -> Value { throw std::runtime_error("boom"); });
    const Error error = failure_of(program, "target");
    EXPECT_EQ(error.code(), ErrorCode::Internal);
    EXPECT_EQ(error.detail().resource, "target");
}

}  // namespace
}  // namespace kdeps::engine
