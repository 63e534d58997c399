#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/socket.h>

#include "kdeps/base/event.hpp"
#include "kdeps/io/descriptor.hpp"

#include "byte_budget.hpp"
#include "connection.hpp"
#include "exchange.hpp"
#include "front_settings.hpp"
#include "listener.hpp"
#include "workers.hpp"

namespace kdeps::server {

/// Owns the sockets: accepts, reads and bounds whole requests, hands them to workers, sends what a
/// slow client has not taken yet, and enforces every timeout.
///
/// One thread waits in epoll; registration is edge-triggered and done once, so a request costs one
/// recv and one send. A connection that waits costs no thread. Which thread may touch a connection
/// is decided by its Ownership; only the loop destroys one.
///
/// Threads: start() and wait() from one thread; request_stop() from any.
class EpollFront {
 public:
    EpollFront(FrontSettings settings, Responder& responder, EventSink& events);
    ~EpollFront();  ///< Stops and waits.
    EpollFront(const EpollFront&) = delete;
    EpollFront& operator=(const EpollFront&) = delete;

    /// Serves a connected stream socket as if a client of this machine had been accepted. REQUIRES:
    /// start() was not called yet.
    void adopt(io::Descriptor client);
    void start(Listeners listeners);
    void request_stop();
    void wait();
    [[nodiscard]] std::size_t worker_count() const { return workers_->thread_count(); }

 private:
    // The loop's own thread.
    void run_loop();
    void handle_events(int timeout_ms);
    void accept_clients(int listener);
    void add_client(io::Descriptor client, const sockaddr_storage& address);
    void set_accepting(bool accepting);
    void begin_drain();
    void continue_drain(SteadyTime now);
    void sweep(SteadyTime now);
    void relieve(SteadyTime now);
    void shed(SteadyTime now);
    void bury();
    [[nodiscard]] int next_timeout_ms() const;

    // Whoever owns the connection. The bool functions say whether it is still theirs.
    void serve(Connection& connection);
    void drive(Connection& connection);
    [[nodiscard]] bool advance(Connection& connection, std::uint32_t signals);
    [[nodiscard]] bool read_request(Connection& connection);
    [[nodiscard]] bool receive(Connection& connection);
    [[nodiscard]] bool parse(Connection& connection);
    [[nodiscard]] bool parse_head(Connection& connection);
    [[nodiscard]] bool parse_body(Connection& connection);
    [[nodiscard]] bool expire(Connection& connection);
    [[nodiscard]] bool write_on(Connection& connection);
    [[nodiscard]] bool linger(Connection& connection);
    [[nodiscard]] bool retire(Connection& connection);
    void respond(Connection& connection);
    void refuse(Connection& connection, Refusal refusal, std::string_view who = "front");
    void await_request(Connection& connection);
    void set_body_deadline(Connection& connection) const;
    static void drop_body(Connection& connection);

    void wake();

    const FrontSettings settings_;
    Responder& responder_;
    EventSink& events_;

    ByteBudget bodies_;   ///< Of requests.
    ByteBudget answers_;  ///< Rendered, not taken by their clients yet.

    io::Descriptor epoll_;
    io::Descriptor wake_;  ///< An event.
    Listeners listeners_;
    bool accepting_ = true;
    SteadyTime accept_again_at_{};
    std::list<std::unique_ptr<Connection>> connections_;
    SteadyTime next_sweep_{};
    SteadyTime last_relief_{};
    enum class Drain { No, Finishing, Cancelling, Closing } drain_ = Drain::No;
    SteadyTime drain_step_at_{};

    std::stop_source drain_source_;  ///< Requested first of all: answers say so at once.
    std::mutex graveyard_mutex_;
    std::vector<Connection*> graveyard_;  ///< Ended; to be closed by the loop.
    std::unique_ptr<Workers> workers_;
    std::thread::id loop_id_;  ///< Set before there are workers.
    std::jthread loop_;
};

}  // namespace kdeps::server
