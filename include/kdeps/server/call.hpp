#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/server/server.hpp"

namespace kdeps::server {

/// A request as people write it.
struct CallRequest {
    std::string method;
    std::string target;                ///< Path and query; may hold spaces and any letters.
    std::vector<std::string> headers;  ///< `Name: value`
    std::optional<std::string> body = std::nullopt;
};

/// What goes over the connection: `target` percent-encoded where it must be, with Host, Connection
/// and, for a body, Content-Type (JSON) and Content-Length unless `headers` say otherwise.
[[nodiscard]] std::string request_text(const CallRequest& request);

/// An answer as it went over the connection.
struct SentAnswer {
    int status = 0;
    std::string head;  ///< Status line and fields, with the empty line.
    std::string body;  ///< Without chunks; compressed when the request asked for it.
};

/// Sends one request to a server that listens nowhere, and waits for its answer. The request passes
/// all that one from the network would: limits, strict reading, access, CORS, routes, envelopes.
///
/// Shape:   `request` is what a client would write, and asks with `Connection: close` for the end.
///          The client counts as one on this machine.
/// Errors:  those of Server; Cancelled once `stop` is requested; Internal when there is no answer.
[[nodiscard]] SentAnswer call(const Site& site, std::string_view request, EventSink& events,
                              const std::stop_token& stop);

}  // namespace kdeps::server
