#pragma once

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::workflow {

/// Checks what only the whole workflow can tell: unique actionIds, known requirements, cycles,
/// targets, `validations` that let nothing in. With `is_complete` false (a file could not be read),
/// names that are not found are passed over: they may be in that file.
void check_rules(const Workflow& workflow, bool is_complete, Diagnostics& diagnostics);

}  // namespace kdeps::workflow
