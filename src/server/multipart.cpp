#include "multipart.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/http_text.hpp"
#include "kdeps/base/text.hpp"

#include "request_head.hpp"
#include "url.hpp"

namespace kdeps::server {
namespace {

[[noreturn]] void throw_malformed(std::string_view what) {
    throw Error(ErrorCode::BadRequest, fmt::format("the multipart body {}", what));
}

/// Cuts everything up to `mark` off `rest`, and `mark` itself.
std::string_view take_until(std::string_view& rest, std::string_view mark,
                            std::string_view otherwise) {
    const std::size_t end = rest.find(mark);
    if (end == std::string_view::npos) throw_malformed(otherwise);
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(end + mark.size());
    return taken;
}

std::string field_name(std::string_view headers) {
    while (!headers.empty()) {
        const std::string_view line = take_until(headers, "\r\n", "has a bad part header");
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
            throw_malformed("has a bad part header");
        }
        if (!equals_ignoring_case(line.substr(0, colon), "content-disposition")) continue;
        const std::string_view value = line.substr(colon + 1);
        if (!header_parameter(value, "filename").empty() ||
            !header_parameter(value, "filename*").empty()) {
            throw Error(ErrorCode::UnsupportedMediaType, "file uploads are not supported",
                        {.hint = "send text fields only"});
        }
        return header_parameter(value, "name");
    }
    return {};
}

}  // namespace

std::string header_parameter(std::string_view header, std::string_view name) {
    std::size_t at = header.find(';');
    while (at != std::string_view::npos) {
        header.remove_prefix(at + 1);
        const std::size_t equals = header.find('=');
        if (equals == std::string_view::npos) return {};
        const bool is_wanted = equals_ignoring_case(trim(header.substr(0, equals)), name);
        header.remove_prefix(equals + 1);
        std::string value;
        if (header.starts_with('"')) {
            std::size_t i = 1;
            for (; i < header.size() && header[i] != '"'; ++i) {
                if (header[i] == '\\' && i + 1 < header.size()) ++i;
                value += header[i];
            }
            header.remove_prefix(std::min(i + 1, header.size()));
        } else {
            value = trim(header.substr(0, header.find(';')));
        }
        if (is_wanted) return value;
        at = header.find(';');
    }
    return {};
}

FormFields parse_multipart(std::string_view body, std::string_view content_type) {
    const std::string boundary = header_parameter(content_type, "boundary");
    if (boundary.empty() || boundary.size() > 70) {
        throw Error(ErrorCode::BadRequest, "multipart/form-data without a valid boundary");
    }
    const std::string delimiter = "\r\n--" + boundary;
    FormFields fields;
    if (!body.starts_with(std::string_view(delimiter).substr(2))) {
        take_until(body, delimiter, "does not hold its boundary");  // a preamble is ignored
    } else {
        body.remove_prefix(delimiter.size() - 2);
    }
    while (!body.starts_with("--")) {
        if (!trim(take_until(body, "\r\n", "is cut off")).empty()) {
            throw_malformed("has text behind a boundary");
        }
        std::string_view headers;
        if (!body.starts_with("\r\n")) {
            const std::size_t end = body.find("\r\n\r\n");
            if (end == std::string_view::npos) throw_malformed("is cut off");
            headers = body.substr(0, end + 2);
            body.remove_prefix(end + 2);
        }
        body.remove_prefix(2);
        std::string name = field_name(headers);
        if (name.empty()) throw_malformed("has a part without a name");
        const std::string_view value = take_until(body, delimiter, "is cut off");
        if (invalid_utf8(value) || invalid_utf8(name)) throw_malformed("is not UTF-8");
        fields.add(std::move(name), std::string(value));
    }
    return fields;
}

}  // namespace kdeps::server
