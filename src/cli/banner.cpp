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

std::string url_host(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string banner(const app::Project& project, const std::string& host, int port) {
    const workflow::Workflow& workflow = project.workflow();
    const std::string version = workflow.version.empty() ? "" : " " + workflow.version;
    const std::string target =
        project.target().empty() ? "" : fmt::format(", target '{}'", project.target());
    std::string text =
        fmt::format("kdeps {}: {}{}{}\n", KDEPS_VERSION, workflow.name, version, target);
    const auto& connections = project.connections().all();
    if (!connections.empty()) text += "connections:\n";
    std::size_t width = 0;
    for (const auto& connection : connections) width = std::max(width, connection->name.size());
    for (const auto& connection : connections) text += connection_line(*connection, width);
    text += route_table(project);
    text += fmt::format("listening on http://{}:{}\n", url_host(host), port);
    return text;
}

}  // namespace kdeps::cli
