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

/// Runs one call in a worker, answering what the script asks. `number` names the script to the
/// worker, which keeps what it has compiled.
///
/// Errors: CallEnded; Error(Cancelled, RunTimeout, ResourceTimeout) from `host`;
///         Error(WorkerCrashed) for a malformed message. The worker must be ended after any of
///         them.
[[nodiscard]] Answer converse(WorkerProcess& worker, const WorkerSettings& settings,
                              const Call& call, std::int64_t number, CallHost& host,
                              const Patience& patience);

/// Has a worker compile a script. Errors: as for converse().
[[nodiscard]] Analysis analyse(WorkerProcess& worker, const Script& script,
                               const Patience& patience);

}  // namespace kdeps::worker
