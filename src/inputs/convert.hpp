#pragma once

#include <optional>

#include "kdeps/base/value.hpp"
#include "kdeps/inputs/rule.hpp"

namespace kdeps::inputs {

/// A value as one of `type`; what is inside a list or object stays as it is. Nullopt if it is none.
///
/// Values:  see check().
[[nodiscard]] std::optional<Value> convert(Type type, const Value& value);

}  // namespace kdeps::inputs
