#include "listener.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/http_text.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps::server {
namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] bool is_v6() const { return storage.ss_family == AF_INET6; }
};

std::optional<Address> parse_address(std::string host, int port) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    Address address;
    sockaddr_in v4{};
    if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(static_cast<std::uint16_t>(port));
        std::memcpy(&address.storage, &v4, sizeof v4);
        address.size = sizeof v4;
        return address;
    }
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(static_cast<std::uint16_t>(port));
        std::memcpy(&address.storage, &v6, sizeof v6);
        address.size = sizeof v6;
        return address;
    }
    return std::nullopt;
}

[[noreturn]] void throw_no_address(const std::string& host) {
    throw Error(ErrorCode::InvalidValue, fmt::format("cannot listen on host '{}'", host),
                {.hint = "use an IP address such as 127.0.0.1, 0.0.0.0 or ::1, or localhost"});
}

Address require_address(const std::string& host, int port) {
    if (auto address = parse_address(host, port)) return *address;
    throw_no_address(host);
}

int bound_port(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
    in_port_t port = 0;  // IPv4 and IPv6 addresses keep it in the same place
    static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
    std::memcpy(&port, reinterpret_cast<const char*>(&storage) + offsetof(sockaddr_in, sin_port),
                sizeof port);
    return ntohs(port);
}

void set_flag(int fd, int level, int option) {
    const int on = 1;
    setsockopt(fd, level, option, &on, sizeof on);
}

/// The error number, 0 when `socket` listens.
int try_listen(const Address& address, int backlog, io::Descriptor& socket) {
    socket = io::Descriptor(
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) return errno;
    set_flag(socket.get(), SOL_SOCKET, SO_REUSEADDR);  // a restart need not wait
    set_flag(socket.get(), IPPROTO_TCP, TCP_NODELAY);  // inherited by accepted sockets
    if (address.is_v6()) set_flag(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY);
    const auto* const raw = reinterpret_cast<const sockaddr*>(&address.storage);
    if (bind(socket.get(), raw, address.size) != 0) return errno;
    if (listen(socket.get(), backlog) != 0) return errno;
    return 0;
}

[[noreturn]] void throw_bind_error(const std::string& host, int port, int error) {
    if (error == EADDRINUSE) {
        throw Error(ErrorCode::AddressInUse,
                    fmt::format("port {} of {} is already in use", port, host),
                    {.hint = fmt::format("stop the other program or choose another port, for "
                                         "example with --port {}",
                                         port < 65535 ? port + 1 : port - 1)});
    }
    throw Error(ErrorCode::InvalidValue,
                fmt::format("cannot listen on {} port {}: {}", host, port,
                            std::generic_category().message(error)),
                {.hint = error == EACCES ? "ports below 1024 need a privilege" : ""});
}

}  // namespace

bool is_local_host(const std::string& host) {
    if (!is_listen_address(host)) throw_no_address(host);
    return is_loopback(host);
}

Listeners open_listeners(const std::string& host, int port, int backlog) {
    if (port < 0 || port > 65535) {
        throw Error(ErrorCode::InvalidValue,
                    fmt::format("port {} is not between 0 and 65535", port));
    }
    const bool is_localhost = equals_ignoring_case(host, "localhost");
    Listeners listeners;
    io::Descriptor socket;
    const Address first = require_address(is_localhost ? "127.0.0.1" : host, port);
    if (const int error = try_listen(first, backlog, socket)) throw_bind_error(host, port, error);
    listeners.port = bound_port(socket.get());
    listeners.sockets.push_back(std::move(socket));
    if (!is_localhost) return listeners;

    io::Descriptor second;
    const int error = try_listen(require_address("::1", listeners.port), backlog, second);
    if (error == 0) {
        listeners.sockets.push_back(std::move(second));
    } else if (error == EADDRINUSE && port != 0) {
        throw_bind_error("::1", port, error);
    }  // else this machine has no IPv6, or another program has the free port we were given
    return listeners;
}

}  // namespace kdeps::server
