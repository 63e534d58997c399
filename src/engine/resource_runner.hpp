#pragma once

#include <optional>
#include <stop_token>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/engine/output.hpp"
#include "kdeps/engine/run_context.hpp"

namespace kdeps::engine {

/// How one resource ended.
struct ResourceOutcome {
    std::optional<Output> output;  ///< Empty when the resource was skipped.
    bool ends_run = false;         ///< onError gave the answer of the whole run.
    /// What it failed with, as error_object(), when onError lets the run go on.
    std::optional<Value> failure = std::nullopt;
};

/// Runs one resource of a run: guard, body, onError.
///
/// Errors: what the resource failed with and onError did not handle. Once `run_deadline` has passed
///         or `stop` was requested nothing is handled any more.
[[nodiscard]] ResourceOutcome run_resource(Run& run, graph::NodeId resource, Deadline run_deadline,
                                           const std::stop_token& stop, EventSink& events);

}  // namespace kdeps::engine
