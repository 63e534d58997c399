#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <stop_token>
#include <system_error>

#include <fmt/core.h>

#include "kdeps/base/text.hpp"
#include "kdeps/testing/report.hpp"
#include "kdeps/testing/runner.hpp"
#include "kdeps/testing/suite.hpp"

#include "commands.hpp"
#include "signals.hpp"

namespace kdeps::cli {

namespace {

using testing::Test;
using testing::TestResult;

/// Those whose names hold what was asked for, letter case ignored.
std::vector<const Test*> chosen_tests(const testing::Suite& suite, const TestOptions& options) {
    std::vector<const Test*> chosen;
    std::vector<std::string> names;
    const std::string wanted = to_lower(options.filter.value_or(""));
    for (const Test& test : suite.tests) {
        names.push_back(test.name);
        if (to_lower(test.name).find(wanted) != std::string::npos) chosen.push_back(&test);
    }
    if (suite.tests.empty()) {
        throw Error(ErrorCode::MissingField, "there are no tests",
                    {.hint = "write them into tests/*.yaml beside the workflow, or under 'tests:' "
                             "in it"});
    }
    if (chosen.empty()) {
        throw Error(ErrorCode::InvalidValue,
                    fmt::format("no test is called like '{}'", *options.filter),
                    {.hint = did_you_mean(*options.filter, names)});
    }
    return chosen;
}

void write_junit(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    if (out) return;
    throw Error(ErrorCode::InvalidValue,
                fmt::format("cannot write '{}': {}", path, std::generic_category().message(errno)),
                {.hint = "--junit names a file; its folder must exist"});
}

/// One `kdeps test`.
class TestCommand {
 public:
    explicit TestCommand(const TestOptions& options)
        : options_(options),
          runtime_(failures_),
          loaded_(app::load(options.path, {.strict = options.strict, .has_host = true}, runtime_)) {
    }

    int execute(const std::stop_token& stop) {
        if (!loaded_.is_valid()) return refuse();
        if (!project().workflow().settings.api_server_mode) {
            throw Error(ErrorCode::InvalidValue, "the workflow has no server that tests could ask",
                        {.hint = "routes stand in settings.apiServer"});
        }
        const testing::Suite suite =
            testing::read_suite(project(), loaded_.diagnostics, loaded_.texts);
        if (!loaded_.is_valid()) return refuse();
        print_diagnostics(loaded_);
        return run(suite, stop);
    }

    [[nodiscard]] const SourceTexts& texts() const { return loaded_.texts; }

 private:
    [[nodiscard]] const app::Project& project() const { return *loaded_.project; }

    [[nodiscard]] int refuse() const {
        print_diagnostics(loaded_);
        return kInvalidInput;
    }

    int run(const testing::Suite& suite, const std::stop_token& stop) {
        const auto begin = std::chrono::steady_clock::now();
        testing::Runner runner(options_.path, loaded_.project, suite, runtime_, failures_);
        std::vector<TestResult> results;
        for (const Test* test : chosen_tests(suite, options_)) {
            results.push_back(runner.run(*test, stop));
            write_output(testing::report(results.back(), loaded_.texts));
        }
        write_output(
            testing::summary(results, std::chrono::duration_cast<std::chrono::microseconds>(
                                          std::chrono::steady_clock::now() - begin)));
        if (options_.junit) {
            write_junit(*options_.junit,
                        testing::junit_xml(results, project().workflow().name, loaded_.texts));
        }
        return std::ranges::all_of(results, &TestResult::has_passed) ? kDone : kRunFailed;
    }

    const TestOptions& options_;
    testing::FailureLog failures_;
    app::Runtime runtime_;
    app::Loaded loaded_;
};

}  // namespace

int test_command(const TestOptions& options) {
    SignalWatcher signals;  // before anything that starts a thread
    std::stop_source stop;
    TestCommand command(options);
    signals.on_stop([&stop] { stop.request_stop(); });
    try {
        const int code = command.execute(stop.get_token());
        signals.on_stop({});
        return code;
    } catch (const Error& error) {
        signals.on_stop({});
        fmt::print(stderr, "{}\n", render(error, command.texts()));
        return signals.received() != 0 ? kInterrupted : exit_code(error.code());
    }
}

}  // namespace kdeps::cli
