#include <algorithm>

#include <fmt/core.h>

#include "kdeps/base/text.hpp"
#include "kdeps/sql/dsn.hpp"

#include "commands.hpp"

namespace kdeps::cli {

namespace {

std::string connection_line(const resources::DatabaseConnection& connection, std::size_t width) {
    const std::string state =
        connection.problem.empty() ? "up" : fmt::format("down: {}", connection.problem);
    return fmt::format("  {:<{}}  {:<10}  {}  pool {}..{}  {}\n", connection.name, width,
                       connection.dsn.dialect->name, connection.dsn.display(),
                       connection.settings.min_connections, connection.settings.max_connections,
                       state);
}

std::string route_line(const workflow::Route& route) {
    std::string methods;
    for (const std::string& method : route.methods) {
        methods += (methods.empty() ? "" : ",") + method;
    }
    return fmt::format("  {:<10}  {}\n", methods, route.path);
}

std::string url_host(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string banner(const app::Project& project, const workflow::ApiServerSettings& api, int port) {
    const workflow::Workflow& workflow = project.workflow();
    const std::string version = workflow.version.empty() ? "" : " " + workflow.version;
    std::string text = fmt::format("kdeps {}: {}{}, target '{}'\n", KDEPS_VERSION, workflow.name,
                                   version, project.target());
    const auto& connections = project.connections().all();
    if (!connections.empty()) text += "connections:\n";
    std::size_t width = 0;
    for (const auto& connection : connections) width = std::max(width, connection->name.size());
    for (const auto& connection : connections) text += connection_line(*connection, width);
    text += "routes:\n";
    for (const workflow::Route& route : api.routes) text += route_line(route);
    text += fmt::format("listening on http://{}:{}\n", url_host(api.host), port);
    return text;
}

}  // namespace kdeps::cli
