#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/diagnostics.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/engine/executor.hpp"
#include "kdeps/engine/program.hpp"
#include "kdeps/engine/runner.hpp"
#include "kdeps/resources/connections.hpp"
#include "kdeps/worker/worker_pool.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::app {

/// Where the parts of this installation are.
struct Installation {
    std::string python_executable;  ///< kdeps-python
    std::string python_path;        ///< Folder of the package kdeps_worker.

    /// Beside the running program (build tree) or below its prefix (installed).
    [[nodiscard]] static Installation locate();
};

struct ProjectOptions {
    bool strict = false;
    std::optional<std::string> target = std::nullopt;  ///< Runs instead of targetActionId.
    bool has_host = false;    ///< Another host than the workflow's is used.
    bool will_serve = false;  ///< See workflow::LoadOptions.
    Installation installation = Installation::locate();
};

/// A workflow that was read, checked and compiled, with everything it needs to run.
///
/// Threads: constructed and opened by one thread; afterwards run() may be called from several.
class Project {
 public:
    /// Reads `path` (file or folder). Mistakes are in diagnostics(), all of them; nothing is opened
    /// and no database is touched.
    ///
    /// Errors: FileNotFound when there is no workflow at `path`.
    Project(const std::string& path, const ProjectOptions& options, EventSink& events);
    ~Project();
    Project(const Project&) = delete;
    Project& operator=(const Project&) = delete;

    [[nodiscard]] bool is_valid() const { return diagnostics_.error_count() == 0; }
    [[nodiscard]] const Diagnostics& diagnostics() const { return diagnostics_; }
    [[nodiscard]] const SourceTexts& texts() const { return texts_; }
    [[nodiscard]] const workflow::Workflow& workflow() const { return workflow_; }
    /// REQUIRES: is_valid().
    [[nodiscard]] const engine::Program& program() const { return *program_; }
    [[nodiscard]] const resources::Connections& connections() const { return *connections_; }

    /// Creates the pools and opens their minimum; databases that are down are named in
    /// DatabaseConnection::problem.
    ///
    /// Errors: ConnectionFailed when a connection with `required: true` is down; Cancelled once
    ///         `stop` is requested.
    void open(const std::stop_token& stop);

    /// Runs `target`. REQUIRES: is_valid() and open() was called.
    [[nodiscard]] engine::RunResult run(const engine::RunPlan& plan, const engine::Request& request,
                                        Deadline deadline, std::stop_token stop);
    /// The pools, for /health and statistics.
    [[nodiscard]] std::vector<const StatusSource*> status_sources() const;

 private:
    worker::WorkerPool& workers();

    EventSink& events_;
    Installation installation_;
    Diagnostics diagnostics_;
    SourceTexts texts_;
    workflow::Workflow workflow_;
    std::mutex workers_mutex_;
    std::unique_ptr<worker::WorkerPool> workers_;
    std::unique_ptr<resources::Connections> connections_;
    std::unique_ptr<engine::Program> program_;
    std::unique_ptr<engine::Executor> executor_;
};

/// A Project's target as the server sees it.
class ProjectRunner final : public engine::Runner {
 public:
    /// Errors: UnknownTarget.
    ProjectRunner(Project& project, const std::string& target);
    [[nodiscard]] engine::RunResult run(const engine::Request& request, Deadline deadline,
                                        std::stop_token stop) override;

 private:
    Project& project_;
    engine::RunPlan plan_;
};

}  // namespace kdeps::app
