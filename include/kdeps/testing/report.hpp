#pragma once

#include <chrono>
#include <span>
#include <string>

#include "kdeps/base/source.hpp"
#include "kdeps/testing/runner.hpp"

namespace kdeps::testing {

/// One test as a person reads it: a line, and for one that has not passed what differs and where,
/// the answer, and what failed meanwhile. Ends with a line feed.
[[nodiscard]] std::string report(const TestResult& result, const SourceTexts& texts);

/// `3 tests: 2 passed, 1 failed (0.12 s)`, with a line feed.
[[nodiscard]] std::string summary(std::span<const TestResult> results,
                                  std::chrono::microseconds duration);

/// The results as JUnit's XML, one suite per file of tests. `name` is the workflow's.
[[nodiscard]] std::string junit_xml(std::span<const TestResult> results, const std::string& name,
                                    const SourceTexts& texts);

}  // namespace kdeps::testing
