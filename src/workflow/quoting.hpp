#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kdeps::workflow {

/// A `{{ ... }}` that needs quotes, and the line with them.
struct UnquotedSlot {
    std::size_t length;      ///< Bytes from `{{` to the end of what must be quoted.
    std::string fixed_line;  ///< Without indentation.
};
/// `column` is the byte offset of `{{` in `line`. Inside `[ ]` or `{ }` only the braces are quoted,
/// otherwise the rest of the line without its comment.
[[nodiscard]] UnquotedSlot unquoted_slot(std::string_view line, std::size_t column, bool in_flow);

/// What stands between `<span v-pre>` and `</span>`, without quotes.
struct SpanContent {
    std::size_t offset;  ///< Of `text` in the whole.
    std::string text;
    bool is_quoted;
};
/// nullopt if `text` is not wrapped in that element.
[[nodiscard]] std::optional<SpanContent> inside_span(std::string_view text);

}  // namespace kdeps::workflow
