#include "kdeps/app/project.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kdeps/base/text.hpp"
#include "kdeps/resources/kinds.hpp"

namespace kdeps::app {

namespace {

/// How long a start waits for databases before it goes on without them.
constexpr std::chrono::milliseconds kStartWait{3000};
constexpr std::chrono::milliseconds kDefaultRunTimeout{60'000};

worker::WorkerSettings worker_settings(const workflow::Workflow& workflow) {
    worker::WorkerSettings settings;
    settings.working_directory = workflow.directory;
    settings.python_version = workflow.settings.agent.python_version;
    for (const auto& [name, own] : workflow.settings.agent.env) {
        settings.environment[name] = workflow.environment.find(name).value_or(own);
    }
    settings.max_workers = std::max(4U, 2 * std::thread::hardware_concurrency());
    return settings;
}

Error no_target(const workflow::Workflow& workflow) {
    return {
        ErrorCode::UnknownTarget,
        "there is no target to run: every route has its own",
        {.hint = fmt::format("choose one with --target: {}", fmt::join(workflow.targets, ", "))}};
}

}  // namespace

Project::Project(const std::string& path, const LoadOptions& options, Runtime& runtime,
                 Diagnostics& diagnostics, SourceTexts& texts)
    : runtime_(runtime),
      kinds_(resources::builtin_kinds(
          {.connections = [this]() -> resources::Connections& { return *connections_; },
           .workers =
               [this] {
                   if (workers_ == nullptr) {
                       workers_ = runtime_.workers(worker_settings(workflow_));
                   }
                   return workers_;
               }})),
      workflow_(workflow::load(path, resources::grammar_of(kinds_),
                               {.strict = options.strict,
                                .target = options.target,
                                .has_host = options.has_host,
                                .will_serve = options.will_serve},
                               diagnostics, texts)),
      target_(options.target.value_or(workflow_.target)),
      connections_(std::make_unique<resources::Connections>(workflow_, diagnostics)) {
    program_ = std::make_unique<engine::Program>(workflow_, kinds_, options.strict, diagnostics);
    diagnostics.sort();
}

void Project::open(const std::stop_token& stop) {
    if (!target_.empty()) (void)program_->plan(target_);
    connections_->open(runtime_.pools(), kStartWait, stop);
    if (workers_ != nullptr) workers_->warm_up();
}

engine::RunResult Project::run(engine::Request request, Deadline deadline, std::stop_token stop) {
    const engine::RunPlan& plan = program_->plan(request.target);
    return runtime_.executor().run(*program_, plan, std::move(request), deadline, std::move(stop));
}

Loaded load(const std::string& path, const LoadOptions& options, Runtime& runtime) {
    Loaded loaded;
    loaded.project =
        std::make_shared<Project>(path, options, runtime, loaded.diagnostics, loaded.texts);
    return loaded;
}

engine::RunResult run_once(Project& project, const OnceOptions& options,
                           const std::stop_token& stop) {
    if (project.target().empty()) throw no_target(project.workflow());
    project.open(stop);
    engine::Request request;
    request.id = random_uuid();
    request.target = project.target();
    request.body = options.body;
    for (const auto& [name, value] : options.inputs) request.query.set(name, ClientText{value});
    const auto timeout = options.timeout ? options.timeout : project.workflow().settings.timeout;
    const Deadline deadline = timeout ? Deadline::after(*timeout) : Deadline::never();
    return project.run(std::move(request), deadline, stop);
}

std::vector<std::string> serve_instead(server::Server& server, std::shared_ptr<Project> project,
                                       const ServeOptions& options, const std::stop_token& stop) {
    project->open(stop);
    for (const auto& connection : project->connections().all()) {
        if (connection->pool == nullptr || connection->problem.empty()) continue;
        throw Error(
            ErrorCode::ConnectionFailed,
            fmt::format("database '{}' is unavailable: {}", connection->name, connection->problem),
            {.hint = "a start would go on without it, a reload does not",
             .connection = connection->name});
    }
    std::vector<std::string> kept = server.replace(site_of(project, options));
    project->connections().configure();
    return kept;
}

server::Site site_of(std::shared_ptr<Project> project, const ServeOptions& options) {
    const workflow::Workflow& workflow = project->workflow();
    server::Site site{.settings = {.api = workflow.settings.api_server,
                                   .workflow_name = workflow.name,
                                   .workflow_version = workflow.version,
                                   .debug = options.debug},
                      .runner = project,
                      .status_sources = {}};
    site.settings.run_timeout =
        options.timeout.value_or(workflow.settings.timeout.value_or(kDefaultRunTimeout));
    if (options.host) site.settings.api.host = *options.host;
    if (options.port) site.settings.api.port = *options.port;
    for (const auto& connection : project->connections().all()) {
        if (connection->pool != nullptr) site.status_sources.push_back(connection->pool.get());
    }
    return site;
}

}  // namespace kdeps::app
