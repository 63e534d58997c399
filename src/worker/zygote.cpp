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
constexpr std::chrono::milliseconds kLook{100};       ///< Between two looks at a silent zygote.
constexpr std::chrono::milliseconds kStopped{500};    ///< Nobody stops it for so long on purpose.
constexpr std::chrono::seconds kUselessAfter{5};

/// The message that asks to end a worker; to end none, it is answered at once.
std::string end_request(pid_t worker) {
    std::string message = "E";
    message.append(reinterpret_cast<const char*>(&worker), sizeof worker);
    return message;
}

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

/// Sends a request with the descriptor that its answer goes to and others, without waiting. Returns
/// 0 or errno.
int send_request(const io::Descriptor& control, const std::string& message,
                 const io::Descriptor& answer, std::span<const int> fds) {
    std::vector<int> sent{answer.get()};
    sent.insert(sent.end(), fds.begin(), fds.end());
    iovec text{const_cast<char*>(message.data()), message.size()};
    msghdr header{};
    header.msg_iov = &text;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char buffer[CMSG_SPACE(4 * sizeof(int))] = {};
    header.msg_control = buffer;
    header.msg_controllen = CMSG_SPACE(sent.size() * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sent.size() * sizeof(int));
    std::memcpy(CMSG_DATA(rights), sent.data(), sent.size() * sizeof(int));
    ssize_t count = 0;
    do {
        count = sendmsg(control.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
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

/// All zero while the process runs.
siginfo_t how_it_ended(pid_t pid) {
    siginfo_t end{};
    waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOHANG | WNOWAIT);
    return end;
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
    for (;;) {
        switch (const int error = send_request(control_, message, answer.second, fds)) {
            case 0:
                return std::move(answer.first);
            case EAGAIN:  // So many requests lie there unread.
                await(control_.get(), POLLOUT, patience);
                continue;
            case ETOOMANYREFS:
            case ENOBUFS:
            case ENOMEM:
                throw refused(error);
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
        has_answered();
        return number;
    }
    if (ended) throw *ended;
    return std::nullopt;
}

void Zygote::has_answered() {
    is_ready_ = true;
    const std::lock_guard lock(mutex_);
    probe_ = {};
    silent_for_ = {};
}

void Zygote::await(int socket, short events, const Patience& patience) {
    std::array<pollfd, 3> entries = {
        {{socket, events, 0}, {patience.wake_fd(), POLLIN, 0}, {pid_fd_.get(), POLLIN, 0}}};
    for (;;) {
        const SteadyTime begin = std::chrono::steady_clock::now();
        if (io::await_ready(entries, patience.deadline.earlier(Deadline::at(begin + kLook)))) {
            if (entries[0].revents != 0 || entries[2].revents != 0) return;
            throw CallEnded{CallEnded::Why::Stopped};
        }
        look_after(begin);
        if (patience.deadline.is_expired()) throw CallEnded{CallEnded::Why::Deadline};
    }
}

void Zygote::look_after(SteadyTime waiting_since) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (probe_.is_open() && io::await_readable(probe_.get(), Deadline::at(now))) {
        probe_ = {};
        silent_for_ = {};
    }
    if (!probe_.is_open()) send_probe();
    // Only what was waited, and no more than a look takes: this process may have been stopped too.
    silent_for_ += std::clamp<std::chrono::nanoseconds>(now - std::max(waiting_since, last_look_),
                                                        std::chrono::nanoseconds(0), 2 * kLook);
    last_look_ = now;
    if (silent_for_ >= std::max(command_.patience, kFarewell)) {
        is_stuck_ = true;
        kill(pid_, SIGKILL);
    } else if (silent_for_ >= kStopped) {
        siginfo_t state{};
        waitid(P_PID, static_cast<id_t>(pid_), &state, WSTOPPED | WNOHANG | WNOWAIT);
        if (state.si_pid != 0) kill(pid_, SIGCONT);
    }
}

void Zygote::send_probe() {
    try {
        io::DescriptorPair answer = io::socket_pair(SOCK_SEQPACKET);
        const int error = send_request(control_, end_request(0), answer.second, {});
        if (error == 0) probe_ = std::move(answer.first);
    } catch (const Error&) {
        // Without descriptors: it is tried again at the next look.
    }
}

std::optional<pid_t> Zygote::fork_worker(std::span<const int, 3> fds, const Patience& patience) {
    const auto answer = answer_to(ask("F", fds, patience), patience);
    if (!answer) {
        // Its descriptors are closed a moment before it has ended.
        const Deadline end = Deadline::after(kFarewell).earlier(patience.deadline);
        if (!io::await_readable(pid_fd_.get(), end)) {
            Error error = refused(EMFILE);  // no room for the socket that its answer goes to
            if (patience.deadline.is_expired()) throw CallEnded{CallEnded::Why::Deadline};
            throw error;
        }
        if (!is_ready_) throw start_failure();
        return std::nullopt;
    }
    if (*answer < 0) throw refused(-*answer);
    refusing_since_ = 0;
    return answer;
}

/// What it says when it gives no worker.
Error Zygote::refused(int error) {
    SteadyTime::rep none = 0;
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    refusing_since_.compare_exchange_strong(none, now);
    return {ErrorCode::WorkerCrashed,
            fmt::format("a python worker cannot start: {}", std::strerror(error))};
}

bool Zygote::is_useless() const {
    const SteadyTime::rep since = refusing_since_;
    return since != 0 &&
           std::chrono::steady_clock::now().time_since_epoch() - SteadyTime::duration(since) >=
               kUselessAfter;
}

/// Ends a zygote that has closed its control socket, unless it has ended by itself.
void Zygote::end_deaf() {
    if (io::await_readable(pid_fd_.get(), Deadline::after(kFarewell))) return;
    is_deaf_ = true;
    kill(pid_, SIGKILL);
}

std::string Zygote::end_reason(const siginfo_t& end) const {
    if (end.si_code == CLD_EXITED) return fmt::format("ended with exit status {}", end.si_status);
    if (is_stuck_) {
        return fmt::format("{} within {} ms", is_ready_ ? "did not answer" : "was not ready",
                           command_.patience.count());
    }
    if (is_deaf_) return "takes no requests";
    return fmt::format("was killed by {}", signal_text(end.si_status));
}

Error Zygote::start_failure() const {
    const siginfo_t end = how_it_ended(pid_);
    const bool is_ours = is_stuck_ || is_deaf_ || end.si_code == CLD_EXITED;
    return {ErrorCode::WorkerCrashed,
            fmt::format("python cannot start: '{}' {}", command_.arguments.at(0), end_reason(end)),
            {.hint = is_ours ? "" : signal_hint(end.si_status)}};
}

std::string Zygote::end_text() const {
    const siginfo_t end = how_it_ended(pid_);
    return end.si_pid == 0 ? "" : end_reason(end);
}

std::optional<int> Zygote::end_worker(pid_t worker) {
    const Patience patience{Deadline::after(kFarewell), nullptr};
    io::Descriptor question;
    try {
        question = ask(end_request(worker), {}, patience);
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
