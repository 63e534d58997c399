#pragma once

#include "exchange.hpp"

namespace kdeps::server {

enum class ContentCoding { Identity, Gzip, Brotli };

/// What a client accepts, as far as we can do it.
struct CodingChoice {
    ContentCoding best = ContentCoding::Identity;
    bool refuses_identity = false;

    friend bool operator==(const CodingChoice&, const CodingChoice&) = default;
};

/// Reads Accept-Encoding. Of equally welcome codings brotli is taken, then gzip; a client that
/// sends no such field gets none.
///
/// Source: RFC 9110 section 12.5.3.
[[nodiscard]] CodingChoice choose_coding(const RequestHead& head);

/// Compresses the body in a coding that the client accepts and says so in the headers: text-like
/// types from 1 KiB on, anything when the client refuses what is not compressed. Nothing that has a
/// Content-Encoding already, or must not be transformed.
void compress_body(const RequestHead& head, Answer& answer);

}  // namespace kdeps::server
