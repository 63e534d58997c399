#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

#include "kdeps/base/error.hpp"
#include "kdeps/io/descriptor.hpp"

#include "patience.hpp"

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
/// Threads: safe to share; nobody waits for the request of another.
class Zygote {
 public:
    /// Starts the program, and does not wait until it is ready.
    ///
    /// Errors: Error(WorkerCrashed) if there is none to start.
    explicit Zygote(ZygoteCommand command);
    ~Zygote();  ///< Ends it, and with it every worker.
    Zygote(const Zygote&) = delete;
    Zygote& operator=(const Zygote&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Readable once the zygote has ended.
    [[nodiscard]] int pid_fd() const { return pid_fd_.get(); }
    [[nodiscard]] bool is_alive() const;

    /// Forks a worker that owns copies of socket, stdout and stderr, once the program is ready.
    ///
    /// Errors: Error(WorkerCrashed) if the system refuses, or the program has ended before it was
    ///         ready; nullopt if the zygote is gone, or has answered nobody for so long that it was
    ///         killed. CallEnded when `patience` has come to its end.
    [[nodiscard]] std::optional<pid_t> fork_worker(std::span<const int, 3> fds,
                                                   const Patience& patience);
    /// Kills a worker's process group and everything that descends from it, and waits a while until
    /// they are reaped. Returns the wait status, or nullopt if it is not known: the zygote is gone
    /// (then its workers are, too), or they take long to die.
    std::optional<int> end_worker(pid_t worker);

 private:
    std::optional<int> request(const std::string& message, std::span<const int> fds,
                               const Patience& patience);
    [[nodiscard]] Error start_failure() const;

    const ZygoteCommand command_;
    io::Descriptor control_;
    io::Descriptor pid_fd_;
    pid_t pid_ = -1;
    std::atomic<bool> is_ready_ = false;  ///< It has answered.
    /// When the first fork was asked for that no answer came after; 0 for none.
    std::atomic<SteadyTime::rep> unanswered_since_ = 0;
};

}  // namespace kdeps::worker
