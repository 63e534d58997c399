#pragma once

#include <string_view>

namespace kdeps::sql {

/// Whether `name(`, in lower case, is a built-in function that changes nothing, or no call at all
/// (`IN (`, `VARCHAR(`). Any other name may be a stored function that writes.
[[nodiscard]] bool is_known_to_read(std::string_view name);

}  // namespace kdeps::sql
