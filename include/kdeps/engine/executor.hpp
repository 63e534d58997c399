#pragma once

#include <stop_token>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/engine/program.hpp"
#include "kdeps/engine/run_context.hpp"
#include "kdeps/engine/runner.hpp"
#include "kdeps/io/task_threads.hpp"

namespace kdeps::engine {

/// Runs programs. A run never waits for a worker: its own thread executes every ready resource
/// that no helper thread has claimed, so a chain has no hand-over and a busy executor cannot
/// deadlock; independent resources run at the same time as far as helpers are free.
///
/// Threads: safe to share; run() may be called from many threads at once.
class Executor {
 public:
    explicit Executor(EventSink& events, std::size_t max_helpers = 256);

    /// Checks and converts what is declared of the request, then runs the plan's target and what it
    /// needs.
    ///
    /// Errors: ValidationFailed with every mistake of the inputs, before anything has run; then the
    ///         first failure decides, with `detail().resource` set: siblings that have not
    ///         started never start, running ones are told to stop; RunTimeout once `deadline`
    ///         passed, saying what was spent where; Cancelled once `stop` was requested. A run
    ///         whose resources all ended well gives its result, however late it was told to stop.
    [[nodiscard]] RunResult run(const Program& program, const RunPlan& plan, Request request,
                                Deadline deadline, std::stop_token stop);

    [[nodiscard]] MemoryStore& memory() { return memory_; }

 private:
    EventSink& events_;
    MemoryStore memory_;
    io::TaskThreads helpers_;
};

}  // namespace kdeps::engine
