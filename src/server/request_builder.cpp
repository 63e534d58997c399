#include "request_builder.hpp"

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"

#include "multipart.hpp"
#include "url.hpp"

namespace kdeps::server {
namespace {

std::string_view media_type(std::string_view content_type) {
    return trim(content_type.substr(0, content_type.find(';')));
}

void check_charset(std::string_view content_type) {
    const std::string charset = to_lower(header_parameter(content_type, "charset"));
    if (charset.empty() || charset == "utf-8" || charset == "utf8" || charset == "us-ascii") return;
    throw Error(ErrorCode::UnsupportedMediaType,
                fmt::format("charset '{}' is not supported", charset), {.hint = "send UTF-8"});
}

Value untyped_body(const std::string& body) {
    try {
        return parse_json(body);
    } catch (const Error&) {  // then it is text, which is as good
    }
    return invalid_utf8(body) ? Value(Bytes{body}) : Value(body);
}

void read_form(FormFields fields, engine::Request& request) {
    request.body = Value(std::move(fields.first));
    request.repeated_form = std::move(fields.repeated);
}

void read_body(const Incoming& incoming, engine::Request& request) {
    if (incoming.body.empty()) return;
    const std::string_view content_type = incoming.head.find("content-type").value_or("");
    const std::string type = to_lower(media_type(content_type));
    if (type == "multipart/form-data") {
        return read_form(parse_multipart(incoming.body, content_type), request);
    }
    const bool is_form = type == "application/x-www-form-urlencoded";
    if (is_form || is_json_type(content_type)) check_charset(content_type);
    if (is_form) return read_form(parse_urlencoded(incoming.body, "form"), request);
    request.body =
        is_json_type(content_type) ? parse_json(incoming.body) : untyped_body(incoming.body);
}

}  // namespace

bool is_json_type(std::string_view content_type) {
    constexpr std::string_view kSuffix = "+json";
    const std::string_view type = media_type(content_type);
    if (equals_ignoring_case(type, "application/json")) return true;
    return type.size() >= kSuffix.size() &&
           equals_ignoring_case(type.substr(type.size() - kSuffix.size()), kSuffix);
}

engine::Request build_request(const Incoming& incoming, std::string id, Object path_parameters) {
    const RequestHead& head = incoming.head;
    engine::Request request;
    request.id = std::move(id);
    request.method = head.method == "HEAD" ? "GET" : head.method;
    request.path = head.path;
    request.remote_address = incoming.remote_address;
    request.headers.reserve(head.fields.size());
    for (const HeaderField& field : head.fields) {
        request.headers.emplace_back(field.name, field.value);
    }
    request.path_parameters = std::move(path_parameters);
    FormFields query = parse_urlencoded(head.query, "query string");
    request.query = std::move(query.first);
    request.repeated_query = std::move(query.repeated);
    read_body(incoming, request);
    return request;
}

}  // namespace kdeps::server
