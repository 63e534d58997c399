#include "kdeps/log/log.hpp"

#include <atomic>
#include <csignal>
#include <system_error>

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <unistd.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

#include "descriptor_sink.hpp"
#include "event_line.hpp"

namespace kdeps::log {

namespace {

constexpr std::size_t kQueuedLines = 4096;
constexpr std::chrono::seconds kFlushLimit{1};

/// While one lives, new threads leave every signal to those that wait for it.
class SignalsBlocked {
 public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
    sigset_t before_{};
};

std::shared_ptr<spdlog::details::thread_pool> make_queue() {
    const SignalsBlocked blocked;
    try {
        return std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
    } catch (const std::system_error& error) {
        throw Error(ErrorCode::Internal,
                    fmt::format("cannot start the log's thread: {}", error.code().message()));
    }
}

class QueuedLog final : public Log {
 public:
    QueuedLog(const LogSettings& settings, int descriptor)
        : settings_(settings),
          sink_(std::make_shared<DescriptorSink>(
              descriptor, [this](std::size_t lines) { return dropped_line(lines); })),
          queue_(make_queue()),
          logger_(std::make_shared<spdlog::async_logger>(
              "", sink_, queue_, spdlog::async_overflow_policy::overrun_oldest)) {
        settings_.color = settings.color && isatty(descriptor) == 1;
        sink_->set_queue([queue = queue_.get()] {
            return QueueState{queue->queue_size(), queue->overrun_counter()};
        });
        logger_->set_error_handler([](const std::string&) {});  // it would print, and so wait
    }
    ~QueuedLog() override {
        sink_->close(DescriptorSink::Clock::now() + settings_.close_limit);
        queue_.reset();   // its thread ends after the last line
        logger_.reset();  // so that it is never that thread, in the library, which lets go last
    }
    QueuedLog(const QueuedLog&) = delete;
    QueuedLog& operator=(const QueuedLog&) = delete;

    void emit(const Event& event) noexcept override {
        const LogLevel level = level_of(event);
        if (!wants(level)) return;
        try {
            post(line(event));
        } catch (...) {
            // There is nobody left to tell, and a run must not fail for its log.
        }
        if (level >= LogLevel::Warning) sink_->hurry();
    }
    [[nodiscard]] bool wants(LogLevel level) const noexcept override {
        return level >= settings_.level;
    }
    void write(std::string_view lines) noexcept override {
        post(lines);
        sink_->hurry();
    }
    void flush() noexcept override {
        sink_->wait_for(posted_, DescriptorSink::Clock::now() + kFlushLimit);
    }

 private:
    void post(std::string_view line) noexcept {
        ++posted_;
        logger_->info(spdlog::string_view_t(line.data(), line.size()));
    }
    [[nodiscard]] std::string line(const Event& event) const {
        const auto now = std::chrono::system_clock::now();
        const bool is_json = settings_.format == Format::Json;
        return (is_json ? json_line(event, now) : text_line(event, now, settings_.color)) + '\n';
    }
    [[nodiscard]] std::string dropped_line(std::size_t lines) const {
        return line(
            Notice{LogLevel::Warning, "log", std::to_string(lines) + " log lines were dropped"});
    }

    LogSettings settings_;
    std::atomic<std::size_t> posted_ = 0;
    std::shared_ptr<DescriptorSink> sink_;
    std::shared_ptr<spdlog::details::thread_pool> queue_;
    std::shared_ptr<spdlog::async_logger> logger_;
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

std::unique_ptr<Log> make_log(const LogSettings& settings, int descriptor) {
    return std::make_unique<QueuedLog>(settings, descriptor);
}

}  // namespace kdeps::log
