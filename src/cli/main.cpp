#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/core.h>
#include <malloc.h>
#include <unistd.h>

#include "kdeps/base/text.hpp"

#include "commands.hpp"
#include "signals.hpp"

namespace {

using namespace kdeps;

/// Option texts as CLI11 collects them; turned into typed options once parsing is done.
struct Texts {
    std::string timeout;
    std::string log_level;
    std::string log_format = "text";
    std::vector<std::string> inputs;
};

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 a run or a test failed or a call was answered 400 or above, 2 what was\n"
    "written is wrong, 130 interrupted.\n"
    "A workflow is a folder with workflow.yaml and resources/*.yaml; `kdeps validate` checks it\n"
    "without touching a database.";

[[noreturn]] void refuse(const std::string& message, const std::string& hint) {
    throw Error(ErrorCode::InvalidValue, message, {.hint = hint});
}

void add_common(CLI::App& command, Texts& texts) {
    command.add_option("--timeout", texts.timeout, "Time limit of a run, e.g. 30s");
    command.add_option("--log-level", texts.log_level, "debug, info, warning or error")
        ->capture_default_str();
    command.add_option("--log-format", texts.log_format, "text or json")->capture_default_str();
}

void add_switches(CLI::App& command, bool& strict, bool& debug) {
    command.add_flag("--strict", strict,
                     "Treat unknown keys, forgotten requires and misspelt calls as errors");
    command.add_flag("--debug", debug, "Answers tell the cause of an error");
}

void add_run(CLI::App& app, cli::RunOptions& options, Texts& texts) {
    CLI::App* run = app.add_subcommand("run", "Serve a workflow, or run it once");
    run->add_option("path", options.path, "workflow.yaml or its folder")->capture_default_str();
    run->add_option("--host", options.host, "Address to listen on, instead of the workflow's");
    run->add_option("--port", options.port, "Port to listen on; 0 picks a free one")
        ->check(CLI::Range(0, 65535));
    run->add_option("--target", options.target, "Resource to run, instead of targetActionId");
    run->add_option("--input", texts.inputs, "key=value, what get('key') gives; repeatable")
        ->allow_extra_args(false);  // what follows is the path
    run->add_option("--input-json", options.input_json,
                    "File with the body of the request as JSON; - is standard input");
    run->add_option("--pid-file", options.pid_file,
                    "File for the process id, by which `kdeps reload` finds the server");
    run->add_flag("--watch", options.watch, "Reload when files of the workflow change");
    run->add_flag("--self-test", options.self_test, "Run the tests first, and go on if they pass");
    run->add_flag("--self-test-only", options.self_test_only, "Only run the tests: kdeps test");
    add_common(*run, texts);
    add_switches(*run, options.strict, options.debug);
}

void add_reload(CLI::App& app, cli::ReloadOptions& options, Texts& texts) {
    CLI::App* reload =
        app.add_subcommand("reload", "Let a running server load its workflow again, and wait");
    reload->add_option("--pid-file", options.pid_file, "That of the server's `kdeps run`")
        ->required();
    reload->add_option("--timeout", texts.timeout, "How long to wait for the outcome")
        ->capture_default_str();
}

void add_call(CLI::App& app, cli::CallOptions& options, Texts& texts) {
    CLI::App* call = app.add_subcommand(
        "call", "Send one request through the server, without a port, and print the answer");
    call->add_option("path", options.path, "workflow.yaml or its folder")->required();
    call->add_option("method", options.method, "HTTP method")->required();
    call->add_option("target", options.target, "Path of the request, with its query")->required();
    call->add_option("-H,--header", options.headers, "'Name: value'; repeatable")
        ->allow_extra_args(false);
    call->add_option("-d,--data", options.data,
                     "Body, JSON unless a Content-Type says otherwise; @FILE, or @- for standard "
                     "input");
    call->add_flag("-i,--include", options.include_head, "Print the head of the answer too");
    add_common(*call, texts);
    add_switches(*call, options.strict, options.debug);
}

void add_test(CLI::App& app, cli::TestOptions& options) {
    CLI::App* test = app.add_subcommand(
        "test", "Run the workflow's tests, each on databases of its own, and tell what differs");
    test->add_option("path", options.path, "workflow.yaml or its folder")->capture_default_str();
    test->add_option("--filter", options.filter, "Run those whose name contains this text");
    test->add_option("--junit", options.junit, "Write the results as JUnit XML to this file");
    test->add_flag("--strict", options.strict,
                   "Treat unknown keys, forgotten requires and misspelt calls as errors");
}

void add_validate(CLI::App& app, cli::ValidateOptions& options) {
    CLI::App* validate =
        app.add_subcommand("validate", "Check a workflow and report every mistake");
    validate->add_option("path", options.path, "workflow.yaml or its folder")
        ->capture_default_str();
    validate->add_flag("--strict", options.strict,
                       "Treat unknown keys, forgotten requires and misspelt calls as errors");
    validate->add_flag("--explain", options.explain,
                       "Say for each string whether it is text, an expression or a template");
}

std::chrono::milliseconds read_timeout(const std::string& text) {
    if (const auto timeout = parse_duration(text)) return *timeout;
    refuse(fmt::format("--timeout '{}' is not a duration", text),
           "write for instance 500ms, 30s or 2m");
}

/// What add_common() has collected, for either command.
template <class Options>
void read_common(const Texts& texts, Options& options) {
    if (!texts.timeout.empty()) options.timeout = read_timeout(texts.timeout);
    const auto level = log::parse_level(texts.log_level);
    if (!level) {
        refuse(fmt::format("unknown log level '{}'", texts.log_level),
               "use debug, info, warning or error");
    }
    options.log.level = *level;
    if (texts.log_format != "text" && texts.log_format != "json") {
        refuse(fmt::format("unknown log format '{}'", texts.log_format), "use text or json");
    }
    options.log.format = texts.log_format == "json" ? log::Format::Json : log::Format::Text;
    options.log.color = isatty(STDERR_FILENO) == 1;
}

void read_inputs(const Texts& texts, cli::RunOptions& options) {
    for (const std::string& input : texts.inputs) {
        const auto equals = input.find('=');
        if (equals == std::string::npos || equals == 0) {
            refuse(fmt::format("--input '{}' is not key=value", input),
                   "write for instance --input date=2024-01-15");
        }
        options.inputs.emplace_back(input.substr(0, equals), input.substr(equals + 1));
    }
}

/// A first word that is no command gets a better answer than "a subcommand is required".
void check_command(int argc, char** argv) {
    const std::array<std::string, 5> commands = {"run", "reload", "call", "test", "validate"};
    const std::string word = argc > 1 ? argv[1] : "";
    if (word.empty() || word.starts_with('-')) return;
    if (std::find(commands.begin(), commands.end(), word) != commands.end()) return;
    refuse(fmt::format("unknown command '{}'", word), did_you_mean(word, commands));
}

/// Opens what the caller closed of standard input, output and error: otherwise a database file or a
/// socket would get the number, and our output. Reading from the null device is allowed, writing
/// fails as it would without it.
void hold_standard_descriptors() {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(descriptor, F_GETFD) == -1) (void)open("/dev/null", O_RDONLY);
    }
}

int dispatch(int argc, char** argv) {
    check_command(argc, argv);
    CLI::App app("kdeps: several databases, one API, from YAML", "kdeps");
    app.set_version_flag("--version", "kdeps " KDEPS_VERSION);
    app.require_subcommand(1);
    app.footer(kFooter);
    cli::RunOptions run;
    cli::ReloadOptions reload;
    cli::CallOptions call;
    cli::TestOptions test;
    cli::ValidateOptions validate;
    Texts run_texts{.timeout = {}, .log_level = "info", .inputs = {}};
    Texts call_texts{.timeout = {}, .log_level = "warning", .inputs = {}};
    add_run(app, run, run_texts);
    Texts reload_texts{.timeout = "60s", .log_level = {}, .inputs = {}};
    add_reload(app, reload, reload_texts);
    add_call(app, call, call_texts);
    add_test(app, test);
    add_validate(app, validate);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? cli::kDone : cli::kInvalidInput;
    }
    if (app.got_subcommand("validate")) return validate_command(validate);
    if (app.got_subcommand("reload")) {
        reload.timeout = read_timeout(reload_texts.timeout);
        return reload_command(reload);
    }
    if (app.got_subcommand("test")) return test_command(test);
    if (app.got_subcommand("call")) {
        read_common(call_texts, call);
        return call_command(call);
    }
    read_common(run_texts, run);
    read_inputs(run_texts, run);
    if (run.self_test || run.self_test_only) {
        const int code =
            cli::test_command({.path = run.path, .filter = {}, .junit = {}, .strict = run.strict});
        if (run.self_test_only || code != cli::kDone) return code;
    }
    return run_command(run);
}

}  // namespace

int main(int argc, char** argv) {
    cli::ignore_foreign_signals();
    hold_standard_descriptors();
    // Blocks from 1 MiB on go back to the system when they are freed. Without the limit malloc
    // learns to keep large ones: after a burst of large answers 1.5 GB stayed with the process.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    // A set threshold ends the learning of this one too, and its default gives back and faults in
    // again what each answer of 150 KB needs: a third of such a request's time.
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
    try {
        return dispatch(argc, argv);
    } catch (const Error& error) {
        fmt::print(stderr, "{}\n", render(error));
        return exit_code(error.code());
    } catch (const std::exception& error) {
        fmt::print(stderr, "kdeps: {}\n", error.what());
        return cli::kRunFailed;
    }
}
