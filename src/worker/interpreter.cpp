#include "interpreter.hpp"

#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

namespace kdeps::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEmbeddedVersion = KDEPS_PYTHON_VERSION;  // "3.11", set by CMake
constexpr int kOldestMinor = 9;                                      // socket.recv_fds

struct Version {
    int major = 0;
    int minor = 0;
};

std::optional<Version> parse_version(std::string_view text) {
    const char* const end = text.data() + text.size();
    Version version;
    const auto [dot, error] = std::from_chars(text.data(), end, version.major);
    if (error != std::errc() || dot == end || *dot != '.') return std::nullopt;
    const auto [rest, minor_error] = std::from_chars(dot + 1, end, version.minor);
    if (minor_error != std::errc() || (rest != end && *rest != '.')) return std::nullopt;
    return version;
}

/// The path of the wanted interpreter, or why there is none.
struct Search {
    std::string path;
    std::string problem;
};

Search find(const std::string& wanted, std::span<const std::string> folders) {
    const auto version = parse_version(wanted);
    if (!version) return {{}, "is not a version like '3.12'"};
    const auto [major, minor] = *version;
    if (fmt::format("{}.{}", major, minor) == kEmbeddedVersion) return {};
    if (major != 3 || minor < kOldestMinor) return {{}, "is not supported, 3.9 is the oldest"};
    for (const std::string& folder : folders) {
        std::string path = fmt::format("{}/python{}.{}", folder, major, minor);
        if (access(path.c_str(), X_OK) == 0) return {std::move(path), {}};
    }
    return {{}, "is not installed"};
}

}  // namespace

ZygoteCommand choose_interpreter(const WorkerSettings& settings,
                                 std::span<const std::string> folders, EventSink& events) {
    std::string program = settings.executable;
    if (!settings.python_version.empty()) {
        const auto [path, problem] = find(settings.python_version, folders);
        if (!path.empty()) program = path;
        if (!problem.empty()) {
            events.emit(Notice{LogLevel::Warning, "worker",
                               fmt::format("pythonVersion '{}' {}; python {} is used",
                                           settings.python_version, problem, kEmbeddedVersion)});
        }
    }
    // Absolute, because the zygote starts in the workflow's folder.
    program = fs::absolute(program).string();
    const std::string package_folder = fs::absolute(settings.python_path).string();
    ZygoteCommand command{{program}, settings.working_directory, settings.environment};
    if (fs::path(program).filename().string().starts_with("python")) {
        command.arguments.insert(
            command.arguments.end(),
            {"-I", "-X", "utf8", package_folder + "/kdeps_worker/__main__.py", "3"});
    } else {
        command.arguments.push_back(package_folder);
    }
    return command;
}

}  // namespace kdeps::worker
