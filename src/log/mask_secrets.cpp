#include <algorithm>
#include <array>

#include "kdeps/base/text.hpp"
#include "kdeps/log/log.hpp"

// Masking is the last resort behind code that never puts a secret into a message. Where a text can
// be read in two ways, the longer part is masked.

namespace kdeps::log {

namespace {

constexpr std::string_view kMask = "***";
constexpr std::string_view kSpaces = " \t\r\n\f\v";
constexpr std::array<std::string_view, 6> kSecretKeys = {"password", "passwd", "passphrase",
                                                         "pwd",      "secret", "token"};

/// Begin and end of the part to mask.
struct Range {
    std::size_t begin;
    std::size_t end;
};

/// Whether a URL's `host:80/path` is all there is: digits up to the end of the authority.
bool is_port(std::string_view after_colon) {
    const std::string_view port = after_colon.substr(0, after_colon.find_first_of("/?#"));
    return port.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The secret of the URL whose `://` stands at `offset`.
std::optional<Range> secret_in_url(std::string_view text, std::size_t offset) {
    const std::size_t begin = offset + 3;
    const std::size_t end = std::min(text.find_first_of(" \t\r\n\f\v'\"`<>", begin), text.size());
    const std::string_view rest = text.substr(begin, end - begin);
    const auto colon = rest.find(':');
    const auto at = rest.rfind('@');
    if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) {
        return std::nullopt;
    }
    // A colon behind the first slash belongs to the path.
    if (rest.find_first_of("/?#") < colon || is_port(rest.substr(colon + 1))) return std::nullopt;
    return Range{begin + colon + 1, begin + at};
}

/// Offset behind a quoted text that begins at `begin`; `\'` and `''` do not end it.
std::size_t skip_quoted(std::string_view text, std::size_t begin) {
    const char quote = text[begin];
    for (std::size_t i = begin + 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (i + 1 == text.size() || text[i + 1] != quote) return i + 1;
            ++i;
        }
    }
    return text.size();
}

std::size_t end_of_value(std::string_view text, std::size_t begin) {
    if (begin == text.size()) return begin;
    if (text[begin] == '\'' || text[begin] == '"') return skip_quoted(text, begin);
    if (text[begin] == '{') return std::min(text.find('}', begin), text.size() - 1) + 1;
    return std::min(text.find_first_of(" \t\r\n\f\v;&", begin), text.size());
}

/// The secret of `password=secret` or `"password": "secret"` whose key begins at `offset`.
std::optional<Range> secret_of_key(std::string_view text, std::size_t offset) {
    const auto key = std::find_if(kSecretKeys.begin(), kSecretKeys.end(), [&](auto candidate) {
        return equals_ignoring_case(text.substr(offset, candidate.size()), candidate);
    });
    if (key == kSecretKeys.end()) return std::nullopt;
    std::size_t next = offset + key->size();
    const bool quoted = next < text.size() && (text[next] == '"' || text[next] == '\'');
    if (quoted) ++next;
    next = text.find_first_not_of(kSpaces, next);
    if (next == std::string_view::npos) return std::nullopt;
    if (text[next] != '=' && !(quoted && text[next] == ':')) return std::nullopt;
    const std::size_t begin = std::min(text.find_first_not_of(kSpaces, next + 1), text.size());
    return Range{begin, end_of_value(text, begin)};
}

std::optional<Range> secret_at(std::string_view text, std::size_t offset) {
    if (text.substr(offset, 3) == "://") return secret_in_url(text, offset);
    return secret_of_key(text, offset);
}

}  // namespace

std::string mask_secrets(std::string_view text) {
    // Every secret stands behind one of these: most texts are done here.
    if (text.find('=') == std::string_view::npos && text.find(':') == std::string_view::npos) {
        return std::string(text);
    }
    std::string masked;
    std::size_t copied = 0;
    for (std::size_t offset = 0; offset < text.size(); ++offset) {
        const auto secret = secret_at(text, offset);
        if (!secret || secret->begin == secret->end) continue;
        masked.append(text.substr(copied, secret->begin - copied)).append(kMask);
        copied = secret->end;
        offset = secret->end - 1;
    }
    return masked.append(text.substr(copied));
}

}  // namespace kdeps::log
