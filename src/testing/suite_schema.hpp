#pragma once

#include <vector>

#include "kdeps/workflow/schema.hpp"

namespace kdeps::testing {

// The keys of test files. They feed the checks, the hints and docs/reference/tests.md.
[[nodiscard]] const workflow::KindSchema& file_schema();
[[nodiscard]] const workflow::KindSchema& test_schema();
[[nodiscard]] const workflow::KindSchema& step_schema();
[[nodiscard]] const workflow::KindSchema& request_schema();
[[nodiscard]] const workflow::KindSchema& assert_schema();
[[nodiscard]] const workflow::KindSchema& body_schema();
[[nodiscard]] const workflow::KindSchema& path_schema();  ///< One entry of `jsonPath`.
[[nodiscard]] const workflow::KindSchema& fixture_schema();
[[nodiscard]] const workflow::KindSchema& mock_schema();
[[nodiscard]] const workflow::KindSchema& mock_error_schema();

}  // namespace kdeps::testing
