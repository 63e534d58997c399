#include "kdeps/app/project.hpp"

#include <algorithm>
#include <thread>

#include "kdeps/resources/kinds.hpp"

namespace kdeps::app {

namespace {

/// How long a start waits for databases before it goes on without them.
constexpr std::chrono::milliseconds kStartWait{3000};

}  // namespace

Project::Project(const std::string& path, const ProjectOptions& options, EventSink& events)
    : events_(events), installation_(options.installation) {
    workflow_ = workflow::load(path, resources::builtin_grammar(),
                               {.strict = options.strict,
                                .target = options.target,
                                .has_host = options.has_host,
                                .will_serve = options.will_serve},
                               diagnostics_, texts_);
    connections_ = std::make_unique<resources::Connections>(workflow_, diagnostics_);
    engine::KindRegistry kinds;
    resources::register_builtin_kinds(kinds, *connections_,
                                      [this]() -> worker::WorkerPool& { return workers(); });
    program_ = std::make_unique<engine::Program>(workflow_, kinds, options.strict, diagnostics_);
    executor_ = std::make_unique<engine::Executor>(events_);
    diagnostics_.sort();
}

Project::~Project() = default;

worker::WorkerPool& Project::workers() {
    const std::lock_guard lock(workers_mutex_);
    if (workers_ == nullptr) {
        worker::WorkerSettings settings;
        settings.executable = installation_.python_executable;
        settings.python_path = installation_.python_path;
        settings.working_directory = workflow_.directory;
        settings.python_version = workflow_.settings.agent.python_version;
        for (const auto& [name, own] : workflow_.settings.agent.env) {
            settings.environment[name] = workflow_.environment.find(name).value_or(own);
        }
        settings.max_workers = std::max(4U, 2 * std::thread::hardware_concurrency());
        workers_ = std::make_unique<worker::WorkerPool>(std::move(settings), events_);
    }
    return *workers_;
}

void Project::open(const std::stop_token& stop) {
    connections_->open(events_, kStartWait, stop);
    if (workers_ != nullptr) workers_->warm_up();
}

engine::RunResult Project::run(const engine::RunPlan& plan, const engine::Request& request,
                               Deadline deadline, std::stop_token stop) {
    return executor_->run(*program_, plan, request, deadline, std::move(stop));
}

std::vector<const StatusSource*> Project::status_sources() const {
    std::vector<const StatusSource*> sources;
    for (const auto& connection : connections_->all()) {
        if (connection->pool != nullptr) sources.push_back(connection->pool.get());
    }
    return sources;
}

ProjectRunner::ProjectRunner(Project& project, const std::string& target)
    : project_(project), plan_(project.program().plan(target)) {}

engine::RunResult ProjectRunner::run(const engine::Request& request, Deadline deadline,
                                     std::stop_token stop) {
    return project_.run(plan_, request, deadline, std::move(stop));
}

}  // namespace kdeps::app
