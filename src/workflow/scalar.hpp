#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "kdeps/workflow/node.hpp"

#include "source_text.hpp"

namespace kdeps::workflow {

/// What a plain scalar is by the YAML 1.2 core schema: `yes` and `1_000` are text, `017` is 17.
///
/// Source:  YAML 1.2.2, section 10.3.2 "Tag Resolution".
[[nodiscard]] Node::Kind plain_kind(std::string_view text);
/// The value of an Int scalar (decimal, `0o17`, `0x1F`); nullopt beyond int64.
[[nodiscard]] std::optional<std::int64_t> core_int(std::string_view text);

/// Where a scalar stands in the source.
struct ScalarToken {
    enum class Style { Plain, SingleQuoted, DoubleQuoted, Block };

    Style style = Style::Plain;
    std::size_t begin = 0;  ///< Of the quote, of `|` or `>`, or of the first character.
    std::size_t end = 0;    ///< Behind the token; of a folded or block one, of its first line.
    bool is_closed = true;  ///< False for a quote that runs to the end of the file.
};

/// Finds the token of a scalar whose node (tag and anchor included) starts at `offset`.
[[nodiscard]] ScalarToken find_token(std::string_view source, std::size_t offset,
                                     std::string_view value);
/// Where the text of the scalar begins, so that offsets in it become places.
[[nodiscard]] TextOrigin text_origin(const SourceText& source, const ScalarToken& token,
                                     std::string_view value);

}  // namespace kdeps::workflow
