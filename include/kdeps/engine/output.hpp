#pragma once

#include <memory>

#include "kdeps/base/process_output.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/engine/runner.hpp"

namespace kdeps::engine {

/// What a resource produced.
struct Output {
    Value value;  ///< What `get('actionId')` gives.
    /// Set by apiResponse; `value` is then the map `{success, data}`.
    std::shared_ptr<const ApiResponse> response = nullptr;
    std::shared_ptr<const ProcessOutput> process = nullptr;
};

}  // namespace kdeps::engine
