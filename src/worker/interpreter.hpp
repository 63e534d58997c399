#pragma once

#include <span>
#include <string>

#include "kdeps/base/event.hpp"
#include "kdeps/worker/worker_pool.hpp"

#include "zygote.hpp"

namespace kdeps::worker {

/// Chooses the program that becomes the zygote.
///
/// Values:  `python_version` "X.Y" or "X.Y.Z": the embedded interpreter if it is that X.Y, else
///          pythonX.Y in the first of `folders` that has it, else the embedded one with a Notice.
///          An `executable` whose file name begins with "python" (as in a virtual environment) is
///          run as an interpreter.
[[nodiscard]] ZygoteCommand choose_interpreter(const WorkerSettings& settings,
                                               std::span<const std::string> folders,
                                               EventSink& events);

}  // namespace kdeps::worker
