#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "kdeps/base/error.hpp"
#include "kdeps/engine/runner.hpp"

#include "exchange.hpp"
#include "public_error.hpp"

namespace kdeps::server {

/// What every envelope's meta says about its request.
struct EnvelopeContext {
    std::string_view request_id;
    std::string_view path;
    std::string_view method;
    std::chrono::system_clock::time_point timestamp;
};

/// The answer to a run that ended: `{"success", "data", "meta"}`, with `error` when the workflow
/// said `success: false`; or the raw text or bytes when its headers name a content type that is not
/// JSON.
///
/// Errors: Error(InvalidValue) for a status outside 200..599 and for a header that cannot be sent.
[[nodiscard]] Answer success_answer(const engine::RunResult& result,
                                    const EnvelopeContext& context);

/// `{"success": false, "error": {"code", "message", ...}, "meta"}`. Failed writes always say what
/// became of them (`details.outcome`, `sqlstate`, `failedIndex`, `appliedIndexes`); hint, context
/// and place only with `debug`.
[[nodiscard]] Answer error_answer(const Error& error, const EnvelopeContext& context, bool debug);
[[nodiscard]] Answer error_answer(const PublicError& error, const EnvelopeContext& context);

}  // namespace kdeps::server
