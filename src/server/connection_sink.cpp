#include "connection_sink.hpp"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace kdeps::server {
namespace {

constexpr std::size_t kKeptCapacity = 16u << 10;  ///< Larger buffers are freed between requests.
constexpr std::size_t kLargeBytes = 32u << 10;  ///< Kept apart from the head, and counted at once.
constexpr std::size_t kFullBytes = 64u << 10;   ///< Unsent pieces that make a producer wait.

/// What of `text` lies behind `offset`.
iovec rest_of(const std::string& text, std::size_t offset) {
    if (offset >= text.size()) return {};
    return {const_cast<char*>(text.data()) + offset, text.size() - offset};
}

}  // namespace

void recycle(std::string& buffer) {
    if (buffer.capacity() > kKeptCapacity) {
        std::string().swap(buffer);
    } else {
        buffer.clear();
    }
}

Sent flush(Connection& connection) {
    const std::size_t in_out = connection.out.size();
    const std::size_t total = in_out + connection.body.size();
    while (connection.sent < total) {
        const std::size_t sent = connection.sent;
        std::array<iovec, 2> parts{rest_of(connection.out, sent),
                                   rest_of(connection.body, sent > in_out ? sent - in_out : 0)};
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = parts.size();
        const ssize_t count =
            ::sendmsg(connection.socket.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno != EAGAIN) return Sent::Failed;
        if (count < 0) {
            connection.waits_since.store(connection.answered_at.time_since_epoch().count(),
                                         std::memory_order_relaxed);
            connection.answer_share.resize(total);
            return Sent::Some;
        }
        connection.sent += static_cast<std::size_t>(count);
        connection.taken += static_cast<std::size_t>(count);
    }
    recycle(connection.out);
    recycle(connection.body);
    connection.sent = 0;
    connection.waits_since.store(0, std::memory_order_relaxed);
    connection.answer_share.resize(0);
    return Sent::All;
}

void abandon_answer(Connection& connection) {
    recycle(connection.out);
    recycle(connection.body);
    connection.sent = 0;
    reset_on_close(connection.socket.get());
}

void reset_on_close(int fd) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void ConnectionSink::claim(std::size_t bytes) {
    if (bytes < kLargeBytes && connection_.answer_share.bytes() == 0) return;
    connection_.answer_share.resize(bytes);
}

void ConnectionSink::append_body(std::string&& body) {
    if (body.size() < kLargeBytes) {
        connection_.out.append(body);
    } else {
        connection_.body = std::move(body);
    }
}

bool ConnectionSink::is_full() const {
    return connection_.out.size() - connection_.sent >= kFullBytes;
}

bool ConnectionSink::write(std::string_view bytes) {
    if (!wait()) return false;
    connection_.out.erase(0, connection_.sent);
    connection_.sent = 0;
    connection_.out.append(bytes);
    return flush(connection_) != Sent::Failed;
}

bool ConnectionSink::wait() {
    while (is_full()) {
        pollfd writable{connection_.socket.get(), POLLOUT, 0};
        const int count = ::poll(&writable, 1, static_cast<int>(write_timeout_.count()));
        if (count == 0 || (count < 0 && errno != EINTR)) return false;
        if (flush(connection_) == Sent::Failed) return false;
    }
    return true;
}

}  // namespace kdeps::server
