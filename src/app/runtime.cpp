#include "kdeps/app/runtime.hpp"

#include <utility>

namespace kdeps::app {

Runtime::Runtime(EventSink& events, Installation installation)
    : events_(events), installation_(std::move(installation)), pools_(events), executor_(events) {}

std::shared_ptr<worker::WorkerPool> Runtime::workers(worker::WorkerSettings settings) {
    settings.executable = installation_.python_executable;
    settings.python_path = installation_.python_path;
    const std::lock_guard lock(mutex_);
    std::erase_if(workers_, [](const auto& known) { return known.second.expired(); });
    for (const auto& [own, known] : workers_) {
        auto workers = own == settings ? known.lock() : nullptr;
        if (workers != nullptr) return workers;
    }
    auto workers = std::make_shared<worker::WorkerPool>(settings, events_);
    workers_.emplace_back(std::move(settings), workers);
    return workers;
}

}  // namespace kdeps::app
