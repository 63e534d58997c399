#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/base/event.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/worker/worker_pool.hpp"

namespace kdeps::worker::test {

/// Remembers worker events and notices.
class EventLog final : public EventSink {
 public:
    void emit(const Event& event) noexcept override {
        const std::lock_guard lock(mutex_);
        if (const auto* worker = std::get_if<WorkerEvent>(&event)) workers_.push_back(*worker);
        if (const auto* notice = std::get_if<Notice>(&event)) notices_.push_back(notice->text);
    }
    [[nodiscard]] bool wants(LogLevel) const noexcept override { return true; }

    [[nodiscard]] std::vector<std::string> notices() const {
        const std::lock_guard lock(mutex_);
        return notices_;
    }
    /// The process ids that were started for a reason, in order.
    [[nodiscard]] std::vector<int> started(const std::string& reason) const {
        const std::lock_guard lock(mutex_);
        std::vector<int> pids;
        for (const WorkerEvent& event : workers_) {
            if (event.started && event.reason == reason) pids.push_back(event.pid);
        }
        return pids;
    }
    /// The reasons of ended processes, in order.
    [[nodiscard]] std::vector<std::string> endings() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> reasons;
        for (const WorkerEvent& event : workers_) {
            if (!event.started) reasons.push_back(event.reason);
        }
        return reasons;
    }

 private:
    mutable std::mutex mutex_;
    std::vector<WorkerEvent> workers_;
    std::vector<std::string> notices_;
};

/// Answers with values from a map and remembers what was asked.
class FakeHost final : public CallHost {
 public:
    [[nodiscard]] Value ask(const std::string& function,
                            const std::vector<Value>& arguments) override {
        std::string question = function;
        for (const Value& argument : arguments) question += " " + to_text(argument);
        asked.push_back(question);
        if (on_ask) on_ask(question);
        if (function == "set") {
            answers["get " + to_text(arguments.at(0))] = arguments.at(1);
            return nullptr;
        }
        const auto found = answers.find(question);
        if (found == answers.end()) {
            throw Error(ErrorCode::ExpressionFailed, "nothing is known of '" + question + "'");
        }
        return found->second;
    }
    void script_failed(ProcessOutput process) override { failed = std::move(process); }

    std::map<std::string, Value> answers;
    std::vector<std::string> asked;
    ProcessOutput failed;
    std::function<void(const std::string&)> on_ask;
};

inline WorkerSettings default_settings() {
    WorkerSettings settings;
    settings.executable = KDEPS_TEST_KDEPS_PYTHON;
    settings.python_path = KDEPS_TEST_PYTHON_PATH;
    settings.working_directory = "/tmp";
    settings.max_workers = 1;
    return settings;
}

inline Script script_of(std::string source, std::vector<std::string> slot_names = {}) {
    Script script{"report", std::move(source), std::move(slot_names), {}};
    script.origin = {"resources/report.yaml", 10, 7, 7};
    return script;
}

/// One pool with one worker.
class WorkerTest : public testing::Test {
 protected:
    explicit WorkerTest(WorkerSettings settings = default_settings())
        : pool_(std::move(settings), events_) {}

    CallResult run(const Script& script, Call call = {}, Deadline deadline = in(20'000),
                   std::stop_token stop = {}) {
        call.script = &script;
        return pool_.call(call, host_, deadline, std::move(stop));
    }
    CallResult run(const std::string& source, Call call = {}) {
        return run(script_of(source), std::move(call));
    }
    Value value_of(const std::string& source, Call call = {}) {
        return run(source, std::move(call)).value;
    }
    /// The error that a script ends with.
    Error error_of(const std::string& source, Call call = {}, Deadline deadline = in(20'000),
                   std::stop_token stop = {}) {
        try {
            (void)run(script_of(source), std::move(call), deadline, std::move(stop));
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "the script did not fail: " << source;
        return {ErrorCode::Internal, "no error"};
    }
    static Deadline in(int millis) { return Deadline::after(std::chrono::milliseconds(millis)); }
    [[nodiscard]] std::vector<int> worker_pids() const { return events_.started("python worker"); }

    EventLog events_;
    FakeHost host_;
    WorkerPool pool_;
};

}  // namespace kdeps::worker::test
