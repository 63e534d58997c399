#include "url.hpp"

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/http_text.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps::server {
namespace {

constexpr std::size_t kMaxFields = 1000;

std::string decode_part(std::string_view text, std::string_view what) {
    if (auto decoded = percent_decode(text, true)) return *std::move(decoded);
    throw Error(ErrorCode::BadRequest,
                fmt::format("the {} is not valid percent-encoded UTF-8", what));
}

}  // namespace

FormFields parse_urlencoded(std::string_view text, std::string_view what) {
    FormFields fields;
    while (!text.empty()) {
        const std::size_t end = text.find('&');
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        fields.add(decode_part(pair.substr(0, equals), what), decode_part(value, what));
    }
    return fields;
}

void FormFields::add(std::string name, std::string text) {
    if (count_++ == kMaxFields) {
        throw Error(ErrorCode::BadRequest,
                    fmt::format("there are more than {} fields", kMaxFields));
    }
    const Value* const earlier = first.find(name);
    if (earlier == nullptr) {
        first.set(std::move(name), ClientText{std::move(text)});
        return;
    }
    Value::List& all = repeated[std::move(name)];
    if (all.empty()) all.push_back(*earlier);
    all.push_back(ClientText{std::move(text)});
}

}  // namespace kdeps::server
