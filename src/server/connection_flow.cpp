// The part of EpollFront that moves one connection through its phases. Everything here runs on
// the thread that owns the connection: the loop, or the worker that has just answered.
#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

#include <sys/socket.h>

#include "kdeps/base/measure.hpp"

#include "connection_sink.hpp"
#include "epoll_front.hpp"

namespace kdeps::server {
namespace {

constexpr std::size_t kReceiveBytes = 64u << 10;
constexpr std::size_t kLingerBytes = 1u << 20;  ///< Most that is read and dropped.

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

void set_deadline(Connection& connection, SteadyTime time) {
    connection.deadline.store(time.time_since_epoch().count(), std::memory_order_relaxed);
}

}  // namespace

void EpollFront::serve(Connection& connection) {
    Stopwatch(events_, connection.request.received_at).stop({.kind = Measurement::Kind::Queue});
    respond(connection);
    drive(connection);
}

void EpollFront::drive(Connection& connection) {
    try {
        do {
            if (!advance(connection, connection.ownership.take())) return;
        } while (!connection.ownership.release());
    } catch (const std::exception&) {  // out of memory: this client pays for it
        [[maybe_unused]] const bool is_ours = retire(connection);
    }
}

bool EpollFront::advance(Connection& connection, std::uint32_t signals) {
    if (signals & (kReadable | kPeerGone)) connection.may_read = true;
    if (signals & kPeerGone) connection.is_peer_gone = true;
    if ((signals & kExpired) &&
        connection.deadline.load(std::memory_order_relaxed) < now().time_since_epoch().count()) {
        return expire(connection);
    }
    const bool is_idle = connection.phase == Connection::Phase::Head && connection.in.empty();
    if ((signals & kDraining) && is_idle) return retire(connection);
    switch (connection.phase) {
        case Connection::Phase::Head:
        case Connection::Phase::Body:
            return read_request(connection);
        case Connection::Phase::Writing:
            return write_on(connection);
        case Connection::Phase::Linger:
            return linger(connection);
        case Connection::Phase::Running:
            break;  // owned by the queue, never by a caller of this
    }
    return true;
}

bool EpollFront::read_request(Connection& connection) {
    for (;;) {
        if (parse(connection)) {
            if (connection.phase == Connection::Phase::Writing) return write_on(connection);
            connection.phase = Connection::Phase::Running;
            connection.request.received_at = now();
            Stopwatch(events_, connection.began)
                .stop({.kind = Measurement::Kind::RequestRead,
                       .amount = connection.scanner.head_bytes() + connection.request.body.size()});
            set_deadline(connection, SteadyTime::max());
            workers_->submit(connection, connection.request.received_at);
            return false;
        }
        if (!connection.may_read) return true;
        if (!receive(connection)) return retire(connection);
    }
}

/// False when the connection has ended.
bool EpollFront::receive(Connection& connection) {
    std::array<char, kReceiveBytes> buffer;
    const ssize_t count = ::recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
    if (count < 0) {
        connection.may_read = errno == EINTR;
        return errno == EAGAIN || errno == EINTR;
    }
    if (count == 0) return false;
    const auto size = static_cast<std::size_t>(count);
    // Less than asked for: the socket is empty, and new bytes will be a new edge.
    if (size < buffer.size() && !connection.is_peer_gone) connection.may_read = false;
    if (connection.phase == Connection::Phase::Body) {
        set_body_deadline(connection);
    } else if (connection.in.empty()) {
        connection.began = now();
        set_deadline(connection, connection.began + settings_.head_timeout);
    }
    connection.in.append(buffer.data(), size);
    return true;
}

/// True when there is a request to run, or (phase Writing) a refusal to send.
bool EpollFront::parse(Connection& connection) {
    if (connection.phase == Connection::Phase::Head && !parse_head(connection)) return false;
    if (connection.phase == Connection::Phase::Writing) return true;
    return parse_body(connection);
}

bool EpollFront::parse_head(Connection& connection) {
    // RFC 9112 2.2: empty lines before a request are a mistake of old clients and are skipped.
    std::size_t empty = 0;
    while (std::string_view(connection.in).substr(empty).starts_with("\r\n")) empty += 2;
    connection.in.erase(0, empty);
    switch (connection.scanner.scan(connection.in)) {
        case HeadScanner::Status::NeedMore:
            return false;
        case HeadScanner::Status::Refused:
            refuse(connection, connection.scanner.refusal());
            return true;
        case HeadScanner::Status::Complete:
            break;
    }
    RequestHead& head = connection.request.head;
    const std::size_t bytes = connection.scanner.head_bytes();
    auto refusal = head.parse(std::string_view(connection.in).substr(0, bytes));
    connection.in.erase(0, bytes);
    if (!refusal) refusal = connection.reader.start(head);
    if (refusal) {
        refuse(connection, *refusal);
        return true;
    }
    connection.phase = Connection::Phase::Body;
    if (!head.is_chunked && head.content_length.value_or(0) == 0) return true;
    connection.began = now();
    set_body_deadline(connection);
    if (head.expects_continue && head.minor_version == 1 && connection.in.empty()) {
        connection.out = "HTTP/1.1 100 Continue\r\n\r\n";
        [[maybe_unused]] const Sent sent = flush(connection);  // a failure shows when we read
    }
    return true;
}

bool EpollFront::parse_body(Connection& connection) {
    std::string_view input = connection.in;
    const auto status = connection.reader.feed(input, connection.request.body);
    connection.in.erase(0, connection.in.size() - input.size());
    if (status == BodyReader::Status::Refused) {
        refuse(connection, connection.reader.refusal());
    } else if (!connection.body_share.resize(connection.request.body.size())) {
        drop_body(connection);
        refuse(connection, {503, "SERVICE_UNAVAILABLE", "too many large requests at once"},
               "bodies");
    } else if (status == BodyReader::Status::NeedMore) {
        return false;
    }
    return true;
}

void EpollFront::drop_body(Connection& connection) {
    recycle(connection.request.body);
    connection.body_share.resize(0);
}

void EpollFront::set_body_deadline(Connection& connection) const {
    const std::chrono::duration<double> earned(
        static_cast<double>(connection.request.body.size() + connection.in.size()) /
        static_cast<double>(settings_.body_bytes_per_second));
    const SteadyTime slowest = connection.began + settings_.body_grace +
                               std::chrono::duration_cast<SteadyTime::duration>(earned);
    set_deadline(connection, std::min(now() + settings_.body_timeout, slowest));
}

bool EpollFront::expire(Connection& connection) {
    const bool is_reading = connection.phase == Connection::Phase::Body ||
                            (connection.phase == Connection::Phase::Head && !connection.in.empty());
    if (!is_reading) return retire(connection);
    refuse(connection, {408, "REQUEST_TIMEOUT", "the request did not arrive in time"});
    return write_on(connection);
}

void EpollFront::refuse(Connection& connection, Refusal refusal, std::string_view who) {
    Stopwatch(events_, connection.began)
        .stop({.kind = Measurement::Kind::Refusal, .name = who, .error = refusal.code});
    connection.request.refusal = std::move(refusal);
    connection.request.received_at = now();
    connection.has_unread_request = true;
    respond(connection);
}

void EpollFront::respond(Connection& connection) {
    connection.answered_at = now();
    connection.taken = 0;
    ConnectionSink sink(connection, settings_.write_timeout);
    const Responder::After after = responder_.respond(connection.request, sink);
    connection.closes = after != Responder::After::KeepAlive;
    if (after == Responder::After::Abandon) abandon_answer(connection);
    connection.phase = Connection::Phase::Writing;
    set_deadline(connection, now() + settings_.write_timeout);
}

bool EpollFront::write_on(Connection& connection) {
    const std::size_t before = connection.sent;
    switch (flush(connection)) {
        case Sent::Failed:
            return retire(connection);
        case Sent::Some:
            if (answers_.excess() > 0) wake();  // the loop can choose this reader now
            if (connection.sent > before) set_deadline(connection, now() + settings_.write_timeout);
            return true;
        case Sent::All:
            break;
    }
    Stopwatch(events_, connection.answered_at)
        .stop({.kind = Measurement::Kind::AnswerSent, .amount = connection.taken});
    // The signal of a drain that began behind the answer was taken while this was not idle.
    const bool is_draining = drain_source_.stop_requested() && connection.in.empty();
    if (!connection.closes && !connection.is_peer_gone && !is_draining) {
        await_request(connection);
        return read_request(connection);
    }
    if (connection.is_peer_gone || (!connection.has_unread_request && connection.in.empty())) {
        return retire(connection);
    }
    // Closing now would answer the bytes still arriving with a reset, which can destroy our answer
    // before the client reads it.
    ::shutdown(connection.socket.get(), SHUT_WR);
    connection.phase = Connection::Phase::Linger;
    connection.began = now();
    set_deadline(connection, connection.began + settings_.linger_timeout);
    connection.may_read = true;
    return linger(connection);
}

void EpollFront::await_request(Connection& connection) {
    connection.phase = Connection::Phase::Head;
    connection.scanner.reset();
    connection.request.head.clear();
    drop_body(connection);
    connection.request.refusal.reset();
    connection.request.is_overloaded = false;
    connection.began = now();
    set_deadline(connection, connection.began + (connection.in.empty() ? settings_.idle_timeout
                                                                       : settings_.head_timeout));
}

bool EpollFront::linger(Connection& connection) {
    std::array<char, kReceiveBytes> buffer;
    std::size_t dropped = 0;
    while (connection.may_read && dropped < kLingerBytes) {
        const ssize_t count = ::recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
            return retire(connection);
        }
        if (count < 0) connection.may_read = errno == EINTR;
        if (count > 0) dropped += static_cast<std::size_t>(count);
    }
    return connection.may_read ? retire(connection) : true;
}

/// The connection has ended: it stays owned for ever, so that nobody else touches it.
bool EpollFront::retire(Connection& connection) {
    {
        const std::lock_guard lock(graveyard_mutex_);
        graveyard_.push_back(&connection);
    }
    if (std::this_thread::get_id() != loop_id_) wake();
    return false;
}

}  // namespace kdeps::server
