#include <stop_token>

#include <fmt/core.h>

#include "kdeps/server/call.hpp"

#include "commands.hpp"
#include "input_file.hpp"
#include "run_log.hpp"
#include "signals.hpp"

namespace kdeps::cli {

namespace {

void check_headers(const std::vector<std::string>& headers) {
    for (const std::string& header : headers) {
        const auto colon = header.find(':');
        const bool is_one_line = header.find_first_of("\r\n") == std::string::npos;
        if (colon != std::string::npos && colon > 0 && is_one_line) continue;
        throw Error(ErrorCode::InvalidValue, "what -H was given is no header",
                    {.hint = "write for instance -H 'Authorization: Bearer secret'"});
    }
}

/// The body that `-d` names: its text, or with `@` what the file holds.
std::string body_of(const std::string& data) {
    return data.starts_with('@') ? read_input_file(data.substr(1), "-d") : data;
}

std::string text_of(const CallOptions& options) {
    server::CallRequest request{
        .method = options.method, .target = options.target, .headers = options.headers};
    if (options.data) request.body = body_of(*options.data);
    return server::request_text(request);
}

int send(const std::shared_ptr<app::Project>& project, const CallOptions& options, RunLog& log,
         const std::stop_token& stop) {
    const std::string request = text_of(options);
    project->open(stop);
    // The address is not listened at: what the workflow allows on this machine holds.
    const server::Site site = app::site_of(
        project, {.host = "127.0.0.1", .timeout = options.timeout, .debug = options.debug});
    const server::SentAnswer answer = server::call(site, request, log, stop);
    log.flush();
    std::string text = options.include_head ? answer.head : "";
    text += answer.body;
    if (!text.empty() && text.back() != '\n') text += '\n';
    write_output(text);
    return answer.status < 400 ? kDone : kRunFailed;
}

}  // namespace

int call_command(const CallOptions& options) {
    SignalWatcher signals;  // before anything that starts a thread
    std::stop_source stop;
    RunLog log(options.log);
    SourceTexts texts;
    try {
        check_headers(options.headers);
        app::Runtime runtime(log);
        const app::Loaded loaded =
            app::load(options.path, {.strict = options.strict, .has_host = true}, runtime);
        log.write_diagnostics(loaded);
        if (!loaded.is_valid()) return kInvalidInput;
        texts = loaded.texts;
        if (!loaded.project->workflow().settings.api_server_mode) {
            throw Error(ErrorCode::InvalidValue, "the workflow has no server to call",
                        {.hint = "`kdeps run` runs it once; routes stand in settings.apiServer"});
        }
        signals.on_stop([&stop] { stop.request_stop(); });
        const int code = send(loaded.project, options, log, stop.get_token());
        signals.on_stop({});
        return code;
    } catch (const Error& error) {
        signals.on_stop({});
        log.write_error(error, texts);
        return signals.received() != 0 ? kInterrupted : exit_code(error.code());
    }
}

}  // namespace kdeps::cli
