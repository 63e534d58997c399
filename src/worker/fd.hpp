#pragma once

#include <stop_token>
#include <utility>

namespace kdeps::worker {

/// Owns a file descriptor.
class Fd {
 public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd();

    [[nodiscard]] int get() const { return fd_; }  ///< -1 for none.

 private:
    int fd_ = -1;
};

/// Two connected ends; all descriptors are closed on exec.
struct FdPair {
    Fd first;   ///< For a pipe: the reading end.
    Fd second;  ///< For a pipe: the writing end.
};

/// Errors: Error(Internal) when the process has no descriptors left.
[[nodiscard]] FdPair socket_pair(int type);
[[nodiscard]] FdPair pipe_pair();
void set_nonblocking(const Fd& fd);

/// A descriptor that becomes readable once `stop` is requested or notify() was called.
///
/// Threads: notify() may come from another thread.
class Wakeup {
 public:
    explicit Wakeup(const std::stop_token& stop);
    [[nodiscard]] int fd() const { return event_.get(); }
    void notify() const noexcept;

 private:
    struct Notify {
        const Wakeup* wakeup;
        void operator()() const noexcept { wakeup->notify(); }
    };
    Fd event_;
    std::stop_callback<Notify> on_stop_;
};

}  // namespace kdeps::worker
