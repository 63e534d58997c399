#pragma once

#include <array>
#include <string_view>

namespace kdeps {

/// Room for the longest text of a double: 1e-6 has 23 digits behind the point, 1e20 has 21 before.
using NumberBuffer = std::array<char, 48>;

/// The text of double_text() in `buffer`.
[[nodiscard]] std::string_view number_text(double value, NumberBuffer& buffer);
/// The same, shortest for single precision.
[[nodiscard]] std::string_view number_text(float value, NumberBuffer& buffer);

}  // namespace kdeps
