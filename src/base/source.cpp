#include "kdeps/base/source.hpp"

#include <algorithm>
#include <iterator>

#include "kdeps/base/text.hpp"

namespace kdeps {

SourceSpan TextOrigin::span(std::string_view text, std::size_t at, std::size_t length) const {
    at = std::min(at, text.size());
    const std::string_view marked = text.substr(at, length);
    const auto first_line = marked.substr(0, marked.find('\n'));
    SourceSpan place{.file = file,
                     .line = line,
                     .column = column,
                     .length = std::max(1, static_cast<int>(code_points(first_line)))};
    std::size_t begin = 0;  // of what is written as it is, and stands at `place`
    if (parts != nullptr) {
        const auto later = std::ranges::upper_bound(*parts, offset + at, {}, &Part::offset);
        if (later != parts->begin() && std::prev(later)->offset > offset) {
            const Part& part = *std::prev(later);
            begin = part.offset - offset;
            place.line = part.line;
            place.column = part.column;
        }
    } else {
        const std::string_view before = text.substr(0, at);
        const auto newlines = static_cast<int>(std::ranges::count(before, '\n'));
        if (newlines > 0) {
            begin = before.rfind('\n') + 1;
            place.line += newlines;
            place.column = continuation_column;
        }
    }
    place.column += static_cast<int>(code_points(text.substr(begin, at - begin)));
    return place;
}

TextOrigin TextOrigin::advanced(std::string_view text, std::size_t at) const {
    const SourceSpan start = span(text, at);
    return {.file = file,
            .line = start.line,
            .column = start.column,
            .continuation_column = continuation_column,
            .parts = parts,
            .offset = offset + at};
}

void TextOrigin::append_parts(std::string_view text, std::size_t at, Parts& appended) const {
    if (text.empty()) return;
    appended.push_back({at, line, column});
    if (parts != nullptr) {
        for (const Part& part : *parts) {
            if (part.offset <= offset || part.offset >= offset + text.size()) continue;
            appended.push_back({at + part.offset - offset, part.line, part.column});
        }
        return;
    }
    int number = line;
    for (std::size_t end = text.find('\n'); end < text.size(); end = text.find('\n', end + 1)) {
        appended.push_back({at + end + 1, ++number, continuation_column});
    }
}

void SourceTexts::add(std::string file, std::string text) {
    entries_.push_back({std::move(file), std::move(text)});
}

std::string_view SourceTexts::line(std::string_view file, int line) const {
    // The newest text wins: a reload adds the file again.
    const auto entry = std::find_if(entries_.rbegin(), entries_.rend(),
                                    [&](const Entry& candidate) { return candidate.file == file; });
    if (entry == entries_.rend() || line < 1) return {};
    std::string_view rest = entry->text;
    for (int skipped = 1; skipped < line; ++skipped) {
        const auto newline = rest.find('\n');
        if (newline == std::string_view::npos) return {};
        rest.remove_prefix(newline + 1);
    }
    std::string_view found = rest.substr(0, rest.find('\n'));
    if (found.ends_with('\r')) found.remove_suffix(1);
    return found;
}

}  // namespace kdeps
