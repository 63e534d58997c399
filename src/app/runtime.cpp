#include "kdeps/app/runtime.hpp"

#include <utility>

namespace kdeps::app {

Runtime::Runtime(EventSink& events, Installation installation)
    : events_(events), installation_(std::move(installation)), pools_(events), executor_(events) {}

std::shared_ptr<worker::WorkerPool> Runtime::workers(worker::WorkerSettings settings) {
    settings.executable = installation_.python_executable;
    settings.python_path = installation_.python_path;
    const std::lock_guard lock(mutex_);
    auto workers = workers_.lock();
    if (workers == nullptr || settings != worker_settings_) {
        workers = std::make_shared<worker::WorkerPool>(settings, events_);
        workers_ = workers;
        worker_settings_ = std::move(settings);
    }
    return workers;
}

}  // namespace kdeps::app
