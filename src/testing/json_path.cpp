#include "kdeps/testing/json_path.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps::testing {

namespace {

bool is_name_character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '-';
}

/// Reads one path from its beginning to its end.
class Reader {
 public:
    Reader(std::string_view text, const TextOrigin& origin) : text_(text), origin_(origin) {}

    std::vector<JsonPath::Part> read() {
        if (text_.starts_with('$')) {
            ++at_;
        } else if (!text_.empty() && text_[0] != '[') {
            add_name();
        }
        while (at_ < text_.size()) {
            if (text_[at_] == '.') {
                ++at_;
                add_name();
            } else if (text_[at_] == '[') {
                add_bracket();
            } else {
                fail(at_);
            }
        }
        return std::move(parts_);
    }

 private:
    [[noreturn]] void fail(std::size_t at) const {
        throw Error(
            ErrorCode::InvalidValue, fmt::format("'{}' is no path into JSON", text_),
            {.where = origin_.span(text_, std::min(at, text_.empty() ? 0 : text_.size() - 1)),
             .hint = "write for instance $.data.orders[0].id, or $.headers[\"x-y\"]"});
    }

    void add_name() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
        if (at_ == begin) fail(at_);
        parts_.emplace_back(std::string(text_.substr(begin, at_ - begin)));
    }

    void add_bracket() {
        const std::size_t begin = at_ + 1;
        const char quote = begin < text_.size() ? text_[begin] : ' ';
        if (quote == '"' || quote == '\'') {
            const std::size_t end = text_.find(quote, begin + 1);
            if (end == text_.npos || end + 1 >= text_.size() || text_[end + 1] != ']') fail(begin);
            parts_.emplace_back(std::string(text_.substr(begin + 1, end - begin - 1)));
            at_ = end + 2;
            return;
        }
        const std::size_t end = text_.find(']', begin);
        if (end == text_.npos) fail(at_);
        const auto index = parse_int64(text_.substr(begin, end - begin));
        if (!index || *index < 0) fail(begin);
        parts_.emplace_back(static_cast<std::size_t>(*index));
        at_ = end + 1;
    }

    std::string_view text_;
    const TextOrigin& origin_;
    std::size_t at_ = 0;
    std::vector<JsonPath::Part> parts_;
};

std::optional<Value> step_into(const Value& value, const JsonPath::Part& part) {
    if (const auto* name = std::get_if<std::string>(&part)) {
        if (auto member = value.member(*name)) return member;
        // `orders.0` as well as `orders[0]`.
        const auto index = parse_int64(*name);
        if (!index || *index < 0) return std::nullopt;
        return step_into(value, JsonPath::Part(static_cast<std::size_t>(*index)));
    }
    const std::size_t index = std::get<std::size_t>(part);
    if (value.kind() != Kind::List || index >= value.size()) return std::nullopt;
    return value.element(index);
}

}  // namespace

JsonPath JsonPath::parse(const std::string& text, const TextOrigin& origin) {
    JsonPath path;
    path.parts_ = Reader(text, origin).read();
    return path;
}

std::optional<Value> JsonPath::find(const Value& root) const {
    std::optional<Value> value = root;
    for (const Part& part : parts_) {
        if (value) value = step_into(*value, part);
    }
    return value;
}

std::string JsonPath::text() const {
    std::string text = "$";
    for (const Part& part : parts_) {
        text = std::visit([&](const auto& each) { return joined_path(text, each); }, part);
    }
    return text;
}

std::string joined_path(const std::string& path, const std::string& name) {
    if (!name.empty() && std::ranges::all_of(name, is_name_character)) return path + "." + name;
    std::string quoted;
    write_json_string(name, quoted);
    return fmt::format("{}[{}]", path, quoted);
}

std::string joined_path(const std::string& path, std::size_t index) {
    return fmt::format("{}[{}]", path, index);
}

}  // namespace kdeps::testing
