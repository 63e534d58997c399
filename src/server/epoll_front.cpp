// The loop of EpollFront: events, accepting, timeouts and the drain. What happens to one
// connection is in connection_flow.cpp.
#include "epoll_front.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/measure.hpp"
#include "kdeps/io/task_threads.hpp"

#include "connection_sink.hpp"

namespace kdeps::server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAcceptPause{100};

/// Marks in epoll's user data; everything else points to a Connection.
enum : std::uint64_t { kWakeMark = 1, kFirstListenerMark = 2, kMarks = 16 };

FrontSettings completed(FrontSettings settings) {
    if (settings.hot_workers == 0) settings.hot_workers = 2u * std::thread::hardware_concurrency();
    settings.max_workers = std::max<std::size_t>(settings.max_workers, 1);
    settings.all_bodies_bytes = std::max(settings.all_bodies_bytes, settings.limits.body_bytes);
    settings.hot_workers = std::clamp<std::size_t>(settings.hot_workers, 1, settings.max_workers);
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY) {
        // The rest is for databases and worker processes.
        settings.max_connections =
            std::min<std::size_t>(settings.max_connections, files.rlim_cur / 4 * 3);
    }
    return settings;
}

void require(int result, const char* what) {
    if (result >= 0) return;
    throw Error(ErrorCode::Internal,
                fmt::format("{} failed: {}", what, std::generic_category().message(errno)));
}

std::pair<std::string, bool> peer_of(const sockaddr_storage& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        return {text.data(), IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)};
    }
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), ntohl(v4.sin_addr.s_addr) >> 24 == 127};
}

std::uint32_t signals_of(std::uint32_t events) {
    std::uint32_t signals = 0;
    if (events & EPOLLIN) signals |= kReadable;
    if (events & EPOLLOUT) signals |= kWritable;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) signals |= kPeerGone;
    return signals;
}

}  // namespace

EpollFront::EpollFront(FrontSettings settings, Responder& responder, EventSink& events)
    : settings_(completed(settings)),
      responder_(responder),
      events_(events),
      bodies_(settings_.all_bodies_bytes),
      answers_(settings_.all_answers_bytes, [this] { wake(); }),
      wake_(io::make_event()) {
    epoll_ = io::Descriptor(epoll_create1(EPOLL_CLOEXEC));
    require(epoll_.get(), "epoll_create1");
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeMark}};
    require(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event), "epoll_ctl");
    workers_ = std::make_unique<Workers>(WorkerSettings{.hot = settings_.hot_workers,
                                                        .max = settings_.max_workers,
                                                        .late_after = settings_.late_after,
                                                        .queue_patience = settings_.queue_patience},
                                         [this](Connection& connection) { serve(connection); });
}

EpollFront::~EpollFront() {
    request_stop();
    wait();
}

void EpollFront::adopt(io::Descriptor client) {
    sockaddr_storage address{};
    auto& local = reinterpret_cast<sockaddr_in&>(address);
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    add_client(std::move(client), address);
}

void EpollFront::start(Listeners listeners) {
    listeners_ = std::move(listeners);
    set_accepting(true);
    loop_ = io::start_thread([this] { run_loop(); });
}

void EpollFront::request_stop() {
    drain_source_.request_stop();
    wake();
}

void EpollFront::wait() {
    if (loop_.joinable()) loop_.join();
}

void EpollFront::wake() {
    io::notify(wake_);
}

void EpollFront::run_loop() {
    loop_id_ = std::this_thread::get_id();
    for (;;) {
        handle_events(next_timeout_ms());
        const SteadyTime now = std::chrono::steady_clock::now();
        if (drain_source_.stop_requested() && drain_ == Drain::No) begin_drain();
        if (drain_ != Drain::No) continue_drain(now);
        if (now >= next_sweep_) sweep(now);
        if (workers_->has_waiting()) relieve(now);
        if (answers_.excess() > 0) shed(now);
        bury();
        if (drain_ != Drain::No && connections_.empty()) return;
    }
}

int EpollFront::next_timeout_ms() const {
    if (workers_->has_waiting()) return 1;
    if (connections_.empty() && accepting_) return -1;
    return static_cast<int>(settings_.sweep_interval.count());
}

void EpollFront::handle_events(int timeout_ms) {
    std::array<epoll_event, 256> ready;
    const int count =
        epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), timeout_ms);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = ready[static_cast<std::size_t>(i)];
        if (event.data.u64 == kWakeMark) {
            std::uint64_t ignored = 0;
            [[maybe_unused]] const auto size = ::read(wake_.get(), &ignored, sizeof ignored);
        } else if (event.data.u64 < kMarks) {
            const std::size_t index = event.data.u64 - kFirstListenerMark;
            if (accepting_) accept_clients(listeners_.sockets[index].get());
        } else {
            auto& connection = *static_cast<Connection*>(event.data.ptr);
            const std::uint32_t signals = signals_of(event.events);
            // A run must hear of it at once, while its worker owns the connection.
            if (signals & kPeerGone) connection.stop.request_stop();
            if (connection.ownership.signal(signals)) drive(connection);
        }
    }
}

void EpollFront::accept_clients(int listener) {
    for (int i = 0; i < 256; ++i) {
        if (connections_.size() >= settings_.max_connections) {
            set_accepting(false);
            return;
        }
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        io::Descriptor client(accept4(listener, reinterpret_cast<sockaddr*>(&address), &size,
                                      SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (client.is_open()) {
            add_client(std::move(client), address);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            events_.emit(Notice{LogLevel::Warning, "server",
                                fmt::format("cannot accept connections for now: {}",
                                            std::generic_category().message(errno))});
            set_accepting(false);
            return;
        } else if (errno == EAGAIN) {
            return;
        }  // else one client's failure, such as ECONNABORTED: the next one
    }
}

void EpollFront::add_client(io::Descriptor client, const sockaddr_storage& address) {
    auto connection =
        std::make_unique<Connection>(std::move(client), settings_.limits, bodies_, answers_);
    std::tie(connection->request.remote_address, connection->request.is_remote_loopback) =
        peer_of(address);
    connection->request.drain = drain_source_.get_token();
    connection->request.stop = connection->stop.get_token();
    await_request(*connection);
    Connection* const raw = connection.get();
    connections_.push_back(std::move(connection));
    raw->place = std::prev(connections_.end());
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = raw}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, raw->socket.get(), &event) != 0) {
        connections_.erase(raw->place);
    }
}

void EpollFront::set_accepting(bool accepting) {
    accepting_ = accepting;
    accept_again_at_ = std::chrono::steady_clock::now() + kAcceptPause;
    for (std::size_t i = 0; i < listeners_.sockets.size(); ++i) {
        const int fd = listeners_.sockets[i].get();
        epoll_event event{.events = EPOLLIN, .data = {.u64 = kFirstListenerMark + i}};
        // Taken out while accepting is impossible: a listener that stays ready would spin.
        epoll_ctl(epoll_.get(), accepting ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, &event);
    }
}

void EpollFront::begin_drain() {
    drain_ = Drain::Finishing;
    drain_step_at_ = std::chrono::steady_clock::now() + settings_.drain_timeout;
    listeners_.sockets.clear();
    for (const auto& connection : connections_) {
        if (connection->ownership.signal(kDraining)) drive(*connection);
    }
}

void EpollFront::continue_drain(SteadyTime now) {
    if (now < drain_step_at_) return;
    if (drain_ == Drain::Finishing) {
        drain_ = Drain::Cancelling;
        drain_step_at_ = now + settings_.cancel_timeout;
        for (const auto& connection : connections_) connection->stop.request_stop();
    } else if (drain_ == Drain::Cancelling) {
        drain_ = Drain::Closing;
        drain_step_at_ = SteadyTime::max();
        events_.emit(Notice{
            LogLevel::Warning, "server",
            fmt::format("closing {} connections that did not end in time", connections_.size())});
        for (const auto& connection : connections_) io::shut_down(connection->socket);
    }
}

void EpollFront::sweep(SteadyTime now) {
    next_sweep_ = now + settings_.sweep_interval;
    for (const auto& connection : connections_) {
        if (connection->deadline.load(std::memory_order_relaxed) >= now.time_since_epoch().count())
            continue;
        if (connection->ownership.signal(kExpired)) drive(*connection);
    }
    if (!accepting_ && now >= accept_again_at_ && drain_ == Drain::No &&
        connections_.size() < settings_.max_connections) {
        set_accepting(true);
    }
}

void EpollFront::relieve(SteadyTime now) {
    if (now - last_relief_ < settings_.late_after) return;
    last_relief_ = now;
    const auto refused = workers_->relieve(now);
    const bool lacks_threads = workers_->thread_count() < settings_.max_workers;
    for (Connection* const connection : refused) {
        connection->request.lacks_threads = lacks_threads;
        connection->request.is_overloaded = true;
        Stopwatch(events_, connection->request.received_at)
            .stop({.kind = Measurement::Kind::Refusal,
                   .name = "workers",
                   .error = error_name(ErrorCode::ServiceUnavailable)});
        serve(*connection);
    }
}

/// Too many bytes wait for clients: closes those that have read the slowest until the others fit.
/// The last one stays, however much it asked for.
void EpollFront::shed(SteadyTime now) {
    const auto rate = [now](const Connection& connection, SteadyTime::rep since) {
        const auto waited = std::max<SteadyTime::rep>(now.time_since_epoch().count() - since, 1);
        return static_cast<double>(connection.taken.load(std::memory_order_relaxed)) /
               static_cast<double>(waited);
    };
    for (;;) {
        std::size_t being_freed = 0;
        std::size_t waiting = 0;
        Connection* slowest = nullptr;
        double slowest_rate = 0;
        for (const auto& connection : connections_) {
            if (connection->is_shed) being_freed += connection->answer_share.bytes();
            const auto since = connection->waits_since.load(std::memory_order_relaxed);
            if (connection->is_shed || since == 0) continue;
            ++waiting;
            const double its_rate = rate(*connection, since);
            if (slowest != nullptr && its_rate >= slowest_rate) continue;
            slowest = connection.get();
            slowest_rate = its_rate;
        }
        if (answers_.excess() <= being_freed || waiting < 2) return;
        slowest->is_shed = true;
        events_.emit(Notice{LogLevel::Warning, "server",
                            fmt::format("closing the slowest reader: {} bytes wait for it, and {} "
                                        "for all are too many",
                                        slowest->answer_share.bytes(),
                                        answers_.excess() + settings_.all_answers_bytes)});
        reset_on_close(slowest->socket.get());
        io::shut_down(slowest->socket);  // its owner finds that it cannot send on
    }
}

void EpollFront::bury() {
    std::vector<Connection*> dead;
    {
        const std::lock_guard lock(graveyard_mutex_);
        dead.swap(graveyard_);
    }
    // Closing a socket also takes it out of epoll.
    for (Connection* const connection : dead) connections_.erase(connection->place);
}

}  // namespace kdeps::server
