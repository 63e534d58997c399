#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "kdeps/app/project.hpp"
#include "kdeps/server/server.hpp"

#include "commands.hpp"
#include "file_watch.hpp"
#include "pid_file.hpp"
#include "run_log.hpp"

namespace kdeps::cli {

/// A workflow that is served, and loaded again whenever somebody asks: all of it or nothing. The
/// old one is served until the new one is compiled and databases that only it has have answered.
///
/// Threads: ask() and request_stop() from any; the rest from the main thread. Reloads have a thread
/// of their own.
class LiveSite {
 public:
    /// REQUIRES: `project` was loaded without error, and open() was called. `watch` may be null.
    ///
    /// Errors: those of Server and PidFile.
    LiveSite(const RunOptions& options, app::Runtime& runtime,
             std::shared_ptr<app::Project> project, std::unique_ptr<FileWatch> watch, RunLog& log);
    ~LiveSite();  ///< Stops and waits for a reload that is going on.
    LiveSite(const LiveSite&) = delete;
    LiveSite& operator=(const LiveSite&) = delete;

    /// Begins to serve and to reload. Gives the text that says so.
    ///
    /// Errors: those of Server::start(); ServiceUnavailable when there is no thread left.
    [[nodiscard]] std::string start();
    void wait() { server_.wait(); }  ///< Until a stop has taken effect.
    void ask();                      ///< For a reload that sees all that is in the files now.
    /// Lets requests end, and no reload begin; one that is going on is cut short.
    void request_stop();

 private:
    struct Outcome {
        int exit_code;     ///< As of a start with these files.
        std::string text;  ///< What is wrong; empty when nothing is.
    };

    void work(const std::stop_token& stop);
    void reload(const std::stop_token& stop);
    void fail(const char* reason) noexcept;
    [[nodiscard]] Outcome replace(const std::stop_token& stop);
    void say(LogLevel level, std::string text);

    const RunOptions& options_;
    app::Runtime& runtime_;
    RunLog& log_;
    std::shared_ptr<app::Project> project_;  ///< Belongs to the thread, once that is started.
    server::Server server_;
    std::optional<PidFile> pid_file_;
    std::mutex mutex_;
    std::condition_variable_any asked_;
    bool is_asked_ = false;
    std::jthread thread_;
    std::unique_ptr<FileWatch> watch_;
};

}  // namespace kdeps::cli
