#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

#include <fmt/core.h>

#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/server/server.hpp"

#include "commands.hpp"
#include "file_watch.hpp"
#include "input_file.hpp"
#include "live_site.hpp"
#include "run_log.hpp"
#include "run_options.hpp"
#include "signals.hpp"

namespace kdeps::cli {

namespace {

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

/// Made before the files are read, so that no change is missed; null unless it is asked for.
std::unique_ptr<FileWatch> make_watch(const RunOptions& options) {
    if (!options.watch) return nullptr;
    const std::filesystem::path named = options.path;
    const auto folder = std::filesystem::is_directory(named) ? named : named.parent_path();
    return std::make_unique<FileWatch>(folder.empty() ? "." : folder);
}

/// One `kdeps run`: the project, and how it is served or run once.
class RunCommand {
 public:
    RunCommand(const RunOptions& options, SignalWatcher& signals, RunLog& log)
        : options_(options),
          signals_(signals),
          log_(log),
          runtime_(log),
          watch_(make_watch(options)),
          loaded_(app::load(options.path, load_options(options), runtime_)) {}
    /// The run is over: a signal need not wait for what is being closed.
    ~RunCommand() { signals_.on_stop({}); }
    RunCommand(const RunCommand&) = delete;
    RunCommand& operator=(const RunCommand&) = delete;

    int execute() {
        log_.write_diagnostics(loaded_);
        if (!loaded_.is_valid()) return kInvalidInput;
        signals_.on_stop([this] { stop(); });
        try {
            return runs_once(options_, project().workflow().settings.api_server_mode) ? run_once()
                                                                                      : serve();
        } catch (const Error& error) {
            log_.write_error(error, loaded_.texts);
            return signals_.received() != 0 ? kInterrupted : exit_code(error.code());
        }
    }

 private:
    /// Lets signals reach what is served for as long as it lives.
    class Reachable {
     public:
        Reachable(RunCommand& command, LiveSite& live) : command_(command) {
            {
                const std::lock_guard lock(command_.mutex_);
                command_.live_ = &live;
                if (command_.stop_.stop_requested()) live.request_stop();
            }
            command_.signals_.on_reload([&live] { live.ask(); });
        }
        ~Reachable() {
            command_.signals_.on_reload({});
            const std::lock_guard lock(command_.mutex_);
            command_.live_ = nullptr;
        }
        Reachable(const Reachable&) = delete;
        Reachable& operator=(const Reachable&) = delete;

     private:
        RunCommand& command_;
    };

    void stop() {
        const std::lock_guard lock(mutex_);
        log_.emit(Notice{LogLevel::Info, "run", stop_text()});
        stop_.request_stop();
        if (live_ != nullptr) live_->request_stop();
    }

    [[nodiscard]] std::string stop_text() const {
        constexpr std::string_view kAgain = "a second Ctrl-C ends the program at once";
        if (live_ == nullptr) return fmt::format("stopping: what runs is cancelled; {}", kAgain);
        const auto drain = std::chrono::duration_cast<std::chrono::milliseconds>(
            server::ServerSettings{}.drain_timeout);
        return fmt::format("stopping: running requests may finish for {}; {}", duration_text(drain),
                           kAgain);
    }

    [[nodiscard]] app::Project& project() const { return *loaded_.project; }

    int serve() {
        check_target(options_, project());
        project().open(stop_.get_token());
        // Not kept here: the pools of what is not served any more are to close.
        LiveSite live(options_, runtime_, std::exchange(loaded_.project, nullptr),
                      std::move(watch_), log_);
        const std::string banner = live.start();
        const Reachable reachable(*this, live);
        log_.flush();
        fmt::print("{}", banner);
        std::fflush(stdout);
        live.wait();
        return kDone;
    }

    [[nodiscard]] Value read_body() const {
        if (!options_.input_json) return {};
        const std::string& path = *options_.input_json;
        try {
            return parse_json(read_input_file(path, "--input-json"));
        } catch (const Error& error) {
            if (error.code() != ErrorCode::BadRequest) throw;
            throw Error(ErrorCode::InvalidValue,
                        fmt::format("--input-json '{}': {}", path, error.what()));
        }
    }

    int run_once() {
        const app::OnceOptions once{
            .inputs = options_.inputs, .body = read_body(), .timeout = options_.timeout};
        log_.leave_out_failures();
        const engine::RunResult result = app::run_once(project(), once, stop_.get_token());
        for (const std::string& warning : result.warnings) {
            log_.write_warning(warning);
        }
        log_.flush();
        print_output(result.response.data);
        if (result.response.success) return kDone;
        log_.write_failed_response(project().target(), result.response.data);
        return kRunFailed;
    }

    const RunOptions& options_;
    std::mutex mutex_;
    std::stop_source stop_;
    LiveSite* live_ = nullptr;
    SignalWatcher& signals_;
    RunLog& log_;
    app::Runtime runtime_;
    std::unique_ptr<FileWatch> watch_;  ///< Until there is a LiveSite.
    app::Loaded loaded_;
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
