// One request through the whole front, from a socket pair instead of a listener.
#include "kdeps/server/call.hpp"

#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/io/descriptor.hpp"
#include "kdeps/io/wakeup.hpp"

#include "body_reader.hpp"
#include "server_core.hpp"

namespace kdeps::server {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

/// Sends what the socket takes now. A server that has closed is no failure: it has answered.
void send_some(int socket, std::string_view& bytes) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
        bytes = {};
    }
}

/// Appends what has come; false at the end of the connection.
bool receive_some(int socket, std::string& bytes) {
    std::array<char, 64u << 10> buffer;
    const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0;
}

/// Everything that is answered until the server closes the connection.
std::string converse(int socket, std::string_view request, const std::stop_token& stop) {
    const io::Wakeup stopped(stop);
    std::string answer;
    for (;;) {
        const short events = request.empty() ? POLLIN : POLLIN | POLLOUT;
        std::array<pollfd, 2> entries{{{socket, events, 0}, {stopped.fd(), POLLIN, 0}}};
        (void)io::await_ready(entries, Deadline::never());
        if (entries[1].revents != 0) throw Error(ErrorCode::Cancelled, "the call was interrupted");
        if ((entries[0].revents & POLLOUT) != 0) send_some(socket, request);
        if ((entries[0].revents & ~POLLOUT) != 0 && !receive_some(socket, answer)) return answer;
    }
}

std::string unchunked(std::string_view bytes) {
    RequestHead head;
    head.is_chunked = true;
    BodyReader reader(std::numeric_limits<std::size_t>::max());
    std::string body;
    if (reader.start(head) || reader.feed(bytes, body) != BodyReader::Status::Complete) {
        throw Error(ErrorCode::Internal, "the answer is not complete");
    }
    return body;
}

bool is_chunked(std::string_view head) {
    return to_lower(head).find("\r\ntransfer-encoding: chunked") != std::string::npos;
}

/// Splits what the server sent; answers before the last one (100 Continue) are dropped.
SentAnswer read_answer(std::string_view bytes) {
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    for (;;) {
        const std::size_t end = bytes.find(kHeadEnd);
        const auto status =
            end == bytes.npos ? std::nullopt : parse_int64(bytes.substr(kVersion.size(), 3));
        if (!status)
            throw Error(ErrorCode::Internal, "the connection was closed without an answer");
        const std::string_view head = bytes.substr(0, end + kHeadEnd.size());
        bytes.remove_prefix(head.size());
        if (*status < 200) continue;
        return {.status = static_cast<int>(*status),
                .head = std::string(head),
                .body = is_chunked(head) ? unchunked(bytes) : std::string(bytes)};
    }
}

}  // namespace

SentAnswer call(const Site& site, std::string_view request, EventSink& events,
                const std::stop_token& stop) {
    ServerCore core(site, front_settings(site.settings), events);
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
        throw Error(ErrorCode::Internal, fmt::format("no socket could be made: {}",
                                                     std::generic_category().message(errno)));
    }
    io::Descriptor client(ends[0]);  // closed first: what still runs hears that it is gone
    core.serve_only(io::Descriptor(ends[1]));
    const std::string answer = converse(client.get(), request, stop);
    client.reset();  // a server that reads on, lest its refusal gets lost, sees that it need not
    core.request_stop();
    core.wait();
    return read_answer(answer);
}

}  // namespace kdeps::server
