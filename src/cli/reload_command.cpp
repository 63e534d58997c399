#include <cstdio>

#include <fmt/core.h>

#include "commands.hpp"
#include "pid_file.hpp"

namespace kdeps::cli {

int reload_command(const ReloadOptions& options) {
    const ReloadOutcome outcome = ask_for_reload(options.pid_file, options.timeout);
    if (!outcome.text.empty()) fmt::print(stderr, "{}\n", outcome.text);
    return outcome.exit_code;
}

}  // namespace kdeps::cli
