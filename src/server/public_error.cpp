#include "public_error.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kdeps::server {
namespace {

enum class Text {
    Own,          ///< The error's message is meant for clients.
    Resource,     ///< `resource 'x' failed`
    Timeout,      ///< `the run timed out`
    Unavailable,  ///< `database 'x' is unavailable`
    Internal,     ///< `internal error`
};

struct Row {
    ErrorCode error;
    int status;
    std::string_view code;
    Text text;
};

/// Every other code is a failed resource.
constexpr std::array kRows{
    Row{ErrorCode::BadRequest, 400, "BAD_REQUEST", Text::Own},
    Row{ErrorCode::ValidationFailed, 400, "VALIDATION_ERROR", Text::Own},
    Row{ErrorCode::Unauthorized, 401, "UNAUTHORIZED", Text::Own},
    Row{ErrorCode::NotFound, 404, "NOT_FOUND", Text::Own},
    Row{ErrorCode::MethodNotAllowed, 405, "METHOD_NOT_ALLOWED", Text::Own},
    Row{ErrorCode::RequestTooLarge, 413, "REQUEST_TOO_LARGE", Text::Own},
    Row{ErrorCode::UnsupportedMediaType, 415, "UNSUPPORTED_MEDIA_TYPE", Text::Own},
    Row{ErrorCode::MisdirectedRequest, 421, "MISDIRECTED_REQUEST", Text::Own},
    Row{ErrorCode::PreflightFailed, 500, "PREFLIGHT_FAILED", Text::Own},
    Row{ErrorCode::NoOutput, 500, "RESOURCE_FAILED", Text::Own},
    Row{ErrorCode::Internal, 500, "INTERNAL_ERROR", Text::Internal},
    Row{ErrorCode::ServiceUnavailable, 503, "SERVICE_UNAVAILABLE", Text::Own},
    Row{ErrorCode::Cancelled, 503, "SERVICE_UNAVAILABLE", Text::Own},
    Row{ErrorCode::ConnectionFailed, 503, "SERVICE_UNAVAILABLE", Text::Unavailable},
    Row{ErrorCode::ConnectionLost, 503, "SERVICE_UNAVAILABLE", Text::Unavailable},
    Row{ErrorCode::PoolTimeout, 503, "SERVICE_UNAVAILABLE", Text::Unavailable},
    Row{ErrorCode::PoolQueueFull, 503, "SERVICE_UNAVAILABLE", Text::Unavailable},
    Row{ErrorCode::ResourceTimeout, 504, "TIMEOUT", Text::Timeout},
    Row{ErrorCode::RunTimeout, 504, "TIMEOUT", Text::Timeout},
};
constexpr Row kResourceFailed{ErrorCode::QueryFailed, 500, "RESOURCE_FAILED", Text::Resource};

bool may_have_written(const ErrorDetail& detail) {
    return detail.outcome == Outcome::Unknown || detail.outcome == Outcome::Done ||
           !detail.applied_indexes.empty();
}

Row row_of(const Error& error) {
    const auto* const row = std::find_if(
        kRows.begin(), kRows.end(), [&](const Row& each) { return each.error == error.code(); });
    if (row == kRows.end()) return kResourceFailed;
    // "Unavailable, try again" would invite to write twice.
    return row->status == 503 && may_have_written(error.detail()) ? kResourceFailed : *row;
}

std::string client_text(const Error& error, Text text) {
    const ErrorDetail& detail = error.detail();
    const std::string resource =
        detail.resource.empty() ? "the run" : fmt::format("resource '{}'", detail.resource);
    switch (text) {
        case Text::Own:
            return error.what();
        case Text::Resource:
            return resource + " failed";
        case Text::Timeout:
            return "the run timed out";  // where is for the log
        case Text::Unavailable:
            return detail.connection.empty()
                       ? "a database is unavailable"
                       : fmt::format("database '{}' is unavailable", detail.connection);
        case Text::Internal:
            break;
    }
    return "internal error";
}

std::string_view code_for_status(int status, std::string_view otherwise) {
    switch (status) {
        case 400:
            return "BAD_REQUEST";
        case 401:
            return "UNAUTHORIZED";
        case 403:
            return "FORBIDDEN";
        case 404:
            return "NOT_FOUND";
        case 409:
            return "CONFLICT";
        case 429:
            return "RATE_LIMITED";
        case 503:
            return "SERVICE_UNAVAILABLE";
        default:
            return otherwise;
    }
}

/// What a statement failed with, when its status is not that of a failed resource.
void tell_refusal(const Error& error, bool debug, PublicError& result) {
    result.code =
        code_for_status(result.status, result.status == 422 ? "VALIDATION_ERROR" : result.code);
    if (error.detail().refusal == kdeps::Refusal::None) return;
    const RefusalInfo& refusal = refusal_info(error.detail().refusal);
    if (result.status == refusal.status) result.code = refusal.code;
    if (!debug) result.message = refusal.message;
}

}  // namespace

PublicError public_error(const Error& error, bool debug) {
    const Row row = row_of(error);
    PublicError result{.status = row.status,
                       .code = row.code,
                       .message = debug ? error.what() : client_text(error, row.text)};
    const int wanted = error.detail().http_status.value_or(0);
    if (wanted < 400 || wanted > 599) return result;
    result.status = wanted;
    if (error.code() == ErrorCode::PreflightFailed) result.code = code_for_status(wanted, row.code);
    if (error.code() == ErrorCode::QueryFailed) tell_refusal(error, debug, result);
    return result;
}

}  // namespace kdeps::server
