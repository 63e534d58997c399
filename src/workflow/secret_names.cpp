#include "secret_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "kdeps/base/text.hpp"

namespace kdeps::workflow {
namespace {

/// Whole keys, and what longer ones end with.
constexpr std::array<std::string_view, 10> kSecretNames = {
    "token",  "apikey",        "password",  "passwd",    "passphrase",
    "secret", "authorization", "accesskey", "secretkey", "privatekey"};
/// Whole keys only: `allowCredentials` is none, `bypass` neither.
constexpr std::array<std::string_view, 6> kWholeNames = {"credential", "credentials", "cookie",
                                                         "setcookie",  "pwd",         "pass"};
/// Names that are shorter are often that near to another word.
constexpr std::size_t kShortName = 4;

/// Lower case, without what joins words.
std::string unjoined(std::string_view key) {
    std::string out = to_lower(key);
    std::erase_if(out, [](char c) { return c == '_' || c == '-'; });
    return out;
}

/// The key's last words: as many as begin behind a `_` or `-` or with a capital after a small one.
std::string_view last_words(std::string_view key, int count) {
    const auto begins = [key](std::size_t i) {
        const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
        const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
        return key[i - 1] == '_' || key[i - 1] == '-' ||
               (is_small(key[i - 1]) && is_capital(key[i]));
    };
    for (std::size_t i = key.size(); i-- > 1;) {
        if (begins(i) && --count == 0) return key.substr(i);
    }
    return key;
}

/// Equal, or one letter more, less or other, or two neighbours swapped.
bool is_nearly(std::string_view a, std::string_view b) {
    if (a == b) return true;
    if (b.size() < kShortName) return false;
    while (!a.empty() && !b.empty() && a.front() == b.front()) {
        a.remove_prefix(1);
        b.remove_prefix(1);
    }
    while (!a.empty() && !b.empty() && a.back() == b.back()) {
        a.remove_suffix(1);
        b.remove_suffix(1);
    }
    const bool is_swapped = a.size() == 2 && b.size() == 2 && a[0] == b[1] && a[1] == b[0];
    return is_swapped || (a.size() <= 1 && b.size() <= 1);
}

}  // namespace

bool is_secret_name(std::string_view key) {
    const std::string whole = unjoined(key);
    const std::array<std::string, 3> ends = {whole, unjoined(last_words(key, 1)),
                                             unjoined(last_words(key, 2))};
    const auto is_end = [&](std::string_view name) {
        const auto is_it = [name](const std::string& end) { return is_nearly(end, name); };
        return whole.ends_with(name) || std::ranges::any_of(ends, is_it);
    };
    return std::ranges::any_of(kSecretNames, is_end) ||
           std::ranges::any_of(kWholeNames,
                               [&](std::string_view name) { return is_nearly(whole, name); });
}

bool is_vault_name(std::string_view key) {
    return key == "env" || is_nearly(unjoined(key), "auth");
}

}  // namespace kdeps::workflow
