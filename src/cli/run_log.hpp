#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "kdeps/app/project.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/log/log.hpp"

namespace kdeps::cli {

/// What `kdeps run` writes to standard error: its log and, as `--log-level` and `--log-format` ask,
/// what is to be said before and after a run. As JSON every line is an object.
///
/// Threads: safe to share, but for leave_out_failures().
class RunLog final : public EventSink {
 public:
    explicit RunLog(const log::LogSettings& settings);

    /// From now on failures are not logged: a run without a server tells its own at the end.
    void leave_out_failures() { failures_ = false; }
    void emit(const Event& event) noexcept override;
    [[nodiscard]] bool wants(LogLevel level) const noexcept override { return log_->wants(level); }

    /// Before something is written to standard output, which may be the same terminal.
    void flush() { log_->flush(); }

    /// Errors of a load, and its warnings when the level lets them through.
    void write_diagnostics(const app::Loaded& loaded);
    void write_warning(const std::string& text);
    /// The error that ends the program, with its place, hint and cause.
    void write_error(const Error& error, const SourceTexts& texts);
    /// A response with `success: false`, which no error stands for.
    void write_failed_response(const std::string& target, const Value& data);

 private:
    std::unique_ptr<log::Log> log_;
    bool is_json_;
    std::atomic<bool> failures_ = true;
};

}  // namespace kdeps::cli
