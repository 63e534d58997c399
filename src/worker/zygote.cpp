#include "zygote.hpp"

#include <algorithm>
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

/// Does not wait. Returns 0 or errno.
int send_now(int socket, const msghdr& message) {
    ssize_t count = 0;
    do {
        count = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? errno : 0;
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

/// What the system says when it gives no worker.
Error refusal(int error) {
    return {ErrorCode::WorkerCrashed,
            fmt::format("a python worker cannot start: {}", std::strerror(error))};
}

}  // namespace

std::string signal_text(int number) {
    const char* const name = sigabbrev_np(number);
    return fmt::format("signal {} (SIG{})", number, name == nullptr ? "?" : name);
}

std::string signal_hint(int number) {
    return number == SIGKILL ? "the system may have run out of memory" : "";
}

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

io::Descriptor Zygote::ask(const std::string& message, std::span<const int> fds,
                           const Patience& patience) {
    io::DescriptorPair answer = io::socket_pair(SOCK_SEQPACKET);
    std::vector<int> sent{answer.second.get()};
    sent.insert(sent.end(), fds.begin(), fds.end());
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
    for (;;) {
        switch (const int error = send_now(control_.get(), header)) {
            case 0:
                return std::move(answer.first);
            case EAGAIN:  // So many requests lie there unread.
                await(control_.get(), POLLOUT, patience);
                continue;
            case ETOOMANYREFS:
            case ENOBUFS:
            case ENOMEM:
                throw refusal(error);
            default:
                end_deaf();
                return {};
        }
    }
}

std::optional<int> Zygote::answer_to(const io::Descriptor& question, const Patience& patience) {
    if (!question.is_open()) return std::nullopt;
    std::optional<CallEnded> ended;
    try {
        await(question.get(), POLLIN, patience);
    } catch (const CallEnded& end) {
        // Whoever leaves says so, that the zygote forks nothing for nobody. An answer that came
        // just before still counts.
        io::shut_down(question);
        ended = end;
    }
    if (const auto number = receive(question.get())) {
        is_ready_ = true;
        unanswered_since_ = 0;
        return number;
    }
    if (ended) throw *ended;
    return std::nullopt;
}

void Zygote::await(int socket, short events, const Patience& patience) {
    for (;;) {
        const SteadyTime now = std::chrono::steady_clock::now();
        SteadyTime::rep since = 0;
        if (unanswered_since_.compare_exchange_strong(since, now.time_since_epoch().count())) {
            since = now.time_since_epoch().count();
        }
        // Those who asked before may have left and missed the answer, so it gets some time anyway.
        const SteadyTime stuck =
            std::max(SteadyTime(SteadyTime::duration(since)) + command_.patience, now + kFarewell);
        std::array<pollfd, 3> entries = {
            {{socket, events, 0}, {patience.wake_fd(), POLLIN, 0}, {pid_fd_.get(), POLLIN, 0}}};
        static_cast<void>(io::await_ready(entries, patience.deadline.earlier(Deadline::at(stuck))));
        if (entries[0].revents != 0 || entries[2].revents != 0) return;
        if (entries[1].revents != 0) throw CallEnded{CallEnded::Why::Stopped};
        if (patience.deadline.is_expired()) throw CallEnded{CallEnded::Why::Deadline};
        if (unanswered_since_ == since) {  // Else it has answered somebody meanwhile.
            is_stuck_ = true;
            kill(pid_, SIGKILL);
        }
    }
}

std::optional<pid_t> Zygote::fork_worker(std::span<const int, 3> fds, const Patience& patience) {
    const auto answer = answer_to(ask("F", fds, patience), patience);
    if (!answer) {
        // Its descriptors are closed a moment before it has ended.
        const Deadline end = Deadline::after(kFarewell).earlier(patience.deadline);
        if (!io::await_readable(pid_fd_.get(), end)) {
            if (patience.deadline.is_expired()) throw CallEnded{CallEnded::Why::Deadline};
            throw refusal(EMFILE);  // It had no room for the socket that its answer goes to.
        }
        if (!is_ready_) throw start_failure();
        return std::nullopt;
    }
    if (*answer < 0) throw refusal(-*answer);
    return answer;
}

/// Ends a zygote that has closed its control socket, unless it has ended by itself.
void Zygote::end_deaf() {
    if (io::await_readable(pid_fd_.get(), Deadline::after(kFarewell))) return;
    is_deaf_ = true;
    kill(pid_, SIGKILL);
}

Error Zygote::start_failure() const {
    siginfo_t end{};
    waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOHANG | WNOWAIT);
    std::string reason;
    std::string hint;
    if (end.si_code == CLD_EXITED) {
        reason = fmt::format("ended with exit status {}", end.si_status);
    } else if (is_stuck_) {
        reason = fmt::format("was not ready within {} ms", command_.patience.count());
    } else if (is_deaf_) {
        reason = "takes no requests";
    } else {
        reason = fmt::format("was killed by {}", signal_text(end.si_status));
        hint = signal_hint(end.si_status);
    }
    return {ErrorCode::WorkerCrashed,
            fmt::format("python cannot start: '{}' {}", command_.arguments.at(0), reason),
            {.hint = std::move(hint)}};
}

std::optional<int> Zygote::end_worker(pid_t worker) {
    std::string message = "E";
    message.append(reinterpret_cast<const char*>(&worker), sizeof worker);
    const Patience patience{Deadline::after(kFarewell), nullptr};
    io::Descriptor question;
    try {
        question = ask(message, {}, patience);
    } catch (...) {
        // Nobody reaps it without having been asked: this is still the worker.
        if (is_alive()) kill(-worker, SIGKILL);
        return std::nullopt;
    }
    try {
        return answer_to(question, patience);
    } catch (const CallEnded&) {
        return std::nullopt;
    }
}

}  // namespace kdeps::worker
