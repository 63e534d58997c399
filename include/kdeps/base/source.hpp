#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kdeps {

/// A place in a text the user wrote.
struct SourceSpan {
    std::string file;  ///< As the user named it; "<expression>" when there is no file.
    int line = 1;      ///< 1-based.
    int column = 1;    ///< 1-based, in Unicode code points.
    int length = 1;    ///< Code points to underline, at least 1.

    bool operator==(const SourceSpan&) const = default;
};

/// Where a piece of text begins in its file, so that offsets inside the text become spans.
///
/// A block scalar's text has lost its indentation: its first line starts at `line:column` and every
/// further line at `continuation_column`. A text that differs more from what is written (quoted,
/// folded, put together) has `parts`, which are written as they are.
struct TextOrigin {
    /// Where what begins at byte `offset` of the whole text is written.
    struct Part {
        std::size_t offset;
        int line;
        int column;
    };
    using Parts = std::vector<Part>;

    std::string file = "<expression>";
    int line = 1;
    int column = 1;
    int continuation_column = 1;
    std::shared_ptr<const Parts> parts = nullptr;  ///< In order, the first at 0; null for none.
    std::size_t offset = 0;  ///< Of this text in the whole that `parts` are about.

    /// The span of `length` bytes at byte `offset` of `text` (which begins at this origin).
    [[nodiscard]] SourceSpan span(std::string_view text, std::size_t offset,
                                  std::size_t length = 1) const;
    /// The origin of the part of `text` that starts at byte `offset`.
    [[nodiscard]] TextOrigin advanced(std::string_view text, std::size_t offset) const;
    /// Appends the parts of `text`, which begins at this origin and at byte `at` of another whole.
    void append_parts(std::string_view text, std::size_t at, Parts& parts) const;
};

/// The texts of the files that were read, kept to show source lines under error messages.
///
/// Threads: filled while loading, then only read.
class SourceTexts {
 public:
    void add(std::string file, std::string text);
    /// Line `line` (1-based) of `file`, or empty if the file is not known or is shorter.
    [[nodiscard]] std::string_view line(std::string_view file, int line) const;

 private:
    struct Entry {
        std::string file;
        std::string text;
    };
    std::vector<Entry> entries_;
};

}  // namespace kdeps
