#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/base/source.hpp"

namespace kdeps::workflow {

/// The text of one file, addressed by byte offset: offsets in, lines and columns out.
///
/// Threads: one caller at a time (it remembers where it counted last).
class SourceText {
 public:
    SourceText(std::string file, std::string text);

    [[nodiscard]] const std::string& file() const { return file_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    /// The place of the bytes `begin` to `end`, clipped to the line of `begin`.
    [[nodiscard]] SourceSpan span(std::size_t begin, std::size_t end) const;
    [[nodiscard]] std::size_t line_begin(std::size_t offset) const;
    /// Without its line feed.
    [[nodiscard]] std::size_t line_end(std::size_t offset) const;
    [[nodiscard]] std::string_view line_at(std::size_t offset) const;

 private:
    [[nodiscard]] std::size_t line_index(std::size_t offset) const;

    std::string file_;
    std::string text_;
    std::vector<std::size_t> line_starts_;
    /// Columns are counted on from here when the next offset is on the same line: a file that is
    /// one long line would cost quadratic time otherwise.
    mutable std::size_t counted_offset_ = 0;
    mutable int counted_column_ = 1;
};

/// Reads a text file: at most 1 MiB of UTF-8 without control characters. A byte order mark is
/// dropped, CR LF becomes LF.
///
/// Errors: what is wrong is added to `diagnostics`, with line and column; then nullopt.
[[nodiscard]] std::optional<SourceText> read_source(const std::filesystem::path& path,
                                                    const std::string& file,
                                                    Diagnostics& diagnostics);

}  // namespace kdeps::workflow
