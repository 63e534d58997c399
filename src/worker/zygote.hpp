#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

#include "kdeps/io/descriptor.hpp"

namespace kdeps::worker {

/// How the zygote is started; see interpreter.hpp.
struct ZygoteCommand {
    std::vector<std::string> arguments;              ///< The first is the path of the program.
    std::string working_directory;                   ///< Empty: that of this process.
    std::map<std::string, std::string> environment;  ///< Over the variables of this process.
};

/// The warm process that forks workers, and the only one that reaps them: a worker's process id
/// stays taken until end_worker(), so no signal can hit a stranger.
///
/// Threads: safe to share; requests take turns.
class Zygote {
 public:
    /// Errors: Error(WorkerCrashed) if the program cannot be started or ends at once.
    explicit Zygote(const ZygoteCommand& command);
    ~Zygote();  ///< Ends it, and with it every worker.
    Zygote(const Zygote&) = delete;
    Zygote& operator=(const Zygote&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Readable once the zygote has ended.
    [[nodiscard]] int pid_fd() const { return pid_fd_.get(); }
    [[nodiscard]] bool is_alive() const;

    /// Forks a worker that owns copies of socket, stdout and stderr.
    ///
    /// Errors: Error(WorkerCrashed) if the system refuses; nullopt if the zygote is gone.
    [[nodiscard]] std::optional<pid_t> fork_worker(std::span<const int, 3> fds);
    /// Kills a worker's process group and everything that descends from it, and reaps them.
    /// Returns the wait status, or nullopt if the zygote is gone (then its workers are, too).
    std::optional<int> end_worker(pid_t worker);

 private:
    std::optional<int> request(const std::string& message, std::span<const int> fds);

    io::Descriptor control_;
    io::Descriptor pid_fd_;
    pid_t pid_ = -1;
    std::mutex mutex_;
};

}  // namespace kdeps::worker
