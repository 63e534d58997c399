#include "kdeps/engine/executor.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "kdeps/base/small_vector.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/io/task_threads.hpp"

#include "resource_runner.hpp"

namespace kdeps::engine {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How far an entry of the plan is; when it ran is for the text of a run's timeout and for events.
struct Progress {
    std::size_t waiting_for;  ///< Entries that have to end before it.
    steady_clock::time_point started{};
    steady_clock::time_point ended{};
};

/// The progress of one run; shared by its own thread and the helpers that joined it.
class RunState : public std::enable_shared_from_this<RunState> {
 public:
    RunState(Run& run, const RunPlan& plan, Deadline deadline, const std::stop_token& stop,
             EventSink& events, io::TaskThreads& helpers)
        : run_(run),
          plan_(plan),
          deadline_(deadline),
          events_(events),
          helpers_(helpers),
          on_stop_(stop, [this] { stop_.request_stop(); }) {
        for (std::size_t i = 0; i < plan.entries.size(); ++i) {
            progress_.push_back({plan.entries[i].dependency_count});
            if (plan.entries[i].dependency_count == 0) ready_.push_back(i);
        }
    }

    /// Executes ready entries. The run's own thread (`owner`) returns when the run has ended and
    /// nothing of it is running; a helper returns as soon as nothing is ready.
    void work(bool owner) {
        std::unique_lock lock(mutex_);
        if (owner) invite_helpers(ready_.size());
        while (true) {
            if (!ended_ && taken_ < ready_.size()) {
                execute_one(lock);
            } else if (!owner) {
                return;
            } else if (running_ == 0) {
                return;
            } else {
                changed_.wait(lock);
            }
        }
    }

    /// REQUIRES: work(true) has returned.
    RunResult result(const std::stop_token& stop) {
        if (answer_) return std::move(*answer_);
        // Whoever told the run to stop was too late: what it wrote is written, so it has an answer.
        if (!error_) return target_result();
        if (is_late_) throw timeout_error();
        // Not left behind: a helper that comes late may be the one that destroys this state.
        Error error = std::move(*error_);
        error_.reset();
        if (stop.stop_requested()) throw cancelled(std::move(error.detail()));
        throw error;
    }

 private:
    void execute_one(std::unique_lock<std::mutex>& lock) {
        const std::size_t entry = ready_[taken_++];
        ++running_;
        progress_[entry].started = steady_clock::now();
        lock.unlock();
        ResourceOutcome outcome;
        std::optional<Error> failure;
        try {
            outcome = run_resource(run_, plan_.entries[entry].resource, deadline_,
                                   stop_.get_token(), events_);
        } catch (const Error& error) {
            failure = error;
        } catch (const std::exception& error) {
            failure = Error(ErrorCode::Internal, error.what());
        }
        lock.lock();
        progress_[entry].ended = steady_clock::now();
        --running_;
        if (failure) {
            fail(entry, std::move(*failure), lock);
        } else {
            finish(entry, std::move(outcome), lock);
        }
        if (running_ == 0 || taken_ < ready_.size()) changed_.notify_one();
    }

    /// One helper per entry that has become ready, but for the one that this thread takes next. So
    /// there are never fewer helpers on their way than entries waiting for one.
    void invite_helpers(std::size_t newly_ready) {
        try {
            for (std::size_t i = 1; i < newly_ready; ++i) {
                helpers_.start([self = shared_from_this()] { self->work(false); });
            }
        } catch (const Error&) {
            // No thread left: this one does their work.
        }
    }

    void finish(std::size_t entry, ResourceOutcome outcome, std::unique_lock<std::mutex>& lock) {
        report_finished(entry, !outcome.output.has_value());
        if (ended_) return;
        if (outcome.ends_run) {
            answer_ = to_result(*outcome.output);
            end(lock);
            return;
        }
        if (outcome.failure) {
            run_.store_failure(plan_.entries[entry].resource, *std::move(outcome.failure));
        }
        if (outcome.output) {
            run_.store(plan_.entries[entry].resource, std::move(*outcome.output));
        }
        std::size_t newly_ready = 0;
        for (const std::size_t dependent : plan_.entries[entry].dependents) {
            if (--progress_[dependent].waiting_for > 0) continue;
            ready_.push_back(dependent);
            ++newly_ready;
        }
        invite_helpers(newly_ready);
    }

    void fail(std::size_t entry, Error error, std::unique_lock<std::mutex>& lock) {
        const CompiledResource& resource = compiled(entry);
        if (error.detail().resource.empty()) error.detail().resource = resource.action_id;
        if (!error.detail().where) error.detail().where = resource.span;
        const bool told_to_stop = ended_ && error.code() == ErrorCode::Cancelled;
        if (!told_to_stop) report_failed(error);
        if (ended_) return;
        is_late_ = deadline_.is_expired();  // now: siblings may need a while to stop
        error_ = std::move(error);
        end(lock);
    }

    /// Nothing more starts; what runs is told to stop.
    void end(std::unique_lock<std::mutex>& lock) {
        ended_ = true;
        if (running_ == 0) return;
        lock.unlock();  // callbacks of the stop token run here
        stop_.request_stop();
        lock.lock();
    }

    [[nodiscard]] const CompiledResource& compiled(std::size_t entry) const {
        return run_.program().resources()[plan_.entries[entry].resource];
    }

    void report_finished(std::size_t entry, bool skipped) {
        if (!events_.wants(LogLevel::Debug)) return;
        const Progress& timing = progress_[entry];
        events_.emit(
            ResourceFinished{run_.request().id, compiled(entry).action_id, compiled(entry).kind,
                             duration_cast<microseconds>(timing.ended - timing.started), skipped});
    }

    void report_failed(const Error& error) {
        std::string text = render(error);
        // A database's DETAIL quotes what was stored or sent.
        const bool may_quote_data = error.code() == ErrorCode::QueryFailed;
        if (!error.detail().context.empty() &&
            (!may_quote_data || events_.wants(LogLevel::Debug))) {
            text += "\n" + error.detail().context;
        }
        events_.emit(ResourceFailed{run_.request().id, error.detail().resource,
                                    std::string(error_name(error.code())), std::move(text),
                                    is_expected(error) ? LogLevel::Info : LogLevel::Error});
    }

    /// The client has left or the server ends, or the answer is a 4xx.
    [[nodiscard]] bool is_expected(const Error& error) const {
        const ErrorCode code = error.code();
        if (code == ErrorCode::Cancelled && stop_.stop_requested()) return true;
        const bool refused = code == ErrorCode::ValidationFailed || code == ErrorCode::BadRequest;
        const int status = error.detail().http_status.value_or(refused ? 400 : 500);
        return status >= 400 && status < 500;
    }

    [[nodiscard]] Error timeout_error() const {
        constexpr std::size_t kTold = 5;
        std::vector<std::pair<steady_clock::duration, std::size_t>> spans;
        for (std::size_t i = 0; i < progress_.size(); ++i) {
            const Progress& timing = progress_[i];
            if (timing.started == steady_clock::time_point{}) continue;
            spans.emplace_back(timing.ended - timing.started, i);
        }
        std::ranges::stable_sort(spans, std::greater{},
                                 [](const auto& span) { return span.first; });
        std::string spent;
        for (std::size_t i = 0; i < std::min(spans.size(), kTold); ++i) {
            spent +=
                fmt::format("{}'{}' {} ms", i == 0 ? "" : ", ", compiled(spans[i].second).action_id,
                            duration_cast<milliseconds>(spans[i].first).count());
        }
        if (spans.size() > kTold) spent += fmt::format(", {} others less", spans.size() - kTold);
        ErrorDetail detail = error_->detail();
        return {ErrorCode::RunTimeout,
                fmt::format("the run passed its time limit; spent: {}",
                            spent.empty() ? "nothing" : spent),
                std::move(detail)};
    }

    /// What is known about a write that was cut off stays known.
    static Error cancelled(ErrorDetail failure) {
        ErrorDetail detail{.resource = std::move(failure.resource),
                           .outcome = failure.outcome,
                           .failed_index = failure.failed_index,
                           .applied_indexes = std::move(failure.applied_indexes)};
        return {ErrorCode::Cancelled, "the run was cancelled", std::move(detail)};
    }

    static RunResult to_result(const Output& output) {
        if (output.response != nullptr) {
            return {.response = *output.response, .is_api_response = true, .warnings = {}};
        }
        RunResult result;
        result.response.data = output.value;
        return result;
    }

    RunResult target_result() {
        const Output* output = run_.output(plan_.target);
        if (output == nullptr) {
            const std::string& target = run_.program().resources()[plan_.target].action_id;
            throw Error(ErrorCode::NoOutput,
                        fmt::format("target resource '{}' produced no output", target),
                        {.hint = "its validations skipped it", .resource = target});
        }
        return to_result(*output);
    }

    Run& run_;
    const RunPlan& plan_;
    const Deadline deadline_;
    EventSink& events_;
    io::TaskThreads& helpers_;

    std::mutex mutex_;
    std::condition_variable changed_;    ///< Wakes the run's own thread.
    SmallVector<Progress, 4> progress_;  ///< Per entry.
    SmallVector<std::size_t, 4> ready_;  ///< Entries in the order in which they may run,
    std::size_t taken_ = 0;              ///< of which so many have begun.
    std::size_t running_ = 0;
    bool ended_ = false;
    std::optional<Error> error_;
    bool is_late_ = false;  ///< The deadline had passed when it failed.
    std::optional<RunResult> answer_;
    std::stop_source stop_;
    std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace

Executor::Executor(EventSink& events, std::size_t max_helpers)
    : events_(events), helpers_({.max = max_helpers, .kept = max_helpers}) {}

RunResult Executor::run(const Program& program, const RunPlan& plan, Request request,
                        Deadline deadline, std::stop_token stop) {
    InputMistakes mistakes;
    if (plan.inputs != nullptr) mistakes = plan.inputs->convert(request);
    Run run(program, request, memory_);
    if (plan.inputs != nullptr) plan.inputs->require(run, std::move(mistakes), deadline, stop);
    const auto state = std::make_shared<RunState>(run, plan, deadline, stop, events_, helpers_);
    state->work(true);
    RunResult result = state->result(stop);
    result.warnings = run.take_warnings();
    return result;
}

}  // namespace kdeps::engine
