#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kdeps/base/event.hpp"

namespace kdeps::log {

enum class Format { Text, Json };

struct LogSettings {
    Format format = Format::Text;
    LogLevel level = LogLevel::Info;
    bool color = false;  ///< Only when standard error is a terminal.
};

/// "debug", "info", "warning" ("warn"), "error".
[[nodiscard]] std::optional<LogLevel> parse_level(std::string_view text);

/// Writes one line per event to standard error: text for people, or one JSON object per line.
/// Control characters are escaped; passwords in connection strings are masked as a last resort.
[[nodiscard]] std::unique_ptr<EventSink> make_log_sink(const LogSettings& settings);

/// `scheme://user:secret@host` and `password=secret` with the secret replaced by `***`.
[[nodiscard]] std::string mask_secrets(std::string_view text);

}  // namespace kdeps::log
