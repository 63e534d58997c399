#include "environment_settings.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "kdeps/base/text.hpp"

#include "environment.hpp"
#include "server_token.hpp"

namespace kdeps::workflow {
namespace {

constexpr const char* kToken = "KDEPS_API_AUTH_TOKEN";
constexpr const char* kSqlTimeout = "KDEPS_SQL_TIMEOUT";
constexpr const char* kSqlMaxRows = "KDEPS_SQL_MAX_ROWS";
constexpr const char* kPythonTimeout = "KDEPS_PYTHON_TIMEOUT";

const std::vector<std::string>& effective_names() {
    static const std::vector<std::string> kNames = {kToken, kSqlTimeout, kSqlMaxRows,
                                                    kPythonTimeout};
    return kNames;
}

/// Names with an effect in KDeps and none here, and what to do instead.
constexpr std::pair<std::string_view, std::string_view> kForeignNames[] = {
    {"KDEPS_BIND_HOST", "use --host or apiServer.hostIp"},
    {"KDEPS_MANAGEMENT_TOKEN", "there are no management routes"},
    {"KDEPS_CONFIG_PATH", "settings stand in workflow.yaml"},
    {"KDEPS_PYTHON_VERSION", "use agentSettings.pythonVersion"},
    {"KDEPS_EXEC_TIMEOUT", "there are no exec resources"},
    {"KDEPS_HTTP_TIMEOUT", "there are no httpClient resources"},
    {"KDEPS_PYTHON_MAX_OUTPUT_BYTES", "what a script may write is limited to a fixed size"},
    {"KDEPS_EXEC_MAX_OUTPUT_BYTES", "there are no exec resources"},
    {"KDEPS_MEMORY_DB_PATH", "the memory store lives as long as the process"},
    {"KDEPS_COMPONENT_DIR", "there are no components"},
    {"KDEPS_AGENTS_DIR", "there are no agents"},
    {"KDEPS_LOG_FORMAT", "use --log-format json"},
    {"KDEPS_DEBUG", "use --debug"},
    {"KDEPS_FILE_PATH", "there is no file input"},
};

std::string hint_for(const std::string& name) {
    for (const auto& [foreign, hint] : kForeignNames) {
        if (name == foreign) return std::string(hint);
    }
    const auto meant = closest(name, effective_names());
    return meant ? fmt::format("did you mean '{}'?", *meant) : std::string();
}

void report(Severity severity, const std::string& message, std::string hint,
            Diagnostics& diagnostics) {
    diagnostics.add(severity, Error(ErrorCode::InvalidValue, message, {.hint = std::move(hint)}));
}

std::optional<std::chrono::milliseconds> duration_from(const char* name,
                                                       const Environment& environment,
                                                       Diagnostics& diagnostics) {
    const auto text = environment.find(name);
    if (!text || text->empty()) return std::nullopt;
    const auto duration = parse_duration(*text);
    if (duration && duration->count() > 0) return duration;
    report(Severity::Error,
           fmt::format("environment variable '{}' is no positive duration: '{}'", name, *text),
           "write for instance 500ms, 30s or 2m", diagnostics);
    return std::nullopt;
}

}  // namespace

std::string token_from(const Environment& environment, Diagnostics& diagnostics) {
    auto token = environment.find(kToken);
    if (!token) return {};
    token = without_final_break(*std::move(token));
    if (token->empty()) {
        report(Severity::Error, fmt::format("environment variable '{}' is empty", kToken),
               "give it a value, or unset it", diagnostics);
    } else if (const auto flaw = flaw_of_token(*token)) {
        report(Severity::Error, fmt::format("environment variable '{}' {}", kToken, flaw->message),
               flaw->hint, diagnostics);
    }
    return *std::move(token);
}

ResourceDefaults defaults_from(const Environment& environment, Diagnostics& diagnostics) {
    ResourceDefaults defaults;
    defaults.sql_timeout = duration_from(kSqlTimeout, environment, diagnostics);
    defaults.python_timeout = duration_from(kPythonTimeout, environment, diagnostics);
    if (const auto text = environment.find(kSqlMaxRows); text && !text->empty()) {
        if (const auto rows = parse_int64(*text); rows && *rows >= 0) {
            defaults.sql_max_rows = static_cast<std::size_t>(*rows);
        } else {
            report(Severity::Error,
                   fmt::format("environment variable '{}' is no number of rows: '{}'", kSqlMaxRows,
                               *text),
                   "write for instance 1000; 0 means no limit", diagnostics);
        }
    }
    return defaults;
}

void warn_of_variable(const std::string& name, const std::optional<SourceSpan>& where,
                      Diagnostics& diagnostics) {
    if (!name.starts_with("KDEPS_") || std::ranges::count(effective_names(), name) > 0) return;
    std::string hint = hint_for(name);
    if (hint.empty()) return;  // somebody's own, for ${NAME} or a script
    diagnostics.add(
        Severity::Warning,
        Error(ErrorCode::InvalidValue, fmt::format("environment variable '{}' has no effect", name),
              {.where = where, .hint = std::move(hint)}));
}

void warn_of_environment(Diagnostics& diagnostics) {
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view entry = *variable;
        warn_of_variable(std::string(entry.substr(0, entry.find('='))), std::nullopt, diagnostics);
    }
}

}  // namespace kdeps::workflow
