#pragma once

#include <string>
#include <string_view>

namespace kdeps::cli {

/// What the file at `path` holds; `-` is standard input. `option` is where the user named it.
///
/// Errors: Error(FileNotFound) when it cannot be read.
[[nodiscard]] std::string read_input_file(const std::string& path, std::string_view option);

}  // namespace kdeps::cli
