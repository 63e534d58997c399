#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/inputs/check.hpp"

// A refusal goes back to who sent the value, but also into logs of proxies and clients.

namespace kdeps::inputs {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::size_t kMaxCharacters = 100;
constexpr std::size_t kMaxBytes = 300;  ///< Of a list or object.

/// Whether people call a secret so: `newPassword`, `api_key`, `X-Auth-Token`.
bool is_secret(std::string_view name) {
    constexpr std::array<std::string_view, 12> kParts = {
        "password", "passwd", "passphrase", "passcode",   "pwd",    "secret",
        "token",    "apikey", "privatekey", "credential", "cookie", "authorization"};
    constexpr std::array<std::string_view, 6> kWords = {"pin", "cvv", "cvc", "otp", "ssn", "auth"};
    std::string plain = to_lower(name);
    std::erase_if(plain, [](char c) { return c == '_' || c == '-' || c == ' ' || c == '.'; });
    return std::ranges::find(kWords, plain) != kWords.end() ||
           std::ranges::any_of(kParts, [&](std::string_view part) {
               return plain.find(part) != std::string::npos;
           });
}

Value shortened(const std::string& text) {
    if (text.size() <= kMaxCharacters) return Value(text);
    std::size_t end = 0;
    for (std::size_t i = 0; i < kMaxCharacters && end < text.size(); ++i) {
        end += std::max<std::size_t>(1, utf8_sequence(std::string_view(text).substr(end)));
    }
    return end < text.size() ? Value(text.substr(0, end) + "…") : Value(text);
}

}  // namespace

Value shown(std::string_view name, const Value& value) {
    if (is_secret(name)) return Value(kMask);
    switch (value.kind()) {
        case Kind::Decimal: {
            const bool is_long = value.as_decimal().digit_count() > kMaxCharacters;
            return is_long ? shortened(to_text(value)) : value;
        }
        case Kind::String:
            return shortened(value.as_string());
        case Kind::List: {
            if (value.printed_bytes() > kMaxBytes) {
                return Value(fmt::format("a list of {} elements", value.size()));
            }
            Value::List elements;
            for (const Value& element : value.as_list()) elements.push_back(shown({}, element));
            return Value(std::move(elements));
        }
        case Kind::Object: {
            if (value.printed_bytes() > kMaxBytes) {
                return Value(fmt::format("an object of {} members", value.size()));
            }
            Object members;
            value.for_each_member([&](const std::string& member, const Value& inner) {
                members.set(member, shown(member, inner));
            });
            return Value(std::move(members));
        }
        default:
            return value;
    }
}

}  // namespace kdeps::inputs
