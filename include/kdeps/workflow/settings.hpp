#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kdeps/base/error.hpp"
#include "kdeps/base/source.hpp"
#include "kdeps/workflow/schema.hpp"

namespace kdeps::workflow {

struct Route {
    std::string path;                  ///< `/api/:id`, `/files/*`
    std::vector<std::string> methods;  ///< Upper case; GET and POST when none are given.
    std::string target = {};           ///< ActionId of what answers: its own, else the default.
    std::optional<SourceSpan> target_span = std::nullopt;  ///< Of its own, when it is written.
    std::optional<std::chrono::milliseconds> timeout;
    bool is_public = false;  ///< No token asked.
    /// Statuses of failed statements by SQLSTATE, or its class of two characters.
    std::map<std::string, int> errors = {};
    SourceSpan span;
};

/// `settings.apiServer.cors`; what the block leaves out is as here.
struct CorsSettings {
    std::vector<std::string> allow_origins = {"*"};
    std::vector<std::string> allow_methods = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    std::vector<std::string> allow_headers = {"Content-Type", "Authorization", "Accept",
                                              "X-Requested-With"};
    std::vector<std::string> expose_headers;
    bool allow_credentials = false;
    std::optional<std::chrono::seconds> max_age;
};

/// `settings.apiServer`.
struct ApiServerSettings {
    std::string host = "127.0.0.1";
    std::optional<SourceSpan> host_span = std::nullopt;  ///< Of hostIp, when it is written.
    int port = 16395;
    std::vector<Route> routes;
    std::optional<CorsSettings> cors;
    std::string auth_token;                  ///< Empty: none asked. Never printed.
    std::vector<std::string> allowed_hosts;  ///< Host headers besides localhost and the address.
    std::size_t max_body_bytes = 10u << 20;
    std::size_t max_concurrent = 256;
};

/// What a server with these settings must not start with: routes that ask for no token on a host
/// that other machines reach.
[[nodiscard]] std::optional<Error> exposure_error(const ApiServerSettings& server);

/// `settings.agentSettings`, as far as it has an effect.
struct AgentSettings {
    std::string python_version;
    std::map<std::string, std::string> env;  ///< `timezone` is its TZ.
};

/// One entry of `settings.sqlConnections`: its map, checked against the schema that the caller of
/// load() registered for connections.
struct ConnectionSpec {
    std::string name;
    Fields fields;
    SourceSpan span;  ///< Of the name.
};

/// What resources take that do not say it themselves: from the environment.
struct ResourceDefaults {
    std::optional<std::chrono::milliseconds> sql_timeout;     ///< KDEPS_SQL_TIMEOUT
    std::optional<std::size_t> sql_max_rows;                  ///< KDEPS_SQL_MAX_ROWS
    std::optional<std::chrono::milliseconds> python_timeout;  ///< KDEPS_PYTHON_TIMEOUT
};

struct Settings {
    bool api_server_mode = false;
    ApiServerSettings api_server;
    AgentSettings agent;
    std::optional<std::chrono::milliseconds> timeout;  ///< Of a run.
    std::optional<std::size_t> max_result_bytes;
    ResourceDefaults defaults;
    std::vector<ConnectionSpec> connections;
};

}  // namespace kdeps::workflow
