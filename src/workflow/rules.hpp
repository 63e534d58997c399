#pragma once

#include <string>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::workflow {

/// Checks what only the whole workflow can tell: unique actionIds, known requirements, cycles,
/// the target. With `is_complete` false (a file could not be read), names that are not found are
/// passed over: they may be in that file.
void check_rules(const Workflow& workflow, bool is_complete, Diagnostics& diagnostics);

/// Warns, once, of resources that `target` does not need, directly or not, and of `statusCode` and
/// `headers` in those that it does need: the target alone answers, apart from an onError that stops
/// the run. Says nothing beside errors, which may be the reason.
void warn_beside_target(const Workflow& workflow, const std::string& target,
                        Diagnostics& diagnostics);

}  // namespace kdeps::workflow
