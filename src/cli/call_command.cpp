#include <algorithm>
#include <cerrno>
#include <stop_token>
#include <system_error>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/server/call.hpp"

#include "commands.hpp"
#include "input_file.hpp"
#include "run_log.hpp"
#include "signals.hpp"

namespace kdeps::cli {

namespace {

bool has_header(const std::vector<std::string>& headers, std::string_view name) {
    return std::ranges::any_of(headers, [name](const std::string& header) {
        return equals_ignoring_case(trim(header.substr(0, header.find(':'))), name);
    });
}

/// A path as people write it: what no request line can hold is percent-encoded.
std::string request_target(const std::string& text) {
    std::string target;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > ' ' && byte < 0x7F) {
            target += c;
        } else {
            target += fmt::format("%{:02X}", byte);
        }
    }
    return target;
}

void check_headers(const std::vector<std::string>& headers) {
    for (const std::string& header : headers) {
        const auto colon = header.find(':');
        const bool is_one_line = header.find_first_of("\r\n") == std::string::npos;
        if (colon != std::string::npos && colon > 0 && is_one_line) continue;
        throw Error(ErrorCode::InvalidValue, fmt::format("-H '{}' is no header", header),
                    {.hint = "write for instance -H 'Authorization: Bearer secret'"});
    }
}

/// The body that `-d` names: its text, or with `@` what the file holds.
std::string body_of(const std::string& data) {
    return data.starts_with('@') ? read_input_file(data.substr(1), "-d") : data;
}

std::string request_text(const CallOptions& options) {
    std::string text =
        fmt::format("{} {} HTTP/1.1\r\n", options.method, request_target(options.target));
    const auto add_default = [&](std::string_view name, std::string_view value) {
        if (!has_header(options.headers, name)) text += fmt::format("{}: {}\r\n", name, value);
    };
    add_default("Host", "localhost");
    for (const std::string& header : options.headers) text += header + "\r\n";
    add_default("Connection", "close");
    if (!options.data) return text + "\r\n";
    const std::string body = body_of(*options.data);
    add_default("Content-Type", "application/json");
    if (!has_header(options.headers, "Transfer-Encoding")) {
        add_default("Content-Length", std::to_string(body.size()));
    }
    return text + "\r\n" + body;
}

int send(const std::shared_ptr<app::Project>& project, const CallOptions& options, RunLog& log,
         const std::stop_token& stop) {
    const std::string request = request_text(options);
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
