#include "zygote.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" char** environ;

namespace kdeps::worker {
namespace {

constexpr int kControlFd = 3;  // zygote_main.cpp and interpreter.cpp say the same.
constexpr int kStandardFds[] = {STDIN_FILENO, STDOUT_FILENO};
/// Starting, forking and killing take milliseconds, seconds on a machine that is overloaded; a
/// zygote that takes this long is broken.
constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kFarewell{2000};  ///< What has been killed ends soon.

/// Pointers to `texts` as exec() wants them, which promises not to write to them.
std::vector<char*> argument_vector(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

/// The variables of this process with `changes` over them, as `NAME=value`.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& changes) {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (!changes.contains(std::string(text.substr(0, text.find('='))))) {
            variables.emplace_back(text);
        }
    }
    for (const auto& [name, value] : changes)
        variables.push_back(fmt::format("{}={}", name, value));
    return variables;
}

/// The attributes and descriptor list of one posix_spawn.
class SpawnPlan {
 public:
    SpawnPlan(int control, const std::string& working_directory) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_adddup2(&actions_, control, kControlFd);
        for (const int fd : kStandardFds) {
            posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0);
        }
        posix_spawn_file_actions_addclosefrom_np(&actions_, kControlFd + 1);
        if (!working_directory.empty()) {
            posix_spawn_file_actions_addchdir_np(&actions_, working_directory.c_str());
        }
        posix_spawnattr_init(&attributes_);
        // Its own process group: Ctrl-C is for the engine, which decides what becomes of calls.
        posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        sigset_t signals;
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&attributes_, &signals);
        sigfillset(&signals);
        posix_spawnattr_setsigdefault(&attributes_, &signals);
    }
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    [[nodiscard]] int spawn(pid_t& pid, const ZygoteCommand& command) const {
        const std::vector<std::string> variables = environment_with(command.environment);
        const std::vector<char*> argv = argument_vector(command.arguments);
        return posix_spawn(&pid, argv[0], &actions_, &attributes_, argv.data(),
                           argument_vector(variables).data());
    }

 private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

/// Does not wait: a zygote that reads nothing is stuck.
bool send_whole(int socket, const msghdr& message) {
    ssize_t count = 0;
    do {
        count = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return count >= 0;
}

/// The number that has arrived; nullopt at the end of the socket, or if nothing has.
std::optional<int> receive(int socket) {
    int answer = 0;
    ssize_t count = 0;
    do {
        count = recv(socket, &answer, sizeof answer, MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return count == sizeof answer ? std::optional(answer) : std::nullopt;
}

int reap(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

Zygote::Zygote(ZygoteCommand command) : command_(std::move(command)) {
    io::DescriptorPair pair = io::socket_pair(SOCK_SEQPACKET);
    const int error =
        SpawnPlan(pair.second.get(), command_.working_directory).spawn(pid_, command_);
    if (error != 0) {
        throw Error(ErrorCode::WorkerCrashed,
                    fmt::format("python cannot start: '{}' in '{}': {}", command_.arguments.at(0),
                                command_.working_directory, std::strerror(error)));
    }
    pid_fd_ = io::open_pid_fd(pid_);
    control_ = std::move(pair.first);
}

Zygote::~Zygote() {
    control_ = io::Descriptor();  // It sees the end of the socket, kills its workers and exits.
    if (!io::await_readable(pid_fd_.get(), Deadline::after(kFarewell))) kill(pid_, SIGKILL);
    reap(pid_);
}

bool Zygote::is_alive() const {
    return !io::await_readable(pid_fd_.get(), Deadline::after(std::chrono::seconds(0)));
}

std::optional<int> Zygote::request(const std::string& message, std::span<const int> fds,
                                   const Patience& patience) {
    io::DescriptorPair answer = io::socket_pair(SOCK_SEQPACKET);
    std::vector<int> sent(fds.begin(), fds.end());
    sent.push_back(answer.second.get());
    iovec text{const_cast<char*>(message.data()), message.size()};
    msghdr header{};
    header.msg_iov = &text;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {};
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(sent.size() * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sent.size() * sizeof(int));
    std::memcpy(CMSG_DATA(rights), sent.data(), sent.size() * sizeof(int));
    if (!send_whole(control_.get(), header)) {
        kill(pid_, SIGKILL);  // Gone already, or stuck: its workers die with it.
        return std::nullopt;
    }
    answer.second = io::Descriptor();
    std::array<pollfd, 3> entries = {{{answer.first.get(), POLLIN, 0},
                                      {patience.wake_fd(), POLLIN, 0},
                                      {pid_fd_.get(), POLLIN, 0}}};
    static_cast<void>(io::await_ready(entries, patience.deadline));
    // Whoever leaves says so, that the zygote ends what it forks for nobody. An answer that came
    // just before still counts.
    io::shut_down(answer.first);
    if (const auto number = receive(answer.first.get())) {
        is_ready_ = true;
        return number;
    }
    if (entries[0].revents != 0 || entries[2].revents != 0) return std::nullopt;
    throw CallEnded{entries[1].revents != 0 ? CallEnded::Why::Stopped : CallEnded::Why::Deadline};
}

std::optional<pid_t> Zygote::fork_worker(std::span<const int, 3> fds, const Patience& patience) {
    SteadyTime::rep since = 0;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (unanswered_since_.compare_exchange_strong(since, now.time_since_epoch().count())) {
        since = now.time_since_epoch().count();
    }
    const Deadline stuck = Deadline::at(SteadyTime(SteadyTime::duration(since)) + kPatience);
    std::optional<int> answer;
    try {
        answer = request("F", fds, {patience.deadline.earlier(stuck), patience.wakeup});
    } catch (const CallEnded&) {
        if (!stuck.is_expired()) throw;
        kill(pid_, SIGKILL);
    }
    if (!answer) {
        // Its descriptors are closed a moment before it has ended.
        static_cast<void>(io::await_readable(pid_fd_.get(), Deadline::after(kFarewell)));
        if (!is_ready_) throw start_failure();
        return std::nullopt;
    }
    unanswered_since_ = 0;
    if (*answer < 0) {
        throw Error(ErrorCode::WorkerCrashed,
                    fmt::format("a python worker cannot start: {}", std::strerror(-*answer)));
    }
    return answer;
}

Error Zygote::start_failure() const {
    siginfo_t end{};
    waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOHANG | WNOWAIT);
    const std::string& program = command_.arguments.at(0);
    return {ErrorCode::WorkerCrashed,
            end.si_code == CLD_EXITED
                ? fmt::format("python cannot start: '{}' ended with exit status {}", program,
                              end.si_status)
                : fmt::format("python cannot start: '{}' was not ready within {} s", program,
                              kPatience.count())};
}

std::optional<int> Zygote::end_worker(pid_t worker) {
    std::string message = "E";
    message.append(reinterpret_cast<const char*>(&worker), sizeof worker);
    try {
        return request(message, {}, {Deadline::after(kFarewell), nullptr});
    } catch (const CallEnded&) {
        return std::nullopt;
    }
}

}  // namespace kdeps::worker
