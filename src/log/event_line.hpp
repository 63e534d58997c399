#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "kdeps/base/event.hpp"

namespace kdeps::log {

[[nodiscard]] LogLevel level_of(const Event& event);
[[nodiscard]] std::string_view level_name(LogLevel level);

/// `2026-01-31T09:30:00.123Z info  server: GET /orders 200 in 1.5 ms request=7`, without a newline
/// at the end. Line breaks of a failure or notice are followed by four spaces; every other control
/// character, and what a terminal could take for one, is escaped.
[[nodiscard]] std::string text_line(const Event& event, std::chrono::system_clock::time_point time,
                                    bool color = false);
/// The same facts as one JSON object.
[[nodiscard]] std::string json_line(const Event& event, std::chrono::system_clock::time_point time);

}  // namespace kdeps::log
