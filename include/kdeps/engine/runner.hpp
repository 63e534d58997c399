#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/engine/request.hpp"

namespace kdeps::engine {

/// What answers the request says, before it becomes bytes.
struct ApiResponse {
    bool success = true;
    Value data;                      ///< `response:` evaluated.
    std::optional<int> status_code;  ///< 100..599; else 200 or, without success, 500.
    std::vector<std::pair<std::string, std::string>> headers;
    Object extra_meta;  ///< `meta.model` and the like, added to the envelope's meta.
};

/// How a run ended well.
struct RunResult {
    /// The target's answer (or the one of an onError that stopped the run); otherwise the
    /// target's output as data of a success.
    ApiResponse response;
    bool is_api_response = false;
    std::vector<std::string> warnings;  ///< E.g. a result cut at maxRows.
};

/// What a response with `success: false` says went wrong: its `message` or `error`, if a text.
[[nodiscard]] std::optional<std::string> failure_message(const Value& data);

/// Runs the program that is loaded now. Implemented by the engine, called by the server.
///
/// Threads: safe to call from several threads at once.
class Runner {
 public:
    virtual ~Runner() = default;
    /// Errors: any Error with `detail().resource` set when a resource failed.
    [[nodiscard]] virtual RunResult run(Request request, Deadline deadline,
                                        std::stop_token stop) = 0;
};

}  // namespace kdeps::engine
