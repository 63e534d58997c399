#include "http_adapter.hpp"

#include <exception>

#include "answer_head.hpp"
#include "content_coding.hpp"
#include "produced_answer.hpp"

namespace kdeps::server {
namespace {

Framing framing_of(const Incoming& incoming, const Answer& answer) {
    Framing framing;
    framing.minor_version = incoming.head.minor_version;
    // Asked only now: the drain may have begun while the run lasted.
    framing.closes =
        !incoming.head.keep_alive || incoming.refusal || incoming.drain.stop_requested();
    if (std::holds_alternative<BodyProducer>(answer.body)) {
        framing.is_chunked = framing.minor_version == 1;
        if (!framing.is_chunked) framing.closes = true;  // which is how HTTP/1.0 ends a body
    }
    return framing;
}

/// False when the body could not be completed.
bool write(const Incoming& incoming, Answer& answer, Framing& framing, ResponseSink& sink) {
    const bool is_head = incoming.head.method == "HEAD";
    auto* const bytes = std::get_if<std::string>(&answer.body);
    if (bytes == nullptr && !is_head) return write_produced(incoming, answer, framing, sink);
    if (bytes != nullptr && answer.status != 204 && answer.status != 304) {
        framing.content_length = bytes->size();
    }
    append_head(answer, framing, sink.head());
    if (bytes != nullptr && !is_head) sink.append_body(std::move(*bytes));
    return true;
}

}  // namespace

Responder::After HttpAdapter::respond(const Incoming& incoming, ResponseSink& sink) noexcept {
    try {
        Answer answer = handler_.handle(incoming);
        if (answer.is_abandoned) return After::Abandon;
        if (answer.status == 204 || answer.status == 205 || answer.status == 304) {
            answer.body = std::string();
        }
        const auto claim = [&] {
            if (const auto* bytes = std::get_if<std::string>(&answer.body))
                sink.claim(bytes->size());
        };
        claim();
        compress_body(incoming.head, answer);
        claim();
        Framing framing = framing_of(incoming, answer);
        if (!write(incoming, answer, framing, sink)) return After::Abandon;
        return framing.closes ? After::Close : After::KeepAlive;
    } catch (const std::exception&) {
        return After::Abandon;
    }
}

}  // namespace kdeps::server
