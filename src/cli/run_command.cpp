#include <cstdio>
#include <memory>
#include <mutex>
#include <stop_token>

#include <fmt/core.h>

#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/server/server.hpp"

#include "commands.hpp"
#include "run_log.hpp"
#include "signals.hpp"

namespace kdeps::cli {

namespace {

constexpr std::chrono::milliseconds kDefaultRunTimeout{60'000};

/// What a run without an API server prints: text as it is, everything else as one line of JSON.
void print_output(const Value& value) {
    std::string text;
    const bool is_text =
        value.kind() == Kind::String ||
        (value.kind() == Kind::Table && value.as_table().format != TableFormat::Json);
    if (is_text) {
        text = to_text(value);
    } else {
        write_response_json(value, text);
    }
    if (text.empty() || text.back() != '\n') text += '\n';
    write_output(text);
}

/// One `kdeps run`: the project, and how it is served or run once.
class RunCommand {
 public:
    RunCommand(const RunOptions& options, SignalWatcher& signals, RunLog& log)
        : options_(options),
          signals_(signals),
          log_(log),
          project_(options.path,
                   {.strict = options.strict,
                    .target = options.target,
                    .has_host = options.host.has_value(),
                    .will_serve = true},
                   log_) {}
    /// The run is over: a signal need not wait for what is being closed.
    ~RunCommand() { signals_.on_stop({}); }
    RunCommand(const RunCommand&) = delete;
    RunCommand& operator=(const RunCommand&) = delete;

    int execute() {
        log_.write_diagnostics(project_);
        if (!project_.is_valid()) return kInvalidInput;
        target_ = options_.target.value_or(project_.workflow().target);
        signals_.on_stop([this] { stop(); });
        try {
            return project_.workflow().settings.api_server_mode ? serve() : run_once();
        } catch (const Error& error) {
            log_.write_error(error, project_.texts());
            return signals_.received() != 0 ? kInterrupted : exit_code(error.code());
        }
    }

 private:
    /// Lets stop() reach a server for as long as it lives.
    class Reachable {
     public:
        Reachable(RunCommand& command, server::Server& server) : command_(command) {
            const std::lock_guard lock(command_.mutex_);
            command_.server_ = &server;
            if (command_.stop_.stop_requested()) server.request_stop();
        }
        ~Reachable() {
            const std::lock_guard lock(command_.mutex_);
            command_.server_ = nullptr;
        }
        Reachable(const Reachable&) = delete;
        Reachable& operator=(const Reachable&) = delete;

     private:
        RunCommand& command_;
    };

    void stop() {
        const std::lock_guard lock(mutex_);
        stop_.request_stop();
        if (server_ != nullptr) server_->request_stop();
    }

    int serve() {
        const workflow::Settings& settings = project_.workflow().settings;
        server::ServerSettings server_settings{.api = settings.api_server,
                                               .workflow_name = project_.workflow().name,
                                               .workflow_version = project_.workflow().version,
                                               .debug = options_.debug};
        server_settings.run_timeout =
            options_.timeout.value_or(settings.timeout.value_or(kDefaultRunTimeout));
        if (options_.host) server_settings.api.host = *options_.host;
        if (options_.port) server_settings.api.port = *options_.port;
        app::ProjectRunner runner(project_, target_);
        project_.open(stop_.get_token());
        server::Server server(server_settings, runner, log_, project_.status_sources());
        server.start();
        const Reachable reachable(*this, server);
        log_.flush();
        fmt::print("{}", banner(project_, target_, server_settings.api, server.port()));
        std::fflush(stdout);
        server.wait();
        return kDone;
    }

    int run_once() {
        const engine::RunPlan plan = project_.program().plan(target_);
        log_.leave_out_failures();
        project_.open(stop_.get_token());
        engine::Request request;
        request.id = random_uuid();
        for (const auto& [name, value] : options_.inputs) request.query.set(name, value);
        const auto timeout =
            options_.timeout ? options_.timeout : project_.workflow().settings.timeout;
        const Deadline deadline = timeout ? Deadline::after(*timeout) : Deadline::never();
        const engine::RunResult result = project_.run(plan, request, deadline, stop_.get_token());
        for (const std::string& warning : result.warnings) {
            log_.write_warning(warning);
        }
        log_.flush();
        print_output(result.response.data);
        if (result.response.success) return kDone;
        log_.write_failed_response(target_, result.response.data);
        return kRunFailed;
    }

    const RunOptions& options_;
    std::mutex mutex_;
    std::stop_source stop_;
    server::Server* server_ = nullptr;
    SignalWatcher& signals_;
    RunLog& log_;
    app::Project project_;
    std::string target_;
};

}  // namespace

int run_command(const RunOptions& options) {
    SignalWatcher signals;  // before anything that starts a thread
    RunLog log(options.log);
    try {
        return RunCommand(options, signals, log).execute();
    } catch (const Error& error) {  // before there is a project
        log.write_error(error, {});
        return exit_code(error.code());
    }
}

}  // namespace kdeps::cli
