#pragma once

#include <string>

#include "kdeps/testing/report.hpp"

namespace kdeps::testing {

/// What differs and where, the answer, and what failed meanwhile; ends with a line feed.
/// REQUIRES: the test has not passed.
[[nodiscard]] std::string failure_text(const TestResult& result, const SourceTexts& texts);

/// What differs first, in one line.
[[nodiscard]] std::string failure_line(const TestResult& result);

}  // namespace kdeps::testing
