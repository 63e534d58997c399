#include "run_log.hpp"

#include <fmt/core.h>

#include "kdeps/engine/runner.hpp"

namespace kdeps::cli {

RunLog::RunLog(const log::LogSettings& settings)
    : log_(log::make_log(settings)), is_json_(settings.format == log::Format::Json) {}

void RunLog::emit(const Event& event) noexcept {
    if (failures_ || !std::holds_alternative<ResourceFailed>(event)) log_->emit(event);
}

void RunLog::write_diagnostics(const app::Loaded& loaded) {
    Diagnostics wanted;
    for (const Diagnostic& found : loaded.diagnostics.all()) {
        const bool is_error = found.severity == Severity::Error;
        const LogLevel level = is_error ? LogLevel::Error : LogLevel::Warning;
        if (!wants(level)) continue;
        if (is_json_) {
            log_->emit(Notice{level, "load", render(found.error, loaded.texts)});
        } else {
            wanted.add(found.severity, found.error);
        }
    }
    const std::string text = render(wanted, loaded.texts);
    if (!text.empty()) log_->write(text + '\n');
}

void RunLog::write_warning(const std::string& text) {
    if (is_json_) {
        log_->emit(Notice{LogLevel::Warning, "run", text});
    } else if (wants(LogLevel::Warning)) {
        log_->write(fmt::format("warning: {}\n", text));
    }
}

void RunLog::write_error(const Error& error, const SourceTexts& texts) {
    const ErrorDetail& detail = error.detail();
    std::string text = render(error, texts);
    if (!detail.context.empty()) text += "\n" + detail.context;
    if (!is_json_) return log_->write(text.ends_with('\n') ? text : text + '\n');
    log_->emit(ResourceFailed{.request_id = {},
                              .resource = detail.resource,
                              .code = std::string(error_name(error.code())),
                              .text = std::move(text)});
}

void RunLog::write_failed_response(const std::string& target, const Value& data) {
    std::string text = "the response reports failure";
    if (const auto message = engine::failure_message(data)) text += ": " + *message;
    if (is_json_) {
        log_->emit(ResourceFailed{
            .request_id = {}, .resource = target, .code = "RESOURCE_FAILED", .text = text});
    } else {
        log_->write(text + '\n');
    }
}

}  // namespace kdeps::cli
