#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kdeps::server {

/// An open file descriptor, closed at the end of its scope.
class Descriptor {
 public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { reset(); }
    [[nodiscard]] int get() const { return fd_; }
    void reset();

 private:
    int fd_;
};

/// Whether `host` (`localhost` or an address) can be reached from this machine only.
///
/// Errors: Error(InvalidValue) when `host` is neither.
[[nodiscard]] bool is_local_host(const std::string& host);

struct Listeners {
    std::vector<Descriptor> sockets;  ///< Non-blocking; `localhost` gives one for IPv4 and one for
                                      ///< IPv6 where the machine has it.
    int port = 0;
};

/// Binds and listens. No SO_REUSEPORT: a second server on the port fails instead of sharing it.
///
/// Errors: Error(AddressInUse); Error(InvalidValue) when the address is wrong or not ours.
[[nodiscard]] Listeners open_listeners(const std::string& host, int port, int backlog);

}  // namespace kdeps::server
