#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "kdeps/base/event.hpp"
#include "kdeps/engine/executor.hpp"
#include "kdeps/resources/connections.hpp"
#include "kdeps/worker/worker_pool.hpp"

namespace kdeps::app {

/// Where the parts of this installation are.
struct Installation {
    std::string python_executable;  ///< kdeps-python
    std::string python_path;        ///< Folder of the package kdeps_worker.

    /// Beside the running program (build tree) or below its prefix (installed).
    [[nodiscard]] static Installation locate();
};

/// What lives as long as the process, whatever is loaded meanwhile: threads that help runs, the
/// `'memory'` store, pools and Python workers by what they are for, and who hears of events.
/// Outlives every Project that was loaded with it.
///
/// Threads: safe to share.
class Runtime {
 public:
    explicit Runtime(EventSink& events, Installation installation = Installation::locate());
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    [[nodiscard]] engine::Executor& executor() { return executor_; }
    [[nodiscard]] resources::PoolRegistry& pools() { return pools_; }
    /// The workers with these settings, but for where the installation is: those that a living
    /// project holds, else new ones.
    [[nodiscard]] std::shared_ptr<worker::WorkerPool> workers(worker::WorkerSettings settings);

 private:
    EventSink& events_;
    const Installation installation_;
    resources::PoolRegistry pools_;
    engine::Executor executor_;
    std::mutex mutex_;
    std::vector<std::pair<worker::WorkerSettings, std::weak_ptr<worker::WorkerPool>>> workers_;
};

}  // namespace kdeps::app
