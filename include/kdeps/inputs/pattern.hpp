#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace kdeps::inputs {

/// A regular expression in the syntax of RE2, which no input makes slow. It is found anywhere in a
/// text: `^` and `$` stand for its ends.
///
/// Threads: safe to share.
class Pattern {
 public:
    /// Errors: Error(InvalidValue) without a place that says what is wrong with it.
    explicit Pattern(const std::string& text);
    ~Pattern();
    Pattern(const Pattern&) = delete;
    Pattern& operator=(const Pattern&) = delete;

    [[nodiscard]] bool is_in(std::string_view text) const;
    [[nodiscard]] const std::string& text() const;

 private:
    std::unique_ptr<const re2::RE2> compiled_;
};

}  // namespace kdeps::inputs
