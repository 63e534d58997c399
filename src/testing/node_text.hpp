#pragma once

#include <string>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/workflow/node.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::testing {

/// Values that earlier steps of a test have saved, and the variables of the workflow.
struct Names {
    Object saved = {};
    const workflow::Environment& environment;
};

/// Reports what the `{{ }}` in a text of a request must not be: they name what an earlier step has
/// saved, or are `env('NAME')`. Nodes below are looked at too.
void check_slots(const workflow::Node& node, const std::vector<std::string>& saved,
                 Diagnostics& diagnostics);

/// The text with its `{{ }}` filled in. REQUIRES: check_slots() found nothing.
///
/// Errors: Error(InvalidValue) with place for a variable that is not set.
[[nodiscard]] std::string filled(const workflow::Node& node, const Names& names);

/// A node as a value. A text that is one `{{ }}` becomes the value itself.
///
/// Errors: as filled().
[[nodiscard]] Value value_of(const workflow::Node& node, const Names& names);
/// The same with texts as they are.
[[nodiscard]] Value value_of(const workflow::Node& node);

}  // namespace kdeps::testing
