#include "settings_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/http_text.hpp"
#include "kdeps/base/text.hpp"

#include "environment.hpp"
#include "environment_settings.hpp"
#include "field_values.hpp"
#include "server_rules.hpp"
#include "server_token.hpp"
#include "time_zone.hpp"

namespace kdeps::workflow {
namespace {

/// `schema` with the name of this entry for `<name>` in its own, as messages show it. Not for what
/// may be a piece of a password that was cut at a comma: `{main: postgres://u:pass,word@host}`.
KindSchema schema_of_entry(const KindSchema& schema, const Node& name, const Node& entry) {
    constexpr std::string_view kPlaceholder = "<name>";
    constexpr std::string_view kWord =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    KindSchema named = schema;
    const auto at = named.name.find(kPlaceholder);
    const bool is_plain = name.text.find_first_not_of(kWord) == std::string::npos;
    if (at != std::string::npos && is_plain && !entry.is_null()) {
        named.name.replace(at, kPlaceholder.size(), name.text);
    }
    return named;
}

class SettingsReader {
 public:
    SettingsReader(const Fields& fields, Environment& environment, const LoadOptions& options,
                   Diagnostics& diagnostics)
        : fields_(fields),
          environment_(environment),
          options_(options),
          diagnostics_(diagnostics) {}

    Settings read(const KindSchema* connection) {
        Settings settings;
        settings.timeout = fields_.duration("timeout");
        settings.max_result_bytes = fields_.byte_size("maxResultBytes");
        settings.api_server_mode = fields_.flag("apiServerMode").value_or(has_api_server());
        read_agent(settings.agent);
        environment_.set_defaults(settings.agent.env);
        read_api_server(settings);
        settings.defaults = defaults_from(environment_, diagnostics_);
        read_connections(connection, settings.connections);
        return settings;
    }

 private:
    [[nodiscard]] bool has_api_server() const { return fields_.find("apiServer") != nullptr; }

    /// Expands `${VAR}`; a failure is added to the diagnostics and gives an empty text.
    std::string expanded(const Node& node) {
        try {
            return expand_environment(node.text, node.origin, environment_);
        } catch (const Error& error) {
            diagnostics_.add(Severity::Error, error);
            return {};
        }
    }

    void read_api_server(Settings& settings) {
        ApiServerSettings& server = settings.api_server;
        const auto map = fields_.map("apiServer");
        read_address(fields_, server);
        if (!map) {
            if (settings.api_server_mode) {
                const Node* mode = fields_.find("apiServerMode");
                diagnostics_.error(ErrorCode::MissingField, "missing 'apiServer' in settings",
                                   mode != nullptr ? mode->span : fields_.node().span,
                                   "apiServerMode needs a server with routes");
            }
            return;
        }
        read_address(*map, server);
        if (const auto size = map->byte_size("maxBodyBytes")) server.max_body_bytes = *size;
        if (const auto count = map->integer("maxConcurrent")) {
            server.max_concurrent = static_cast<std::size_t>(std::max<std::int64_t>(*count, 1));
        }
        server.allowed_hosts = map->text_list("allowedHosts");
        read_routes(*map, server.routes);
        if (const auto cors = map->map("cors")) read_cors(*cors, server);
        const std::size_t errors_before = diagnostics_.error_count();
        read_token(map->map("auth").value_or(Fields()), server);
        const bool is_token_known = diagnostics_.error_count() == errors_before;
        if (settings.api_server_mode && !options_.has_host) check_host(server, is_token_known);
    }

    /// What the server would refuse to start with. A token may still come from the environment of
    /// the machine that serves.
    void check_host(const ApiServerSettings& server, bool is_token_known) {
        if (!server.host_span) return;
        if (!is_listen_address(server.host)) {
            diagnostics_.error(ErrorCode::InvalidValue,
                               fmt::format("cannot listen on host '{}'", server.host),
                               *server.host_span,
                               "use an IP address such as 127.0.0.1, 0.0.0.0 or ::1, or localhost");
            return;
        }
        if (!is_token_known) return;
        if (auto error = exposure_error(server)) {
            diagnostics_.add(options_.will_serve ? Severity::Error : Severity::Warning,
                             *std::move(error));
        }
    }

    static void read_address(const Fields& fields, ApiServerSettings& server) {
        if (const auto host = fields.text("hostIp")) {
            server.host = *host;
            server.host_span = fields.find("hostIp")->span;
        }
        if (const auto port = fields.integer("portNum")) {
            server.port = static_cast<int>(std::clamp<std::int64_t>(*port, 1, 65535));
        }
    }

    void read_routes(const Fields& server, std::vector<Route>& routes) {
        const Node* list = server.find("routes");
        if (list != nullptr && list->is_list() && list->items.empty()) {
            diagnostics_.error(ErrorCode::MissingField, "the server has no routes", list->span,
                               "add a route, for example: - path: /api/v1/data");
        }
        for (const Fields& fields : server.map_list("routes")) routes.push_back(read_route(fields));
        check_routes(routes, diagnostics_);
    }

    void read_errors(const Node& errors, Route& route) {
        for (const auto& [state, status] : errors.members) {
            const bool is_state = (state.text.size() == 2 || state.text.size() == 5) &&
                                  std::ranges::all_of(state.text, [](char c) {
                                      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                                  });
            const auto number = integer_of(status);
            if (!is_state) {
                diagnostics_.error(
                    ErrorCode::InvalidValue, fmt::format("'{}' is no SQLSTATE", state.text),
                    state.span, "write five characters such as 23505, or two for a class: \"23\"");
            } else if (!number || *number < 400 || *number > 599) {
                diagnostics_.error(
                    ErrorCode::InvalidValue,
                    fmt::format("the status of '{}' must be between 400 and 599", state.text),
                    status.span);
            } else {
                route.errors.emplace(state.text, static_cast<int>(*number));
            }
        }
    }

    Route read_route(const Fields& fields) {
        Route route;
        route.path = fields.text("path").value_or("");
        read_target(fields, route);
        route.timeout = fields.duration("timeout");
        route.is_public = fields.flag("public").value_or(false);
        if (const Node* errors = fields.find("errors")) read_errors(*errors, route);
        route.span = fields.node().span;
        if (const Node* path = fields.find("path")) route.span = path->span;
        for (const std::string& name : fields.text_list("methods")) {
            route.methods.push_back(to_upper(name));
        }
        if (route.methods.empty()) route.methods = {"GET", "POST"};
        if (const Node* methods = fields.find("methods")) check_methods(*methods, diagnostics_);
        return route;
    }

    void read_target(const Fields& fields, Route& route) {
        const Node* const target = fields.find("target");
        if (target == nullptr) return;
        route.target = fields.text("target").value_or("");
        route.target_span = target->span;
        if (!target->is_scalar() || !target->text.empty()) return;
        diagnostics_.error(ErrorCode::InvalidValue,
                           fmt::format("the target of route '{}' is empty", route.path),
                           target->span, "name a resource, or remove the key");
    }

    void read_cors(const Fields& fields, ApiServerSettings& server) {
        if (!fields.flag("enableCors").value_or(true)) return;
        CorsSettings cors;
        const auto read_list = [&fields](std::string_view name, std::vector<std::string>& list) {
            if (fields.find(name) != nullptr) list = fields.text_list(name);
        };
        read_list("allowOrigins", cors.allow_origins);
        read_list("allowMethods", cors.allow_methods);
        read_list("allowHeaders", cors.allow_headers);
        cors.expose_headers = fields.text_list("exposeHeaders");
        cors.allow_credentials = fields.flag("allowCredentials").value_or(false);
        if (const auto age = fields.duration("maxAge")) {
            cors.max_age = std::chrono::floor<std::chrono::seconds>(*age);
        }
        const auto& origins = cors.allow_origins;
        if (cors.allow_credentials &&
            std::find(origins.begin(), origins.end(), "*") != origins.end()) {
            diagnostics_.error(
                ErrorCode::InvalidValue, "allowCredentials cannot go with origin '*'",
                fields.find("allowCredentials")->span, "name the origins in allowOrigins");
        }
        server.cors = std::move(cors);
    }

    void read_token(const Fields& auth, ApiServerSettings& server) {
        const Node* token = auth.find("token");
        if (token == nullptr || !token->is_scalar() || token->text.empty()) {
            server.auth_token = token_from(environment_, diagnostics_);
            return;
        }
        const std::size_t errors_before = diagnostics_.error_count();
        server.auth_token = without_final_break(expanded(*token));
        if (diagnostics_.error_count() > errors_before) return;
        // An empty token would open the server to everybody.
        if (server.auth_token.empty()) {
            diagnostics_.error(ErrorCode::InvalidValue, "the token is empty", token->span,
                               "give the variable a value, or remove the 'auth' block");
        } else if (const auto flaw = flaw_of_token(server.auth_token)) {
            diagnostics_.error(ErrorCode::InvalidValue, "the token " + flaw->message, token->span,
                               flaw->hint);
        }
    }

    void read_agent(AgentSettings& agent) {
        const auto fields = fields_.map("agentSettings");
        if (!fields) return;
        agent.python_version = fields->text("pythonVersion").value_or("");
        if (const Node* env = fields->find("env")) {
            for (const auto& [name, value] : env->members) {
                if (value.is_scalar()) read_variable(name, value, agent.env);
            }
        }
        if (auto zone = fields->text("timezone")) {
            if (auto problem = unknown_time_zone(*zone)) {
                diagnostics_.error(ErrorCode::InvalidValue,
                                   fmt::format("this machine knows no time zone '{}'", *zone),
                                   fields->find("timezone")->span, std::move(problem->hint));
            }
            agent.env.try_emplace("TZ", *std::move(zone));
        }
    }

    void read_variable(const Node& name, const Node& value,
                       std::map<std::string, std::string>& variables) {
        std::string text = expanded(value);
        constexpr std::string_view kNotInNames("=\0", 2);
        const bool is_name =
            !name.text.empty() && name.text.find_first_of(kNotInNames) == std::string::npos;
        if (!is_name || text.find('\0') != std::string::npos) {
            diagnostics_.error(ErrorCode::InvalidValue,
                               fmt::format("'{}' cannot be an environment variable", name.text),
                               name.span,
                               "its name needs a character, none of them '=' or NUL; "
                               "its value has no NUL");
            return;
        }
        variables.insert_or_assign(name.text, std::move(text));
    }

    void read_connections(const KindSchema* schema, std::vector<ConnectionSpec>& connections) {
        const Node* map = fields_.find("sqlConnections");
        if (map == nullptr || map->is_null()) return;
        if (!map->is_map()) {
            diagnostics_.error(ErrorCode::InvalidValue,
                               fmt::format("'sqlConnections' in settings must be a map, not a {}",
                                           kind_name(map->kind)),
                               map->span, "write '<name>:' and under it 'connection: ...'");
            return;
        }
        for (const auto& [name, value] : map->members) {
            if (schema != nullptr) {
                (void)check_fields(value, schema_of_entry(*schema, name, value), diagnostics_);
            }
            connections.push_back({name.text, Fields(&value, schema), name.span});
        }
    }

    const Fields& fields_;
    Environment& environment_;
    const LoadOptions& options_;
    Diagnostics& diagnostics_;
};

}  // namespace

Settings read_settings(const Fields& settings, const KindSchema* connection,
                       Environment& environment, const LoadOptions& options,
                       Diagnostics& diagnostics) {
    return SettingsReader(settings, environment, options, diagnostics).read(connection);
}

}  // namespace kdeps::workflow
