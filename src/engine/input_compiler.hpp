#pragma once

#include "kdeps/engine/compile_context.hpp"
#include "kdeps/engine/request_inputs.hpp"
#include "kdeps/workflow/node.hpp"

namespace kdeps::engine {

/// Compiles what `validations` of the resource at hand declares about inputs. Mistakes go to the
/// context's diagnostics.
[[nodiscard]] DeclaredInputs compile_inputs(const workflow::Node& validations,
                                            CompileContext& context);

}  // namespace kdeps::engine
