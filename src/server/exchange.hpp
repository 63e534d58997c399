#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kdeps/base/clock.hpp"

#include "request_head.hpp"

namespace kdeps::server {

/// One request as the front hands it on: whole, bounded and checked.
struct Incoming {
    RequestHead head;
    std::string body;  ///< Decoded from chunks.
    std::string remote_address;
    bool is_remote_loopback = false;
    SteadyTime received_at{};        ///< When its last byte had been read.
    std::optional<Refusal> refusal;  ///< Set: answer with this; head and body may be incomplete.
    bool is_overloaded = false;  ///< No worker was free for it: answer without running anything.
    bool lacks_threads = false;  ///< That was for want of threads.
    std::stop_token drain;       ///< The server is stopping: answer, then close.
    std::stop_token stop;        ///< The client is gone, or the drain has lasted too long.
};

/// Where a producer puts the bytes of a body.
///
/// Threads: the producer's.
class BodySink {
 public:
    virtual ~BodySink() = default;
    /// Whether the client is so far behind that write() would wait for it.
    [[nodiscard]] virtual bool is_full() const = 0;
    /// Waits while it is full. False when the client is gone, or has taken nothing for as long as
    /// an answer may wait: there is nobody to go on for.
    [[nodiscard]] virtual bool write(std::string_view bytes) = 0;
};

/// Makes a body piece by piece on the thread of its request; each piece is sent on, so some KiB are
/// best. False, like an exception, means that the rest cannot be made: the connection is reset, so
/// that no client takes the part for the whole.
using BodyProducer = std::function<bool(BodySink&)>;

/// What is to be sent, before it becomes bytes.
struct Answer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::variant<std::string, BodyProducer> body;
    std::string failed_resource = {};       ///< For the log, as
    std::string error_code = {};            ///< the name of the error.
    bool is_abandoned = false;              ///< Nobody is there to read it: send nothing, close.
    std::shared_ptr<const void> site = {};  ///< What it was made by; kept until it is written.

    /// REQUIRES: the body is not produced.
    [[nodiscard]] const std::string& bytes() const { return std::get<std::string>(body); }
};

/// Makes answers.
///
/// Threads: safe to call from several threads at once.
class Handler {
 public:
    virtual ~Handler() = default;
    [[nodiscard]] virtual Answer handle(const Incoming& incoming) const noexcept = 0;
};

/// Takes the bytes of an answer, in order. What is appended is sent later, by whoever owns the
/// connection; what is written (see BodySink) is sent at once.
class ResponseSink : public BodySink {
 public:
    /// How many bytes the answer holds in memory from now on; large ones count for all clients.
    virtual void claim(std::size_t bytes) = 0;
    /// Where the head goes: behind what is sent already, if anything.
    [[nodiscard]] virtual std::string& head() = 0;
    virtual void append_body(std::string&& body) = 0;  ///< The last: kept, not copied.
};

/// Answers requests.
///
/// Threads: safe to call from several threads at once. Never throws.
class Responder {
 public:
    enum class After { KeepAlive, Close, Abandon };

    virtual ~Responder() = default;
    [[nodiscard]] virtual After respond(const Incoming& incoming, ResponseSink& sink) noexcept = 0;
};

}  // namespace kdeps::server
