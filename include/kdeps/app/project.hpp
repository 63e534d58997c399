#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "kdeps/app/runtime.hpp"
#include "kdeps/base/clock.hpp"
#include "kdeps/base/diagnostics.hpp"
#include "kdeps/engine/kind.hpp"
#include "kdeps/engine/program.hpp"
#include "kdeps/engine/runner.hpp"
#include "kdeps/resources/connections.hpp"
#include "kdeps/server/server.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::app {

struct LoadOptions {
    bool strict = false;
    std::optional<std::string> target = std::nullopt;  ///< See workflow::LoadOptions.
    bool has_host = false;    ///< Another host than the workflow's is used.
    bool will_serve = false;  ///< See workflow::LoadOptions.
};

/// A workflow that was read and compiled, with the pools that it needs. Whoever runs it holds it;
/// what another project of the same Runtime needs as well outlives it.
///
/// Threads: loaded and opened by one thread; afterwards it does not change, and run() may be
///          called from several.
class Project final : public engine::Runner {
 public:
    /// As load().
    Project(const std::string& path, const LoadOptions& options, Runtime& runtime,
            Diagnostics& diagnostics, SourceTexts& texts);

    [[nodiscard]] const workflow::Workflow& workflow() const { return workflow_; }
    [[nodiscard]] const engine::Program& program() const { return *program_; }
    [[nodiscard]] const resources::Connections& connections() const { return *connections_; }
    /// What runs when no route says so: LoadOptions::target, else the workflow's default, which may
    /// be empty.
    [[nodiscard]] const std::string& target() const { return target_; }

    /// Opens the pools that no living project has open, at least their minimum; databases that are
    /// down are named in DatabaseConnection::problem. The others stay as they are.
    ///
    /// Errors: UnknownTarget; ConnectionFailed when a connection with `required: true` is down;
    ///         Cancelled once `stop` is requested.
    void open(const std::stop_token& stop);

    /// As Program::replace_action(). REQUIRES: nothing was run yet.
    void replace_action(graph::NodeId resource, std::unique_ptr<engine::Step> action) {
        program_->replace_action(resource, std::move(action));
    }

    /// Runs the request's target. REQUIRES: the load reported no error and open() was called, or
    /// each connection was given another pool.
    ///
    /// Errors: UnknownTarget; those of Executor::run().
    [[nodiscard]] engine::RunResult run(engine::Request request, Deadline deadline,
                                        std::stop_token stop) override;

 private:
    Runtime& runtime_;
    engine::KindRegistry kinds_;  ///< The workflow points at their schemas.
    workflow::Workflow workflow_;
    std::string target_;
    // Steps use both, so they go first. A pool that nobody holds any more is closed by a thread of
    // the runtime's registry.
    std::shared_ptr<worker::WorkerPool> workers_;  ///< Null without Python.
    std::unique_ptr<resources::Connections> connections_;
    std::unique_ptr<engine::Program> program_;
};

struct Loaded {
    std::shared_ptr<Project> project;
    Diagnostics diagnostics;
    SourceTexts texts;

    [[nodiscard]] bool is_valid() const { return diagnostics.error_count() == 0; }
};

/// Reads and compiles the workflow at `path` (file or folder). Mistakes are in `diagnostics`, all
/// of them; a project that has any must not be opened. No database is touched.
///
/// Errors: FileNotFound when there is no workflow at `path`.
[[nodiscard]] Loaded load(const std::string& path, const LoadOptions& options, Runtime& runtime);

/// What a run without a server is given.
struct OnceOptions {
    std::vector<std::pair<std::string, std::string>> inputs;          ///< What get('key') gives.
    Value body = {};                                                  ///< As that of a request.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;  ///< Over the workflow's own.
};

/// Opens the project and runs Project::target() once, without a time limit unless there is one.
///
/// Errors: UnknownTarget when there is none; those of Project::open() and of Runner::run().
[[nodiscard]] engine::RunResult run_once(Project& project, const OnceOptions& options,
                                         const std::stop_token& stop);

/// What the command line says over the workflow's own settings of the server.
struct ServeOptions {
    std::optional<std::string> host = std::nullopt;
    std::optional<int> port = std::nullopt;
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    bool debug = false;
};

/// Serves `project` instead of what `server` serves now, all of it or nothing: once every database
/// that no living project had open has answered. Gives the settings that a server cannot take while
/// it runs, see Server::replace().
///
/// Errors: ConnectionFailed, those of Project::open() and of Server::replace(); nothing has changed
///         then.
std::vector<std::string> serve_instead(server::Server& server, std::shared_ptr<Project> project,
                                       const ServeOptions& options, const std::stop_token& stop);

/// The project as a server serves it. REQUIRES: open() was called.
[[nodiscard]] server::Site site_of(std::shared_ptr<Project> project, const ServeOptions& options);

}  // namespace kdeps::app
