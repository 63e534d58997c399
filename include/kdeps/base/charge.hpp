#pragma once

#include <cstddef>
#include <functional>

namespace kdeps {

/// Told now and then, during long work, how many bytes were made since; may end it by throwing.
using Charge = std::function<void(std::size_t bytes)>;

}  // namespace kdeps
