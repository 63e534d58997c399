#include "socket_copy.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kdeps/base/error.hpp"

namespace kdeps::db {

SocketCopy::SocketCopy(int socket, std::string_view endpoint)
    : copy_(fcntl(socket, F_DUPFD_CLOEXEC, 0)) {
    if (copy_ >= 0) return;
    // Without it nothing could end a call that waits for the server.
    throw Error(ErrorCode::ConnectionFailed,
                fmt::format("cannot connect to {}: its socket cannot be duplicated: {}", endpoint,
                            std::generic_category().message(errno)),
                {.hint = "raise the limit of open files (ulimit -n), or lower maxConnections"});
}

SocketCopy::~SocketCopy() {
    close(copy_);
}

void SocketCopy::shut_down() const noexcept {
    shutdown(copy_, SHUT_RDWR);
}

}  // namespace kdeps::db
