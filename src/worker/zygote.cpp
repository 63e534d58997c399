#include "zygote.hpp"

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

#include "kdeps/base/error.hpp"

extern "C" char** environ;

namespace kdeps::worker {
namespace {

constexpr int kControlFd = 3;  // zygote_main.cpp and interpreter.cpp say the same.
constexpr int kStandardFds[] = {STDIN_FILENO, STDOUT_FILENO};
/// Starting, forking and killing take milliseconds, seconds on a machine that is overloaded; a
/// zygote that takes this long is broken.
constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kFarewell{2000};

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

/// One datagram of exactly `size` bytes, whatever stops and debuggers do to this process meanwhile;
/// false at the end of the socket, and after kPatience.
bool receive(int socket, void* data, std::size_t size) {
    if (!io::await_readable(socket, Deadline::after(kPatience))) return false;
    ssize_t count = 0;
    do {
        count = recv(socket, data, size, 0);
    } while (count < 0 && errno == EINTR);
    return count == static_cast<ssize_t>(size);
}

bool send_whole(int socket, const msghdr& message) {
    ssize_t count = 0;
    do {
        count = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    return count >= 0;
}

int reap(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

Zygote::Zygote(const ZygoteCommand& command) {
    io::DescriptorPair pair = io::socket_pair(SOCK_SEQPACKET);
    const std::string& program = command.arguments.at(0);
    const int error = SpawnPlan(pair.second.get(), command.working_directory).spawn(pid_, command);
    if (error != 0) {
        throw Error(ErrorCode::WorkerCrashed,
                    fmt::format("python cannot start: '{}' in '{}': {}", program,
                                command.working_directory, std::strerror(error)));
    }
    pid_fd_ = io::open_pid_fd(pid_);
    pair.second = io::Descriptor();
    control_ = std::move(pair.first);
    char ready = 0;
    if (receive(control_.get(), &ready, sizeof ready)) return;
    kill(pid_, SIGKILL);
    const int status = reap(pid_);
    throw Error(ErrorCode::WorkerCrashed,
                WIFEXITED(status)
                    ? fmt::format("python cannot start: '{}' ended with exit status {}", program,
                                  WEXITSTATUS(status))
                    : fmt::format("python cannot start: '{}' was not ready within {} s", program,
                                  kPatience.count()));
}

Zygote::~Zygote() {
    control_ = io::Descriptor();  // It sees the end of the socket, kills its workers and exits.
    if (!io::await_readable(pid_fd_.get(), Deadline::after(kFarewell))) kill(pid_, SIGKILL);
    reap(pid_);
}

bool Zygote::is_alive() const {
    return !io::await_readable(pid_fd_.get(), Deadline::after(std::chrono::seconds(0)));
}

std::optional<int> Zygote::request(const std::string& message, std::span<const int> fds) {
    iovec text{const_cast<char*>(message.data()), message.size()};
    msghdr header{};
    header.msg_iov = &text;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {};
    if (!fds.empty()) {
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
    }
    const std::lock_guard lock(mutex_);
    int answer = 0;
    if (!send_whole(control_.get(), header) || !receive(control_.get(), &answer, sizeof answer)) {
        kill(pid_, SIGKILL);  // Gone already, or stuck: its workers die with it.
        return std::nullopt;
    }
    return answer;
}

std::optional<pid_t> Zygote::fork_worker(std::span<const int, 3> fds) {
    const auto answer = request("F", fds);
    if (answer && *answer < 0) {
        throw Error(ErrorCode::WorkerCrashed,
                    fmt::format("a python worker cannot start: {}", std::strerror(-*answer)));
    }
    return answer;
}

std::optional<int> Zygote::end_worker(pid_t worker) {
    std::string message = "E";
    message.append(reinterpret_cast<const char*>(&worker), sizeof worker);
    return request(message, {});
}

}  // namespace kdeps::worker
