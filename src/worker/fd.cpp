#include "fd.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kdeps/base/error.hpp"

namespace kdeps::worker {
namespace {

void require(int result, const char* what) {
    if (result >= 0) return;
    throw Error(ErrorCode::Internal, fmt::format("cannot make a {} for a python worker: {}", what,
                                                 std::strerror(errno)));
}

Fd make_event() {
    Fd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    require(event.get(), "wake-up event");
    return event;
}

}  // namespace

Fd::~Fd() {
    if (fd_ >= 0) close(fd_);
}

FdPair socket_pair(int type) {
    int fds[2];
    require(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), "socket");
    return {Fd(fds[0]), Fd(fds[1])};
}

FdPair pipe_pair() {
    int fds[2];
    require(pipe2(fds, O_CLOEXEC), "pipe");
    return {Fd(fds[0]), Fd(fds[1])};
}

void set_nonblocking(const Fd& fd) {
    fcntl(fd.get(), F_SETFL, O_NONBLOCK);
}

Wakeup::Wakeup(const std::stop_token& stop) : event_(make_event()), on_stop_(stop, Notify{this}) {}

void Wakeup::notify() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(event_.get(), &one, sizeof one);
}

}  // namespace kdeps::worker
