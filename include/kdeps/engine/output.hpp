#pragma once

#include <memory>

#include "kdeps/base/value.hpp"
#include "kdeps/engine/runner.hpp"

namespace kdeps::engine {

/// What a resource produced.
struct Output {
    Value value;  ///< What `get('actionId')` gives.
    /// Set by a kind that answers; `value` is then the map `{success, data}`.
    std::shared_ptr<const ApiResponse> response = nullptr;
    /// What RunContext::set_facets() was given meanwhile; the engine puts it here.
    Object facets = {};
};

}  // namespace kdeps::engine
