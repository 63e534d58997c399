#pragma once

#include "exchange.hpp"

namespace kdeps::server {

/// Answers requests that have been read and checked already. A body of bytes is sent with a head
/// of ours; one that is produced is written, in chunks, by cpp-httplib.
class HttpAdapter final : public Responder {
 public:
    explicit HttpAdapter(const Handler& handler) : handler_(handler) {}
    [[nodiscard]] After respond(const Incoming& incoming, ResponseSink& sink) noexcept override;

 private:
    const Handler& handler_;
};

}  // namespace kdeps::server
