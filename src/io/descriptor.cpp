#include "kdeps/io/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kdeps/base/error.hpp"

namespace kdeps::io {
namespace {

void require(int result, std::string_view what) {
    if (result >= 0) return;
    throw Error(
        ErrorCode::Internal,
        fmt::format("no {} could be made: {}", what, std::generic_category().message(errno)),
        {.hint = errno == EMFILE ? "raise the limit of open files (ulimit -n)" : ""});
}

}  // namespace

void Descriptor::reset() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

DescriptorPair socket_pair(int type) {
    int fds[2];
    require(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), "socket");
    return {Descriptor(fds[0]), Descriptor(fds[1])};
}

DescriptorPair pipe_pair() {
    int fds[2];
    require(::pipe2(fds, O_CLOEXEC), "pipe");
    return {Descriptor(fds[0]), Descriptor(fds[1])};
}

Descriptor make_event() {
    Descriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    require(event.get(), "event");
    return event;
}

Descriptor duplicate(int fd) noexcept {
    return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

Descriptor open_pid_fd(pid_t pid) noexcept {
    return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

void kill_process(const Descriptor& pid_fd) noexcept {
    ::syscall(SYS_pidfd_send_signal, pid_fd.get(), SIGKILL, nullptr, 0);
}

void shut_down(const Descriptor& socket) noexcept {
    ::shutdown(socket.get(), SHUT_RDWR);
}

void set_nonblocking(const Descriptor& descriptor) noexcept {
    ::fcntl(descriptor.get(), F_SETFL, O_NONBLOCK);
}

void notify(const Descriptor& event) noexcept {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then it is readable already.
    [[maybe_unused]] const auto written = ::write(event.get(), &one, sizeof one);
}

bool await_ready(std::span<pollfd> entries, Deadline deadline) noexcept {
    for (;;) {
        const auto left = deadline.remaining();
        const auto millis = left ? std::min<std::int64_t>(left->count(), INT_MAX) : -1;
        const int ready = ::poll(entries.data(), entries.size(), static_cast<int>(millis));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR && errno != EAGAIN) return true;  // let the caller find out
        if (deadline.is_expired()) return false;
    }
}

bool await_readable(int fd, Deadline deadline) noexcept {
    pollfd entry{fd, POLLIN, 0};
    return await_ready({&entry, 1}, deadline);
}

}  // namespace kdeps::io
