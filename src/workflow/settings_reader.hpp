#pragma once

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::workflow {

/// Turns a checked `settings` map into settings with their defaults. What a schema cannot say is
/// checked here: paths, methods, connections, the server mode, the host unless `options.has_host`.
/// `environment` gets the variables of `agentSettings`, which all other settings see.
[[nodiscard]] Settings read_settings(const Fields& settings, const KindSchema* connection,
                                     Environment& environment, const LoadOptions& options,
                                     Diagnostics& diagnostics);

}  // namespace kdeps::workflow
