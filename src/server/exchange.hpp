#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
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
    std::stop_token drain;       ///< The server is stopping: answer, then close.
    std::stop_token stop;        ///< The client is gone, or the drain has lasted too long.
};

/// What is to be sent, before it becomes bytes.
struct Answer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool is_abandoned = false;  ///< Nobody is there to read it: send nothing, close.
};

/// Takes the bytes of an answer, in order.
class ResponseSink {
 public:
    virtual ~ResponseSink() = default;
    virtual void write(std::string_view bytes) = 0;
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
