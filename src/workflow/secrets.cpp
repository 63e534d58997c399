// Works on the text and not on the YAML tree: a file that cannot be parsed is shown too. Where a
// value's end is in doubt, more is masked.

#include "secrets.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "kdeps/base/text.hpp"

namespace kdeps::workflow {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::size_t kMaxUrlBytes = 2000;
constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kNameCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

/// Begin and end of a part to mask.
struct Range {
    std::size_t begin;
    std::size_t end;
};

std::size_t skip(std::string_view text, std::string_view characters, std::size_t offset) {
    return std::min(text.find_first_not_of(characters, offset), text.size());
}

/// Bytes of the `${NAME}` or `{{ env('NAME') }}` that `text` begins with, 0 if it begins with none.
std::size_t reference_size(std::string_view text) {
    std::size_t at = 0;
    const auto take = [&](std::string_view word) {
        if (!text.substr(at).starts_with(word)) return false;
        at += word.size();
        return true;
    };
    if (take("${")) {
        at = skip(text, kNameCharacters, at);
        (void)take(":-");  // an empty default
        return take("}") ? at : 0;
    }
    if (!take("{{")) return 0;
    at = skip(text, kBlanks, at);
    if (!take("env(") || !(take("'") || take("\""))) return 0;
    at = skip(text, kNameCharacters, at);
    if (!(take("'") || take("\"")) || !take(")")) return 0;
    at = skip(text, kBlanks, at);
    return take("}}") ? at : 0;
}

/// Bytes of the `postgres://` that a value begins with, or 0: which kind of database is no secret.
std::size_t scheme_size(std::string_view text) {
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const std::size_t end = skip(text, kLetters, 0);
    return end > 0 && text.substr(end).starts_with("://") ? end + 3 : 0;
}

/// Offset of the quote that closes the one at `begin`, or npos.
std::size_t closing_quote(std::string_view text, std::size_t begin) {
    const char quote = text[begin];
    for (std::size_t i = begin + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (quote == '"' || text.substr(i + 1, 1) != "'") return i;
            ++i;
        }
    }
    return kNone;
}

/// Looks through a file line by line; keys are recognised by how they are written.
class SecretFinder {
 public:
    explicit SecretFinder(std::string_view text) : text_(text) {}

    std::vector<Range> find() {
        for (begin_ = 0; begin_ < text_.size(); begin_ = end_ + 1) {
            end_ = line_end(begin_);
            if (begin_ >= done_) visit_line();
        }
        find_urls();
        find_passwords();
        return std::move(found_);
    }

 private:
    [[nodiscard]] std::size_t line_end(std::size_t offset) const {
        return std::min(text_.find('\n', offset), text_.size());
    }

    void visit_line() {
        const std::size_t first = skip(text_.substr(0, end_), kBlanks, begin_);
        if (first == end_) return;
        indent_ = first - begin_;
        if (auth_ && indent_ <= *auth_) auth_.reset();
        if (connections_ && indent_ <= *connections_) connections_.reset();
        for (std::size_t i = first; i < end_ && begin_ >= done_;) i = visit_word(i);
        if (connections_ && indent_ > *connections_) visit_connection(first);
    }

    /// Looks at what begins at `offset`; returns where to look next.
    std::size_t visit_word(std::size_t offset) {
        const std::size_t end = skip(text_.substr(0, end_), kNameCharacters, offset);
        if (end == offset) return offset + 1;
        const auto value = value_of_key(end);
        if (!value) return end;
        const std::string_view word = text_.substr(offset, end - offset);
        if (word == "auth") auth_ = indent_;
        if (word == "sqlConnections") {
            connections_ = indent_;
            name_indent_.reset();
        }
        const bool is_secret = word == "connection" || (word == "token" && auth_);
        return is_secret ? mask_value(*value) : *value;
    }

    /// `main: host=h password=p` right under `sqlConnections`, where a map belongs.
    void visit_connection(std::size_t first) {
        if (!name_indent_) name_indent_ = indent_;
        if (indent_ != *name_indent_) return;
        const std::size_t colon = text_.find(": ", first);
        if (colon >= end_) return;
        const std::size_t value = skip(text_.substr(0, end_), kBlanks, colon + 1);
        if (value < end_ && text_[value] != '{' && text_[value] != '#') mask_value(value);
    }

    /// Where the value begins when the word that ends at `end` is a key.
    [[nodiscard]] std::optional<std::size_t> value_of_key(std::size_t end) const {
        std::size_t at = end;
        if (at < end_ && (text_[at] == '"' || text_[at] == '\'')) ++at;
        at = skip(text_.substr(0, end_), kBlanks, at);
        if (at >= end_ || text_[at] != ':') return std::nullopt;
        return at + 1;
    }

    /// Masks the value behind a key's colon; returns the offset behind it.
    std::size_t mask_value(std::size_t offset) {
        const std::size_t begin = skip(text_.substr(0, end_), kBlanks, offset);
        const bool is_quoted = begin < end_ && (text_[begin] == '"' || text_[begin] == '\'');
        if (!is_quoted) return mask_plain(begin);
        const std::size_t quote = closing_quote(text_, begin);
        const std::size_t end = std::min(quote, text_.size());
        const std::size_t next = skip(text_, kBlanks, end + (quote == kNone ? 0 : 1));
        // Text behind the quote: it stands in the value, and the file is no YAML.
        const bool is_whole = next >= text_.size() || std::string_view(",}]#\n").find(
                                                          text_[next]) != std::string_view::npos;
        add_value(begin + 1, is_whole ? end : line_end(end));
        done_ = is_whole && line_end(end) == end_ ? done_ : line_end(end) + 1;
        return found_.back().end + 1;
    }

    /// The rest of the line, and the lines that are indented deeper: a folded or block text, or a
    /// map where a text belongs.
    std::size_t mask_plain(std::size_t begin) {
        add_value(begin, end_);
        const bool ends_here = begin < end_ && (text_[end_ - 1] == ',' || text_[end_ - 1] == '}');
        std::size_t next = end_ + 1;
        while (!ends_here && next < text_.size()) {
            const std::size_t end = line_end(next);
            const std::size_t first = skip(text_.substr(0, end), kBlanks, next);
            if (first < end && first - next <= indent_) break;
            add({first, end});
            next = end + 1;
            done_ = next;
        }
        return end_;
    }

    void find_urls() {
        for (std::size_t at = text_.find("://"); at != kNone; at = text_.find("://", at)) {
            at += 3;
            const std::string_view rest = text_.substr(at, kMaxUrlBytes);
            const std::string_view url = rest.substr(0, rest.find_first_of(" \t\n\"'"));
            const std::size_t colon = url.find(':');
            const std::size_t host = url.rfind('@');
            if (host == kNone || colon >= host) continue;
            add({at + colon + 1, at + host});
        }
    }

    /// `password=secret` without blanks, as nobody writes it in SQL or Python for a constant.
    void find_passwords() {
        constexpr std::array<std::string_view, 3> kKeys = {"password=", "passwd=", "pwd="};
        const std::string lower = to_lower(text_);
        for (const std::string_view key : kKeys) {
            for (std::size_t at = lower.find(key); at != kNone; at = lower.find(key, at)) {
                at += key.size();
                if (text_.find_first_of("$?:@{(=", at) == at) continue;  // a placeholder or a slot
                add({at, std::min(text_.find_first_of(" \t\n\"&;,)", at), text_.size())});
            }
        }
    }

    void add_value(std::size_t begin, std::size_t end) {
        add({std::min(begin + scheme_size(text_.substr(begin, end - begin)), end), end});
    }

    void add(const Range& range) { found_.push_back(range); }

    const std::string_view text_;
    std::size_t begin_ = 0;  ///< Of the line at hand.
    std::size_t end_ = 0;    ///< Of the line at hand, without its line feed.
    std::size_t indent_ = 0;
    std::size_t done_ = 0;                    ///< Lines before this offset are masked already.
    std::optional<std::size_t> auth_;         ///< Indentation of `auth:` while inside.
    std::optional<std::size_t> connections_;  ///< Indentation of `sqlConnections:` while inside.
    std::optional<std::size_t> name_indent_;  ///< Of the names under `sqlConnections:`.
    std::vector<Range> found_;
};

/// Appends a star per code point, but keeps line feeds and references to variables.
void append_masked(std::string_view part, std::string& out) {
    for (std::size_t i = 0; i < part.size();) {
        if (const std::size_t size = reference_size(part.substr(i))) {
            out += part.substr(i, size);
            i += size;
            continue;
        }
        out += part[i] == '\n' ? '\n' : '*';
        i += std::max<std::size_t>(1, utf8_sequence(part.substr(i)));
    }
}

}  // namespace

std::string without_secrets(std::string_view text) {
    std::vector<Range> ranges = SecretFinder(text).find();
    std::sort(ranges.begin(), ranges.end(),
              [](const Range& a, const Range& b) { return a.begin < b.begin; });
    std::string out;
    out.reserve(text.size());
    std::size_t done = 0;
    for (const auto& [begin, end] : ranges) {
        if (end <= done) continue;
        const std::size_t from = std::max(begin, done);
        out += text.substr(done, from - done);
        append_masked(text.substr(from, end - from), out);
        done = end;
    }
    out += text.substr(done);
    return out;
}

}  // namespace kdeps::workflow
