#include "kdeps/log/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include "kdeps/base/text.hpp"

#include "event_line.hpp"

namespace kdeps::log {

namespace {

class LogSink final : public EventSink {
 public:
    explicit LogSink(const LogSettings& settings)
        : settings_(settings), logger_("kdeps", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
        settings_.color = settings.color && isatty(STDERR_FILENO) == 1;
        logger_.set_pattern("%v");  // lines are complete: spdlog adds the line end and the lock
        logger_.set_level(spdlog::level::trace);
    }

    void emit(const Event& event) noexcept override {
        if (!wants(level_of(event))) return;
        try {
            const auto now = std::chrono::system_clock::now();
            logger_.info(spdlog::string_view_t(settings_.format == Format::Json
                                                   ? json_line(event, now)
                                                   : text_line(event, now, settings_.color)));
        } catch (...) {
            // There is nobody left to tell, and a run must not fail for its log.
        }
    }
    [[nodiscard]] bool wants(LogLevel level) const noexcept override {
        return level >= settings_.level;
    }

 private:
    LogSettings settings_;
    spdlog::logger logger_;
};

}  // namespace

std::optional<LogLevel> parse_level(std::string_view text) {
    const std::string name = to_lower(text);
    if (name == "warn") return LogLevel::Warning;
    for (const auto level : {LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error}) {
        if (name == level_name(level)) return level;
    }
    return std::nullopt;
}

std::unique_ptr<EventSink> make_log_sink(const LogSettings& settings) {
    return std::make_unique<LogSink>(settings);
}

}  // namespace kdeps::log
