#pragma once

#include "answer_head.hpp"
#include "exchange.hpp"

namespace kdeps::server {

/// Has cpp-httplib write an answer whose body is produced: the head, then the pieces as they come,
/// in chunks if `framing` says so. False when the body could not be completed.
///
/// REQUIRES: the body is a producer, and the request was not refused and is no HEAD.
[[nodiscard]] bool write_produced(const Incoming& incoming, const Answer& answer,
                                  const Framing& framing, ResponseSink& sink);

}  // namespace kdeps::server
