#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "kdeps/io/descriptor.hpp"

#include "body_reader.hpp"
#include "byte_budget.hpp"
#include "exchange.hpp"
#include "front_settings.hpp"
#include "request_head.hpp"

namespace kdeps::server {

/// What happened to a connection since its owner last looked.
enum Signal : std::uint32_t {
    kReadable = 1u << 0,
    kWritable = 1u << 1,
    kPeerGone = 1u << 2,
    kExpired = 1u << 3,   ///< The sweep found its deadline passed.
    kDraining = 1u << 4,  ///< The server stops.
};

/// Decides which one thread works on a connection, without a lock: whoever signals a connection
/// that nobody owns becomes its owner, otherwise the owner finds the signal when it lets go.
class Ownership {
 public:
    /// True: the caller is the owner now and must handle `signals`.
    [[nodiscard]] bool signal(std::uint32_t signals) {
        return (state_.fetch_or(signals | kOwned, std::memory_order_acq_rel) & kOwned) == 0;
    }
    /// By the owner: what has been signalled to it so far. A fresh owner calls it first.
    [[nodiscard]] std::uint32_t take() {
        return state_.exchange(kOwned, std::memory_order_acq_rel) & ~kOwned;
    }
    /// By the owner: true when it is rid of the connection, false when signals are waiting.
    [[nodiscard]] bool release() {
        std::uint32_t expected = kOwned;
        return state_.compare_exchange_strong(expected, 0, std::memory_order_acq_rel);
    }

 private:
    static constexpr std::uint32_t kOwned = 1u << 31;
    std::atomic<std::uint32_t> state_{0};
};

/// One client's socket and what has been read and is still to be written.
///
/// Threads: `ownership`, `deadline`, `stop`, `waits_since`, `taken` and the shares' bytes() from
///          any; the rest belongs to the owner.
struct Connection {
    enum class Phase {
        Head,     ///< Waiting for a request, or for the rest of its head.
        Body,     ///< Waiting for the rest of its body.
        Running,  ///< With the workers.
        Writing,  ///< The client reads slowly; the loop sends the rest.
        Linger,   ///< Answered early: reading on so that the answer is not lost to a reset.
    };

    Connection(io::Descriptor client, const RequestLimits& limits, ByteBudget& bodies,
               ByteBudget& answers)
        : socket(std::move(client)),
          scanner(limits),
          reader(limits.body_bytes),
          body_share(bodies),
          answer_share(answers) {}

    const io::Descriptor socket;
    Ownership ownership;
    std::atomic<SteadyTime::rep> deadline{SteadyTime::max().time_since_epoch().count()};
    std::stop_source stop;  ///< Requested at most once: a client that is gone stays gone.
    std::list<std::unique_ptr<Connection>>::iterator place;  ///< The loop's.
    bool is_shed = false;  ///< The loop's: it is being closed, since it read too slowly.

    Phase phase = Phase::Head;
    std::string in;  ///< Read, not yet used.
    HeadScanner scanner;
    BodyReader reader;
    ByteShare body_share;
    SteadyTime began{};  ///< To read what is being read now.
    Incoming request;
    std::string out;       ///< To be sent, from `sent` on,
    std::string body;      ///< followed by this.
    std::size_t sent = 0;  ///< Of both together.
    ByteShare answer_share;
    SteadyTime answered_at{};
    std::atomic<SteadyTime::rep> waits_since{0};  ///< The client is behind since then; 0: is not.
    std::atomic<std::size_t> taken{0};            ///< Bytes of this answer.
    bool may_read = false;                        ///< The socket may hold bytes.
    bool is_peer_gone = false;                    ///< It will send nothing more.
    bool closes = false;                          ///< After the answer has been sent.
    bool has_unread_request = false;              ///< Closing at once would reset the connection.
};

}  // namespace kdeps::server
