#pragma once

#include <span>
#include <utility>

#include <poll.h>
#include <sys/types.h>

#include "kdeps/base/clock.hpp"

namespace kdeps::io {

/// An open file descriptor, closed at the end of its scope.
class Descriptor {
 public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { reset(); }

    [[nodiscard]] int get() const { return fd_; }  ///< -1 for none.
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    void reset() noexcept;  ///< Closes it now.

 private:
    int fd_ = -1;
};

/// Two connected ends.
struct DescriptorPair {
    Descriptor first;   ///< For a pipe: the reading end.
    Descriptor second;  ///< For a pipe: the writing end.
};

// What these make is closed on exec.
//
// Errors: Error(Internal) when the process has no descriptors left.
[[nodiscard]] DescriptorPair socket_pair(int type);
[[nodiscard]] DescriptorPair pipe_pair();
[[nodiscard]] Descriptor make_event();  ///< An eventfd that does not block.

/// A descriptor of our own for the same open file; none if the process has none left (errno).
[[nodiscard]] Descriptor duplicate(int fd) noexcept;
/// Readable once the process has ended; none where the kernel lacks it.
[[nodiscard]] Descriptor open_pid_fd(pid_t pid) noexcept;
/// SIGKILL for the process, never for another one that got its number.
void kill_process(const Descriptor& pid_fd) noexcept;
/// Wakes whoever waits for the socket, here and at the other end. Does not block.
void shut_down(const Descriptor& socket) noexcept;
void set_nonblocking(const Descriptor& descriptor) noexcept;
/// Makes an event readable. Does not block.
void notify(const Descriptor& event) noexcept;

/// poll() until one of `entries` is ready, whatever signals, stops and debuggers interrupt it;
/// false at the deadline.
[[nodiscard]] bool await_ready(std::span<pollfd> entries, Deadline deadline) noexcept;
[[nodiscard]] bool await_readable(int fd, Deadline deadline) noexcept;

}  // namespace kdeps::io
