#pragma once

#include "kdeps/app/project.hpp"

#include "commands.hpp"

namespace kdeps::cli {

/// Whether a workflow with an API server is served: an input of either form says "run once", and so
/// does a target unless there is a place to listen at.
[[nodiscard]] bool asks_to_serve(const RunOptions& options);

/// Errors: InvalidValue for options that only a server could have.
[[nodiscard]] bool runs_once(const RunOptions& options, bool has_server);

/// A target that no route runs would be forgotten silently.
///
/// Errors: InvalidValue.
void check_target(const RunOptions& options, const app::Project& project);

[[nodiscard]] app::LoadOptions load_options(const RunOptions& options);
[[nodiscard]] app::ServeOptions serve_options(const RunOptions& options);

}  // namespace kdeps::cli
