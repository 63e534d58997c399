// Works on the text and not on the YAML tree: a file that cannot be parsed is shown too. Where a
// value's end is in doubt, more is masked.

#include "secrets.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

#include "kdeps/base/text.hpp"
#include "kdeps/expr/function_table.hpp"

#include "secret_names.hpp"

namespace kdeps::workflow {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::size_t kMaxUrlBytes = 2000;
constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kNameCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
constexpr std::string_view kKeyCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

using Range = Secrets::Range;

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

/// Offset of the bracket that closes the one at `begin`, or npos.
std::size_t closing_bracket(std::string_view text, std::size_t begin) {
    std::size_t depth = 0;
    for (std::size_t i = begin; i < text.size(); ++i) {
        const char c = text[i];
        const bool begins_value = i > 0 && std::string_view(" {[,:").find(text[i - 1]) != kNone;
        if ((c == '"' || c == '\'') && begins_value) {
            i = closing_quote(text, i);
            if (i == kNone) return kNone;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return i;
        }
    }
    return kNone;
}

/// Whether a value is an expression: `get('x')`, `input.x`, `!expr ...`.
bool is_computed(std::string_view value) {
    static const expr::FunctionTable kFunctions;
    if (value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
    for (const std::string_view start : {"!expr ", "input.", "request."}) {
        if (value.starts_with(start)) return true;
    }
    const std::size_t open = value.find('(');
    return open != kNone && kFunctions.find(value.substr(0, open)) != nullptr;
}

/// What a secret value may be: an address or password that must not be cut short, another constant,
/// or a text round expressions.
enum class Holds { Address, Constant, Expressions };

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
        std::size_t first = skip(text_.substr(0, end_), kBlanks, begin_);
        if (first == end_) return;
        if (vault_ && !is_inside(*vault_, begin_, first)) vault_.reset();
        while (text_.substr(first, 2) == "- ") {
            first = skip(text_.substr(0, end_), kBlanks, first + 1);
        }
        indent_ = first - begin_;
        if (connections_ && indent_ <= *connections_) connections_.reset();
        if (vault_) return visit_vault(first, end_);
        for (std::size_t i = first; i < end_ && begin_ >= done_;) i = visit_word(i);
        if (connections_ && indent_ > *connections_) visit_connection(first);
    }

    /// Whether the line at `begin` whose text begins at `first` belongs to a key with that
    /// indentation: a list may begin below the key itself.
    [[nodiscard]] bool is_inside(std::size_t indent, std::size_t begin, std::size_t first) const {
        return first - begin > indent || (first - begin == indent && text_[first] == '-');
    }

    /// Looks at what begins at `offset`; returns where to look next.
    std::size_t visit_word(std::size_t offset) {
        const std::size_t end = skip(text_.substr(0, end_), kKeyCharacters, offset);
        if (end == offset || text_[offset] == '-') return offset + 1;
        const auto value = value_of_key(end);
        if (!value) return end;
        const std::string_view word = text_.substr(offset, end - offset);
        if (word == "sqlConnections") {
            connections_ = indent_;
            name_indent_.reset();
        }
        if (word == "connection") return mask_value(*value, Holds::Address);
        if (!is_key(end, *value)) return *value;
        if (is_vault_name(word)) return open_vault(*value);
        if (!is_secret_name(word)) return *value;
        const std::size_t begin = skip(text_.substr(0, end_), kBlanks, *value);
        const std::string_view rest = text_.substr(begin, end_ - begin);
        if (is_computed(rest)) return begin;
        const bool is_quoted = rest.starts_with('"') || rest.starts_with('\'');
        if (is_quoted || begins_entry(offset)) return mask_value(begin, Holds::Expressions);
        // No further line belongs to it: it may be a script's.
        const std::size_t value_end = end_of_plain(begin);
        add_value(begin, value_end, true);
        return value_end;
    }

    /// Whether the colon in front of `value` makes a key of the word that ends at `end`.
    [[nodiscard]] bool is_key(std::size_t end, std::size_t value) const {
        return value >= end_ || kBlanks.find(text_[value]) != kNone || text_[end] == '"' ||
               text_[end] == '\'';
    }

    /// Whether a line or a map begins with the key at `offset`.
    [[nodiscard]] bool begins_entry(std::size_t offset) const {
        const std::size_t first = begin_ + indent_;
        std::string_view before = trim(text_.substr(first, offset - first));
        if (before.ends_with('"') || before.ends_with('\'')) before.remove_suffix(1);
        return before.empty() || trim(before).ends_with('{');
    }

    /// The value of a key under which every value is a secret; returns where to look next.
    std::size_t open_vault(std::size_t value) {
        const std::size_t begin = skip(text_.substr(0, end_), kBlanks, value);
        if (begin == end_ || text_[begin] == '#') {
            vault_ = indent_;
            return end_;
        }
        if (text_[begin] != '{') return mask_plain(begin, Holds::Constant);
        const std::size_t close = closing_bracket(text_.substr(0, end_), begin);
        if (close == kNone) vault_ = indent_;
        visit_vault(begin, std::min(close, end_));
        return std::min(close, end_);
    }

    /// Masks everything from `at` to `end` on this line but the names of values.
    void visit_vault(std::size_t at, std::size_t end) {
        constexpr std::string_view kStructure = " \t{}[],-";
        for (;;) {
            at = skip(text_.substr(0, end), kStructure, at);
            if (at >= end || text_[at] == '#') return;
            const bool is_quoted = text_[at] == '"' || text_[at] == '\'';
            const std::size_t word = at + (is_quoted ? 1 : 0);
            const std::size_t word_end = skip(text_.substr(0, end), kKeyCharacters, word);
            const auto value = word_end == word ? std::nullopt : value_of_key(word_end);
            if (!value || !is_key(word_end, *value)) return add({at, end, false});
            at = mask_value(*value, Holds::Constant);
        }
    }

    /// `main: host=h password=p` right under `sqlConnections`, where a map belongs.
    void visit_connection(std::size_t first) {
        if (!name_indent_) name_indent_ = indent_;
        if (indent_ != *name_indent_) return;
        const std::size_t colon = text_.find(": ", first);
        if (colon >= end_) return;
        const std::size_t value = skip(text_.substr(0, end_), kBlanks, colon + 1);
        if (value < end_ && text_[value] != '{' && text_[value] != '#')
            mask_value(value, Holds::Address);
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
    std::size_t mask_value(std::size_t offset, Holds holds) {
        const std::size_t begin = skip(text_.substr(0, end_), kBlanks, offset);
        const bool is_quoted = begin < end_ && (text_[begin] == '"' || text_[begin] == '\'');
        if (!is_quoted) return mask_plain(begin, holds);
        const std::size_t quote = closing_quote(text_, begin);
        const std::size_t end = std::min(quote, text_.size());
        const std::size_t next = skip(text_, kBlanks, end + (quote == kNone ? 0 : 1));
        // Text behind the quote: it stands in the value, and the file is no YAML.
        const bool is_whole = next >= text_.size() || std::string_view(",}]#\n").find(
                                                          text_[next]) != std::string_view::npos;
        add_value(begin + 1, is_whole ? end : line_end(end), holds == Holds::Expressions);
        done_ = is_whole && line_end(end) == end_ ? done_ : line_end(end) + 1;
        return found_.back().end + 1;
    }

    /// The rest of the line, and the lines that are indented deeper: a folded or block text, or a
    /// map where a text belongs.
    std::size_t mask_plain(std::size_t begin, Holds holds) {
        const bool keeps_slots = holds == Holds::Expressions;
        const std::size_t value_end = holds == Holds::Address ? end_ : end_of_plain(begin);
        add_value(begin, value_end, keeps_slots);
        if (value_end < end_) return value_end;
        const bool ends_here = begin < end_ && (text_[end_ - 1] == ',' || text_[end_ - 1] == '}');
        std::size_t next = end_ + 1;
        while (!ends_here && next < text_.size()) {
            const std::size_t end = line_end(next);
            const std::size_t first = skip(text_.substr(0, end), kBlanks, next);
            if (first < end && !is_inside(indent_, next, first)) break;
            add({first, end, keeps_slots});
            next = end + 1;
            done_ = next;
        }
        return end_;
    }

    /// Where the value ends that begins at `begin`: in a flow map in front of `, key: `.
    [[nodiscard]] std::size_t end_of_plain(std::size_t begin) const {
        const std::string_view line = text_.substr(0, end_);
        if (line.substr(begin_, begin - begin_).find('{') == kNone) return end_;
        for (std::size_t at = line.find(", ", begin); at != kNone; at = line.find(", ", at + 1)) {
            const std::size_t word = skip(line, " \t\"'", at + 1);
            const std::size_t word_end = skip(line, kKeyCharacters, word);
            const auto value = word_end == word ? std::nullopt : value_of_key(word_end);
            if (value && is_key(word_end, *value)) return at;
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
            add({at + colon + 1, at + host, false});
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
                add({at, std::min(text_.find_first_of(" \t\n\"&;,)", at), text_.size()), false});
            }
        }
    }

    void add_value(std::size_t begin, std::size_t end, bool keeps_slots) {
        add({std::min(begin + scheme_size(text_.substr(begin, end - begin)), end), end,
             keeps_slots});
    }

    void add(const Range& range) { found_.push_back(range); }

    const std::string_view text_;
    std::size_t begin_ = 0;  ///< Of the line at hand.
    std::size_t end_ = 0;    ///< Of the line at hand, without its line feed.
    std::size_t indent_ = 0;
    std::size_t done_ = 0;                    ///< Lines before this offset are masked already.
    std::optional<std::size_t> vault_;        ///< Indentation of `auth:` or `env:` while inside.
    std::optional<std::size_t> connections_;  ///< Indentation of `sqlConnections:` while inside.
    std::optional<std::size_t> name_indent_;  ///< Of the names under `sqlConnections:`.
    std::vector<Range> found_;
};

/// Appends a star per code point, but keeps line feeds, references to variables and, if
/// `keeps_slots`, expressions.
void append_masked(std::string_view part, bool keeps_slots, std::string& out) {
    for (std::size_t i = 0; i < part.size();) {
        std::size_t kept = reference_size(part.substr(i));
        if (kept == 0 && keeps_slots && part.substr(i, 2) == "{{") {
            kept = slot_end(part, i).value_or(i) - i;
        }
        if (kept > 0) {
            out += part.substr(i, kept);
            i += kept;
            continue;
        }
        out += part[i] == '\n' ? '\n' : '*';
        i += std::max<std::size_t>(1, utf8_sequence(part.substr(i)));
    }
}

}  // namespace

Secrets::Secrets(std::string_view text) : text_(text) {
    std::vector<Range> found = SecretFinder(text).find();
    std::ranges::stable_sort(found, {}, &Range::begin);
    std::size_t done = 0;
    for (const Range& range : found) {
        if (range.end <= done) continue;
        ranges_.push_back({std::max(range.begin, done), range.end, range.keeps_slots});
        done = range.end;
    }
}

bool Secrets::touch(std::size_t begin, std::size_t end) const {
    const auto ends_later = [begin](const Range& range) { return range.end > begin; };
    const auto range = std::ranges::partition_point(ranges_, std::not_fn(ends_later));
    return range != ranges_.end() && range->begin < end;
}

std::string Secrets::masked_text() const {
    std::string out;
    out.reserve(text_.size());
    std::size_t done = 0;
    for (const auto& [begin, end, keeps_slots] : ranges_) {
        out += text_.substr(done, begin - done);
        append_masked(text_.substr(begin, end - begin), keeps_slots, out);
        done = end;
    }
    out += text_.substr(done);
    return out;
}

std::string without_secrets(std::string_view text) {
    return Secrets(text).masked_text();
}

}  // namespace kdeps::workflow
