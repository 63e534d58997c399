#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "request_head.hpp"

namespace kdeps::server {

/// Decodes a request body, by Content-Length or chunked, piece by piece and within its limit.
///
/// Source: RFC 9112 sections 6.3 and 7.1. Chunk extensions and trailers are checked and dropped.
class BodyReader {
 public:
    enum class Status { NeedMore, Complete, Refused };

    explicit BodyReader(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    /// Begins the body that `head` announces. A refusal here means: read nothing of it.
    [[nodiscard]] std::optional<Refusal> start(const RequestHead& head);
    /// Takes what it can use from the front of `input` and appends the decoded part to `body`.
    [[nodiscard]] Status feed(std::string_view& input, std::string& body);
    [[nodiscard]] const Refusal& refusal() const { return *refusal_; }  ///< Once Refused.

 private:
    enum class State { Counted, ChunkSize, ChunkData, ChunkEnd, Trailer, Complete };

    bool take_data(std::string_view& input, std::string& body);
    bool take_size_line(std::string_view& input, std::size_t decoded);
    bool take_chunk_end(std::string_view& input);
    bool take_trailer(std::string_view& input);
    /// The line up to CRLF, cut off `input`; nullopt when more bytes are needed or it is refused.
    std::optional<std::string_view> take_line(std::string_view& input);
    bool refuse(int status, std::string_view code, std::string message);
    [[nodiscard]] Refusal too_large() const;

    std::size_t max_bytes_;
    State state_ = State::Complete;
    std::uint64_t remaining_ = 0;  ///< Of the body or of the current chunk.
    std::size_t trailer_bytes_ = 0;
    std::optional<Refusal> refusal_;
};

}  // namespace kdeps::server
