#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "kdeps/worker/worker_pool.hpp"

#include "worker_process.hpp"

namespace kdeps::worker {

/// How a call ended that left its worker in order.
struct Answer {
    std::variant<CallResult, Error> outcome;
    std::optional<std::string> retire_reason;  ///< Why the worker must not serve another call.
};

/// What can be known about a script without running it.
struct Analysis {
    std::optional<ScriptIssue> issue;
    std::vector<std::string> literal_gets;
};

/// Names a script to workers: equal for equal name and source.
[[nodiscard]] std::int64_t script_key(const Script& script);

/// Runs one call in a worker, answering what the script asks.
///
/// Errors: CallEnded; Error(Cancelled, RunTimeout, ResourceTimeout) from `host`;
///         Error(WorkerCrashed) for a malformed message. The worker must be ended after any of
///         them.
[[nodiscard]] Answer converse(WorkerProcess& worker, const WorkerSettings& settings,
                              const Call& call, CallHost& host, const Patience& patience);

/// Has a worker compile a script. Errors: as for converse().
[[nodiscard]] Analysis analyse(WorkerProcess& worker, const Script& script,
                               const Patience& patience);

}  // namespace kdeps::worker
