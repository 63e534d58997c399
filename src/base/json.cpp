#include "kdeps/base/json.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps {

namespace {

// long double only so that the library does not refuse numbers beyond double's range: their tokens
// are what we keep.
using Json = nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t,
                                  std::uint64_t, long double>;

[[noreturn]] void fail(std::string_view text, std::size_t offset, const std::string& what) {
    const std::string_view before = text.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto newline = before.rfind('\n');
    const auto column =
        code_points(before.substr(newline == std::string_view::npos ? 0 : newline + 1)) + 1;
    throw Error(ErrorCode::BadRequest,
                fmt::format("invalid JSON at line {}, column {}: {}", line, column, what));
}

/// The reason alone from `[json.exception...] parse error at line 1, column 2: syntax error while
/// parsing value - invalid literal; last read: '...'`.
std::string reason_of(std::string message) {
    if (const auto read = message.find("; last read: "); read != std::string::npos) {
        const auto expected = message.find("'; expected ", read);
        message.erase(read, expected == std::string::npos ? expected : expected + 1 - read);
    }
    if (const auto reason = message.find(" - "); reason != std::string::npos) {
        return message.substr(reason + 3);
    }
    if (message.find("number overflow") != std::string::npos) return "number out of range";
    return "syntax error";
}

/// Builds a Value from the parser's events.
class ValueBuilder {
 public:
    ValueBuilder(std::string_view text, JsonLimits limits, const Charge& charge)
        : text_(text), limits_(limits), charge_(charge) {}

    Value take() { return std::move(root_); }

    // The names below are those the library calls.
    bool null() { return put(nullptr); }
    bool boolean(bool value) { return put(value); }
    bool number_integer(std::int64_t value) { return put(value); }
    bool number_unsigned(std::uint64_t value) { return put(Value::from_unsigned(value)); }
    bool number_float(long double, const std::string& token) {
        charge_exponent(token);
        auto number = Decimal::parse(token);
        if (!number) {
            throw Error(ErrorCode::BadRequest,
                        "invalid JSON: a number has more than 200,000 digits");
        }
        return put(std::move(*number));
    }
    bool string(std::string& value) { return put(std::move(value)); }
    bool binary(std::vector<std::uint8_t>&) { return false; }  // does not occur in JSON text
    bool start_object(std::size_t) { return open(true); }
    bool start_array(std::size_t) { return open(false); }
    bool key(std::string& name) {
        if (charge_) charge_(sizeof(Object::Member) - sizeof(Value) + name.size());
        open_.back().key = std::move(name);
        return true;
    }
    bool end_object() {
        Object object = std::move(open_.back().object);
        open_.pop_back();
        return put(std::move(object));
    }
    bool end_array() {
        Value::List list = std::move(open_.back().list);
        open_.pop_back();
        return put(std::move(list));
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& error) {
        fail(text_, position == 0 ? 0 : position - 1, reason_of(error.what()));
    }

 private:
    struct Container {
        bool is_object;
        Object object = {};
        std::string key = {};
        Value::List list = {};
    };

    /// Numbers are kept as plain digits, so a few bytes of exponent can ask for a lot of memory.
    void charge_exponent(std::string_view token) {
        const auto e = token.find_first_of("eE");
        if (e == std::string_view::npos) return;
        std::string_view digits = token.substr(e + 1);
        if (digits.starts_with('+')) digits.remove_prefix(1);
        const std::int64_t exponent = parse_int64(digits).value_or(INT64_MAX);
        const auto added = static_cast<std::uint64_t>(exponent < 0 ? -(exponent + 1) : exponent);
        if (added > limits_.max_exponent_digits) {
            throw Error(ErrorCode::BadRequest,
                        "invalid JSON: its exponents stand for too many digits");
        }
        limits_.max_exponent_digits -= added;
    }
    bool open(bool is_object) {
        if (charge_) charge_(sizeof(Container));
        if (open_.size() >= limits_.max_depth) {
            throw Error(
                ErrorCode::BadRequest,
                fmt::format("invalid JSON: nested deeper than {} levels", limits_.max_depth));
        }
        open_.push_back({.is_object = is_object});
        return true;
    }
    bool put(Value value) {
        if (charge_) charge_(sizeof(Value) + bytes_of_its_own(value));
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (open_.back().is_object) {
            open_.back().object.set(std::move(open_.back().key), std::move(value));
        } else {
            open_.back().list.push_back(std::move(value));
        }
        return true;
    }

    /// What a value takes outside of itself; parts of lists and objects were charged before.
    static std::size_t bytes_of_its_own(const Value& value) {
        const Kind kind = value.kind();
        return kind == Kind::String || kind == Kind::Decimal ? value.printed_bytes() : 0;
    }

    std::string_view text_;
    JsonLimits limits_;
    const Charge& charge_;
    std::vector<Container> open_;
    Value root_;
};

}  // namespace

Value parse_json(std::string_view text, JsonLimits limits, const Charge& charge) {
    ValueBuilder builder(text, limits, charge);
    Json::sax_parse(text.begin(), text.end(), &builder);
    return builder.take();
}

}  // namespace kdeps
