#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::workflow {

/// Gives the default target to the routes that name none: `chosen`, else `metadata.targetActionId`.
/// Reports what is left without a target: the workflow that is not served, routes.
///
/// REQUIRES: settings and target of `workflow` are read.
void resolve_targets(Workflow& workflow, const Fields& metadata,
                     const std::optional<std::string>& chosen, Diagnostics& diagnostics);

/// The default target and those of routes that are names of resources, each once, in this order.
[[nodiscard]] std::vector<std::string> known_targets(const Workflow& workflow,
                                                     const std::optional<std::string>& chosen);

/// The target of a route as the files have it, whatever was chosen.
[[nodiscard]] const std::string& written_target(const Workflow& workflow, const Route& route);

/// Reports targets that are no resource: the default and those of routes. A chosen one is reported
/// when it is to run.
void check_targets(const Workflow& workflow, Diagnostics& diagnostics);

/// Reports routes whose target is always skipped for them: by its `validations.methods`, `routes`
/// or `skip`.
void check_answers(const Workflow& workflow, const Resource& target, Diagnostics& diagnostics);

/// Warns, once, of resources that no target needs, directly or not, and of `statusCode` and
/// `headers` in those that are only needed: targets alone answer, apart from an onError that stops
/// the run. Says nothing beside errors, which may be the reason.
void warn_beside_targets(const Workflow& workflow, Diagnostics& diagnostics);

}  // namespace kdeps::workflow
