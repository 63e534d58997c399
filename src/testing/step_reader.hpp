#pragma once

#include <vector>

#include "kdeps/testing/suite.hpp"
#include "kdeps/workflow/schema.hpp"

#include "suite_context.hpp"

namespace kdeps::testing {

/// The requests of a test, of the map that has `request` and `assert`, or `steps`. Mistakes are
/// reported.
[[nodiscard]] std::vector<Step> read_steps(const workflow::Fields& fields,
                                           const SuiteContext& context);

}  // namespace kdeps::testing
