#include "socket_copy.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "kdeps/base/error.hpp"

namespace kdeps::db {

io::Descriptor copy_of_socket(int socket, std::string_view endpoint) {
    io::Descriptor copy = io::duplicate(socket);
    if (copy.is_open()) return copy;
    // Without it nothing could end a call that waits for the server.
    throw Error(ErrorCode::ConnectionFailed,
                fmt::format("cannot connect to {}: its socket cannot be duplicated: {}", endpoint,
                            std::generic_category().message(errno)),
                {.hint = "raise the limit of open files (ulimit -n), or lower maxConnections"});
}

bool has_ended(int socket) noexcept {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return true;  // not TCP
    return info.tcpi_state != TCP_FIN_WAIT1 && info.tcpi_state != TCP_FIN_WAIT2;
}

}  // namespace kdeps::db
