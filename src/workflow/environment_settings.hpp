#pragma once

#include <optional>
#include <string>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/settings.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::workflow {

// Settings that the machine may bring instead of the workflow. What the workflow says itself wins.

/// KDEPS_API_AUTH_TOKEN; empty when it is not set. One that is set and empty is an error: it would
/// open the server to everybody.
[[nodiscard]] std::string token_from(const Environment& environment, Diagnostics& diagnostics);

/// KDEPS_SQL_TIMEOUT, KDEPS_SQL_MAX_ROWS and KDEPS_PYTHON_TIMEOUT.
///
/// Errors: a value that is no duration or number is reported.
[[nodiscard]] ResourceDefaults defaults_from(const Environment& environment,
                                             Diagnostics& diagnostics);

/// Warns of a variable that looks like a setting of ours and has no effect; `where` if it stands in
/// a file.
void warn_of_variable(const std::string& name, const std::optional<SourceSpan>& where,
                      Diagnostics& diagnostics);
/// Warns of variables of the process that look like settings of ours and have no effect.
void warn_of_environment(Diagnostics& diagnostics);

}  // namespace kdeps::workflow
