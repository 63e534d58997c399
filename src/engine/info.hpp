#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/value.hpp"

namespace kdeps::engine {

class Program;
struct Request;

/// What `info(field)` gives; nullopt for a field that nobody knows.
[[nodiscard]] std::optional<Value> info_value(std::string_view field, const Program& program,
                                              const Request& request);
[[nodiscard]] bool is_info_field(std::string_view field);
/// The fields by their documented names, for hints.
[[nodiscard]] std::vector<std::string> info_fields();

}  // namespace kdeps::engine
