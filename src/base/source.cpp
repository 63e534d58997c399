#include "kdeps/base/source.hpp"

#include <algorithm>

#include "kdeps/base/text.hpp"

namespace kdeps {

SourceSpan TextOrigin::span(std::string_view text, std::size_t offset, std::size_t length) const {
    offset = std::min(offset, text.size());
    const std::string_view before = text.substr(0, offset);
    const auto newlines = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t line_start = newlines == 0 ? 0 : before.rfind('\n') + 1;
    const std::string_view marked = text.substr(offset, length);
    const auto first_line = marked.substr(0, marked.find('\n'));
    return {.file = file,
            .line = line + newlines,
            .column = (newlines == 0 ? column : continuation_column) +
                      static_cast<int>(code_points(before.substr(line_start))),
            .length = std::max(1, static_cast<int>(code_points(first_line)))};
}

TextOrigin TextOrigin::advanced(std::string_view text, std::size_t offset) const {
    const SourceSpan start = span(text, offset);
    return {.file = file,
            .line = start.line,
            .column = start.column,
            .continuation_column = continuation_column};
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
