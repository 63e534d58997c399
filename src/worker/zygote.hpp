#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <signal.h>
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
    /// Starting, forking and killing take milliseconds, seconds on a machine that is overloaded; a
    /// zygote that answers nobody for so long is broken.
    std::chrono::milliseconds patience{60'000};
};

[[nodiscard]] std::string signal_text(int number);  ///< "signal 9 (SIGKILL)"
[[nodiscard]] std::string signal_hint(int number);  ///< What may have sent it; may be empty.

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
    /// Whether it has been unable to take or fork anything for seconds: another one may be able to.
    [[nodiscard]] bool is_useless() const;
    /// How it ended, for a message; empty while it runs.
    [[nodiscard]] std::string end_text() const;

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
    /// Sends a request. Returns where its answer comes, none if the zygote is gone.
    ///
    /// Errors: Error(WorkerCrashed) if the system refuses; CallEnded.
    [[nodiscard]] io::Descriptor ask(const std::string& message, std::span<const int> fds,
                                     const Patience& patience);
    /// Nullopt if the zygote is gone, or was unable to take the request. Errors: CallEnded.
    [[nodiscard]] std::optional<int> answer_to(const io::Descriptor& question,
                                               const Patience& patience);
    /// Waits for the socket or the end of the zygote, and looks after it meanwhile.
    ///
    /// Errors: CallEnded.
    void await(int socket, short events, const Patience& patience);
    /// A zygote that was stopped is continued, one that answers nobody for too long is killed. For
    /// those who wait: whoever leaves early hands on what has been seen.
    void look_after(SteadyTime waiting_since);
    void send_probe();
    void has_answered();
    [[nodiscard]] Error refused(int error);
    void end_deaf();
    [[nodiscard]] Error start_failure() const;
    [[nodiscard]] std::string end_reason(const siginfo_t& end) const;

    const ZygoteCommand command_;
    io::Descriptor control_;
    io::Descriptor pid_fd_;
    pid_t pid_ = -1;
    std::atomic<bool> is_ready_ = false;  ///< It has answered.
    std::atomic<bool> is_stuck_ = false;  ///< Killed for that.
    std::atomic<bool> is_deaf_ = false;   ///< Killed for that.

    std::mutex mutex_;      ///< Guards the next three.
    io::Descriptor probe_;  ///< A request of nobody, so that its answer is missed by nobody.
    std::chrono::nanoseconds silent_for_{0};  ///< While somebody waited.
    SteadyTime last_look_{};
    /// When it refused first of those who were all refused since; 0 for none.
    std::atomic<SteadyTime::rep> refusing_since_ = 0;
};

}  // namespace kdeps::worker
