#include "live_site.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/io/task_threads.hpp"

#include "run_options.hpp"

namespace kdeps::cli {

LiveSite::LiveSite(const RunOptions& options, app::Runtime& runtime,
                   std::shared_ptr<app::Project> project, std::unique_ptr<FileWatch> watch,
                   RunLog& log)
    : options_(options),
      runtime_(runtime),
      log_(log),
      project_(std::move(project)),
      server_(app::site_of(project_, serve_options(options)), log),
      watch_(std::move(watch)) {
    if (!options.pid_file.empty()) pid_file_.emplace(options.pid_file);
}

LiveSite::~LiveSite() {
    watch_.reset();  // it asks
}

std::string LiveSite::start() {
    server_.start();
    const std::string& host = project_->workflow().settings.api_server.host;
    std::string text = banner(*project_, options_.host.value_or(host), server_.port());
    thread_ = io::start_thread([this](const std::stop_token& stop) { work(stop); });
    if (watch_ != nullptr) watch_->start([this] { ask(); });
    return text;
}

void LiveSite::ask() {
    const std::lock_guard lock(mutex_);
    is_asked_ = true;
    asked_.notify_one();
}

void LiveSite::request_stop() {
    thread_.request_stop();
    server_.request_stop();
}

void LiveSite::work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (asked_.wait(lock, stop, [this] { return is_asked_; })) {
        is_asked_ = false;  // whoever asks from here on may have changed what is read already
        lock.unlock();
        try {
            reload(stop);
        } catch (const std::exception& error) {
            fail(error.what());
        }
        lock.lock();
    }
}

/// Of what is no Error: files that cannot be looked at, or no memory.
void LiveSite::fail(const char* reason) noexcept {
    try {
        say(LogLevel::Error, fmt::format("the reload failed: {}", reason));
        if (pid_file_) pid_file_->end_reload(kRunFailed, reason);
    } catch (const std::exception&) {
        // There is no memory for a word about it either.
    }
}

void LiveSite::reload(const std::stop_token& stop) {
    if (pid_file_) pid_file_->begin_reload();
    const auto began = std::chrono::steady_clock::now();
    const Outcome outcome = replace(stop);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    if (outcome.exit_code == kDone) {
        say(LogLevel::Info, fmt::format("{} was loaded again in {} ms and is served now",
                                        project_->workflow().path, took.count()));
    } else if (!stop.stop_requested()) {
        say(LogLevel::Error, "the reload failed: what was served is served on, unchanged");
    }
    if (pid_file_) pid_file_->end_reload(outcome.exit_code, outcome.text);
}

LiveSite::Outcome LiveSite::replace(const std::stop_token& stop) {
    app::Loaded fresh;
    try {
        fresh = app::load(options_.path, load_options(options_), runtime_);
        log_.write_diagnostics(fresh);
        if (!fresh.is_valid()) return {kInvalidInput, render(fresh.diagnostics, fresh.texts)};
        if (!fresh.project->workflow().settings.api_server_mode) {
            throw Error(ErrorCode::InvalidValue, "the workflow has no server any more",
                        {.hint = "stop the server, or bring settings.apiServer back"});
        }
        check_target(options_, *fresh.project);
        const auto kept = app::serve_instead(server_, fresh.project, serve_options(options_), stop);
        project_ = std::move(fresh.project);
        if (kept.empty()) return {kDone, {}};
        std::string text = fmt::format("changes of {} need a restart", fmt::join(kept, ", "));
        say(LogLevel::Warning, text);
        return {kDone, std::move(text)};
    } catch (const Error& error) {
        if (stop.stop_requested()) return {kInterrupted, "the server is being stopped"};
        log_.write_error(error, fresh.texts);
        return {exit_code(error.code()), render(error, fresh.texts)};
    }
}

void LiveSite::say(LogLevel level, std::string text) {
    log_.emit(Notice{level, "reload", std::move(text)});
}

}  // namespace kdeps::cli
