#include "envelope.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "kdeps/base/http_text.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/engine/run_context.hpp"

#include "answer_head.hpp"
#include "request_builder.hpp"

namespace kdeps::server {
namespace {

constexpr std::string_view kJsonType = "application/json";
constexpr std::size_t kCommonHeaders =
    10;                                   ///< Of all answers: room for them, so that none is moved.
constexpr std::size_t kSmallBytes = 512;  ///< Holds most answers.

void append_member(std::string& out, std::string_view name, const Value& value) {
    if (out.back() != '{') out += ',';
    write_json_string(name, out);
    out += ':';
    write_response_json(value, out);
}

void append_meta(std::string& out, const EnvelopeContext& context) {
    out += R"("meta":{"requestID":)";
    write_json_string(context.request_id, out);
    out += R"(,"timestamp":")";
    append_utc_text(out, context.timestamp, true);
    out += '"';
}

void append_run_meta(std::string& out, const engine::RunResult& result,
                     const EnvelopeContext& context) {
    append_meta(out, context);
    for (const auto& [name, value] : result.response.extra_meta) append_member(out, name, value);
    if (!result.warnings.empty()) {
        append_member(out, "warnings", Value::List(result.warnings.begin(), result.warnings.end()));
    }
    out += "}}";
}

bool is_text(const Value& data) {
    if (data.kind() == Kind::Table) return data.as_table().format != TableFormat::Json;
    return data.kind() == Kind::String || data.kind() == Kind::Bytes;
}

void copy_headers(const engine::ApiResponse& response, Answer& answer) {
    for (const auto& [name, value] : response.headers) {
        if (is_server_header(name)) {
            throw Error(ErrorCode::InvalidValue,
                        fmt::format("response header '{}' is set by the server", name));
        }
        if (!is_token(name) || !is_field_value(value)) {
            throw Error(ErrorCode::InvalidValue,
                        fmt::format("response header '{}' holds a character that headers cannot "
                                    "carry",
                                    name),
                        {.hint = "line breaks are not allowed"});
        }
        set_header(answer, name, value);
    }
}

void add_debug_details(const Error& error, Object& details) {
    const ErrorDetail& detail = error.detail();
    details.set("cause", error_name(error.code()));
    if (!detail.hint.empty()) details.set("hint", detail.hint);
    if (!detail.context.empty()) details.set("context", detail.context);
    if (detail.where) {
        details.set("place", fmt::format("{}:{}:{}", detail.where->file, detail.where->line,
                                         detail.where->column));
    }
}

Answer error_document(const PublicError& error, std::string_view resource, const Object& details,
                      const EnvelopeContext& context) {
    Answer answer;
    answer.status = error.status;
    auto& out = std::get<std::string>(answer.body);
    out += R"({"success":false,"error":{)";
    append_member(out, "code", error.code);
    append_member(out, "message", error.message);
    if (!resource.empty()) append_member(out, "resourceId", resource);
    if (!details.empty()) append_member(out, "details", details);
    out += "},";
    append_meta(out, context);
    append_member(out, "path", context.path);
    append_member(out, "method", context.method);
    out += "}}";
    set_header(answer, "Content-Type", std::string(kJsonType));
    if (error.status == 503) set_header(answer, "Retry-After", "1");
    return answer;
}

}  // namespace

Answer success_answer(const engine::RunResult& result, const EnvelopeContext& context) {
    const engine::ApiResponse& response = result.response;
    Answer answer;
    answer.status = response.status_code.value_or(response.success ? 200 : 500);
    if (answer.status < 200 || answer.status > 599) {
        throw Error(ErrorCode::InvalidValue,
                    fmt::format("statusCode {} is not between 200 and 599", answer.status));
    }
    if (!response.success) answer.error_code = "RESOURCE_FAILED";
    answer.headers.reserve(response.headers.size() + kCommonHeaders);
    set_header(answer, "Content-Type", std::string(kJsonType));
    copy_headers(response, answer);
    if (answer.status == 204 || answer.status == 304) {  // have no body, so no type either
        std::erase_if(answer.headers, [](const auto& header) {
            return equals_ignoring_case(header.first, "content-type");
        });
        return answer;
    }
    std::string& type = answer.headers.front().second;
    if (!is_json_type(type)) {
        if (is_text(response.data)) {
            answer.body = response.data.kind() == Kind::Bytes ? response.data.as_bytes().data
                                                              : to_text(response.data);
            return answer;
        }
        type = kJsonType;  // the envelope follows, whatever the header promised
    }
    auto& out = std::get<std::string>(answer.body);
    out.reserve(kSmallBytes);
    out += response.success ? R"({"success":true,"data":)" : R"({"success":false,"data":)";
    write_response_json(response.data, out);
    if (!response.success) {
        out += R"(,"error":{"code":"RESOURCE_FAILED","message":)";
        write_json_string(
            engine::failure_message(response.data).value_or("API response indicated failure"), out);
        out += '}';
    }
    out += ',';
    append_run_meta(out, result, context);
    return answer;
}

Answer error_answer(const Error& error, const EnvelopeContext& context, bool debug) {
    Object details = engine::error_details(error.detail());
    if (debug) add_debug_details(error, details);
    const PublicError seen = public_error(error, debug);
    const bool names_resource = debug || seen.code != "TIMEOUT";
    Answer answer = error_document(seen, names_resource ? error.detail().resource : std::string(),
                                   details, context);
    answer.error_code = error_name(error.code());
    answer.failed_resource = error.detail().resource;
    return answer;
}

Answer error_answer(const PublicError& error, const EnvelopeContext& context) {
    Answer answer = error_document(error, {}, {}, context);
    answer.error_code = error.code;
    return answer;
}

}  // namespace kdeps::server
