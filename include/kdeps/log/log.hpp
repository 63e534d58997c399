#pragma once

#include <chrono>
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
    bool color = false;                           ///< Only on a terminal.
    std::chrono::milliseconds close_limit{2000};  ///< For a reader that does not read, at the end.
};

/// "debug", "info", "warning" ("warn"), "error".
[[nodiscard]] std::optional<LogLevel> parse_level(std::string_view text);

/// The log of a program: one line per event, text for people or a JSON object. Control characters
/// are escaped; passwords in connection strings are masked as a last resort.
///
/// Lines wait in a bounded queue for a thread that writes them, so nobody waits for a reader that
/// does not read. The oldest lines are dropped then, and a line says how many. The destructor
/// writes what waits, within `close_limit`.
class Log : public EventSink {
 public:
    /// Writes `lines`, which end with a line feed, as they are and in order with the events.
    virtual void write(std::string_view lines) noexcept = 0;
    /// Waits until everything logged so far is written, a second at most.
    virtual void flush() noexcept = 0;
};

/// A log to `descriptor`, standard error, which the caller keeps open.
[[nodiscard]] std::unique_ptr<Log> make_log(const LogSettings& settings, int descriptor = 2);

/// `scheme://user:secret@host` and `password=secret` with the secret replaced by `***`.
[[nodiscard]] std::string mask_secrets(std::string_view text);

}  // namespace kdeps::log
