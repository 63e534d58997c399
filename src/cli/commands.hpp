#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kdeps/app/project.hpp"
#include "kdeps/log/log.hpp"

namespace kdeps::cli {

/// Exit codes: 0 done, 1 a run or test failed, 2 the input is invalid, 130 interrupted.
inline constexpr int kDone = 0;
inline constexpr int kRunFailed = 1;
inline constexpr int kInvalidInput = 2;
inline constexpr int kInterrupted = 130;

struct RunOptions {
    std::string path = ".";
    std::optional<std::string> host;
    std::optional<int> port;
    std::optional<std::string> target;
    std::vector<std::pair<std::string, std::string>> inputs;
    std::optional<std::string> input_json;  ///< A file, or `-`: the body of the request.
    std::optional<std::chrono::milliseconds> timeout;
    std::string pid_file;         ///< Empty: none.
    bool watch = false;           ///< Reload when files change.
    bool self_test = false;       ///< Runs the tests first; one that fails ends the program.
    bool self_test_only = false;  ///< Runs nothing but the tests.
    bool strict = false;
    bool debug = false;
    log::LogSettings log;
};

struct ReloadOptions {
    std::string pid_file;
    std::chrono::milliseconds timeout{60'000};
};

struct CallOptions {
    std::string path;
    std::string method;
    std::string target;                ///< Path and query.
    std::vector<std::string> headers;  ///< `Name: value`
    std::optional<std::string> data;   ///< The body; `@FILE` or `@-` is what that holds.
    std::optional<std::chrono::milliseconds> timeout;
    bool include_head = false;
    bool strict = false;
    bool debug = false;
    log::LogSettings log;
};

struct TestOptions {
    std::string path = ".";
    std::optional<std::string> filter;  ///< A part of the names of those that run.
    std::optional<std::string> junit;   ///< A file for the results as XML.
    bool strict = false;
};

struct ValidateOptions {
    std::string path = ".";
    bool strict = false;
    bool explain = false;
};

/// `kdeps run`: serves, or runs once when the workflow has no API server.
[[nodiscard]] int run_command(const RunOptions& options);
/// `kdeps reload`: asks a running server to load its workflow again; its exit code is that of a
/// start with these files.
[[nodiscard]] int reload_command(const ReloadOptions& options);
/// `kdeps call`: sends one request through the whole server, without a port, and prints the answer;
/// kRunFailed for status 400 and above.
[[nodiscard]] int call_command(const CallOptions& options);
/// `kdeps test`: runs the workflow's tests on databases of their own; kRunFailed when one fails.
[[nodiscard]] int test_command(const TestOptions& options);
/// `kdeps validate`: checks everything that needs no database.
[[nodiscard]] int validate_command(const ValidateOptions& options);

/// Writes to standard output, at once.
///
/// Errors: std::runtime_error when not all of it could be written.
void write_output(const std::string& text);
/// Writes errors and warnings to standard error.
void print_diagnostics(const app::Loaded& loaded);

/// The routes of a workflow with an API server, a line each: methods, path, target, and what the
/// target needs. REQUIRES: the project was loaded without errors.
[[nodiscard]] std::string route_table(const app::Project& project);

/// The text a server prints when it is ready: connections, routes, address.
[[nodiscard]] std::string banner(const app::Project& project, const std::string& host, int port);

}  // namespace kdeps::cli
