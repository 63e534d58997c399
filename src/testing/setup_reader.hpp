#pragma once

#include <vector>

#include "kdeps/testing/suite.hpp"
#include "kdeps/workflow/schema.hpp"

#include "suite_context.hpp"

namespace kdeps::testing {

// What is prepared before a test, of the map that has `fixtures`, `faults` and `mocks`. Mistakes
// are reported, and what has them is left out.

[[nodiscard]] std::vector<Fixture> read_fixtures(const workflow::Fields& fields,
                                                 const SuiteContext& context);
[[nodiscard]] std::vector<Fault> read_faults(const workflow::Fields& fields,
                                             const SuiteContext& context);
[[nodiscard]] std::vector<Mock> read_mocks(const workflow::Fields& fields,
                                           const SuiteContext& context);

}  // namespace kdeps::testing
