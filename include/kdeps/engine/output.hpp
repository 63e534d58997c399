#pragma once

#include <memory>
#include <string>

#include "kdeps/base/value.hpp"
#include "kdeps/engine/runner.hpp"

namespace kdeps::engine {

/// What a process that a resource started wrote and how it ended.
struct ProcessOutput {
    std::string standard_output;
    std::string standard_error;
    int exit_code = 0;
};

/// What a resource produced.
struct Output {
    Value value;  ///< What `get('actionId')` gives.
    /// Set by apiResponse; `value` is then the map `{success, data}`.
    std::shared_ptr<const ApiResponse> response = nullptr;
    std::shared_ptr<const ProcessOutput> process = nullptr;
};

}  // namespace kdeps::engine
