#pragma once

#include <string_view>

namespace kdeps::db {

/// A descriptor of our own for the socket of a client library, so that shutting it down never meets
/// one that the library has closed meanwhile.
///
/// Threads: shut_down() from any thread.
class SocketCopy {
 public:
    /// `endpoint` is for the error.
    ///
    /// Errors: ConnectionFailed if the process has no descriptor left.
    SocketCopy(int socket, std::string_view endpoint);
    ~SocketCopy();
    SocketCopy(const SocketCopy&) = delete;
    SocketCopy& operator=(const SocketCopy&) = delete;

    [[nodiscard]] int get() const { return copy_; }
    /// Wakes whoever waits for the socket. Does not block.
    void shut_down() const noexcept;

 private:
    int copy_;
};

}  // namespace kdeps::db
