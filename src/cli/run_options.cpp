#include "run_options.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kdeps::cli {

namespace {

/// An option that is given and that only a server has; null if there is none.
const char* serving_option(const RunOptions& options) {
    if (options.port) return "--port";
    if (options.host) return "--host";
    if (options.watch) return "--watch";
    return options.pid_file.empty() ? nullptr : "--pid-file";
}

}  // namespace

bool asks_to_serve(const RunOptions& options) {
    return options.inputs.empty() && !options.input_json &&
           (!options.target || options.host || options.port);
}

bool runs_once(const RunOptions& options, bool has_server) {
    const bool once = !has_server || !asks_to_serve(options);
    const char* const serving = serving_option(options);
    if (!once || serving == nullptr) return once;
    const char* const once_option = !options.inputs.empty() ? "--input"
                                    : options.input_json    ? "--input-json"
                                                            : "--target";
    throw Error(
        ErrorCode::InvalidValue, fmt::format("{} has no meaning without a server", serving),
        {.hint = has_server
                     ? fmt::format("{} runs the workflow once: leave one of them out", once_option)
                     : "add settings.apiServer with routes to the workflow, or leave it "
                       "out to run once"});
}

void check_target(const RunOptions& options, const app::Project& project) {
    const auto& routes = project.workflow().settings.api_server.routes;
    const bool is_used =
        std::ranges::any_of(routes, [](const auto& route) { return !route.target_span; });
    if (!options.target || is_used) return;
    throw Error(ErrorCode::InvalidValue,
                "--target has no meaning: every route has a target of its own",
                {.hint = "leave out --host and --port to run it once"});
}

app::LoadOptions load_options(const RunOptions& options) {
    return {.strict = options.strict,
            .target = options.target,
            .has_host = options.host.has_value(),
            .will_serve = asks_to_serve(options)};
}

app::ServeOptions serve_options(const RunOptions& options) {
    return {.host = options.host,
            .port = options.port,
            .timeout = options.timeout,
            .debug = options.debug};
}

}  // namespace kdeps::cli
