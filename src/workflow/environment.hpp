#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "kdeps/base/diagnostics.hpp"

namespace kdeps::workflow {

/// Reads `NAME=value` lines: `export ` in front, `#` comments, single quotes (as they stand) and
/// double quotes (with `\n`, `\t`, `\"`, `\\`, `\$`). Of a repeated name the last value wins.
///
/// Errors: a line that is none of these is a warning and is passed over. The file's text is never
///         shown, since it holds secrets.
[[nodiscard]] std::map<std::string, std::string> parse_dot_env(std::string_view text,
                                                               const std::string& file,
                                                               Diagnostics& diagnostics);
/// The same for a file; empty when there is none.
[[nodiscard]] std::map<std::string, std::string> read_dot_env(const std::filesystem::path& path,
                                                              const std::string& file,
                                                              Diagnostics& diagnostics);

/// Without the line break at its end, which comes along where a value was read from a file.
[[nodiscard]] std::string without_final_break(std::string text);

}  // namespace kdeps::workflow
