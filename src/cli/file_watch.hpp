#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string_view>
#include <thread>

#include "kdeps/io/descriptor.hpp"

namespace kdeps::cli {

/// Tells that files of a workflow have changed: `.env`, `*.yaml`, `*.yml` and `*.py` in its folder
/// and in the folders directly below, and volumes that Kubernetes exchanges. Written, renamed into
/// place, linked, moved or removed; all changes with less than 100 ms between them are told as one,
/// those before start() then.
class FileWatch {
 public:
    /// Errors: Error(Internal) when the system allows no further watch.
    explicit FileWatch(std::filesystem::path folder);
    ~FileWatch();
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

    /// Calls `changed` from now on, on a thread of its own. REQUIRES: not called before.
    ///
    /// Errors: ServiceUnavailable when there is no thread left.
    void start(std::function<void()> changed);

 private:
    void watch(const std::filesystem::path& folder);
    void watch_below();
    void listen();
    [[nodiscard]] bool read_events();
    [[nodiscard]] bool is_change(int watch, std::uint32_t mask, std::string_view name);

    const std::filesystem::path folder_;
    std::function<void()> changed_;
    io::Descriptor events_;
    io::Descriptor end_;
    std::map<int, std::filesystem::path> folders_;  ///< By watch.
    std::jthread thread_;
};

}  // namespace kdeps::cli
