// What yaml-cpp does not tell: which part of a scalar came from where. The source is read beside
// the text that was made of it.

#include "scalar_parts.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace kdeps::workflow {
namespace {

constexpr std::string_view kSpaceOrTab = " \t";
constexpr std::string_view kSpaces = " \t\n";

bool is_one_of(char c, std::string_view characters) {
    return characters.find(c) != std::string_view::npos;
}

std::size_t pass_over(std::string_view text, std::string_view characters, std::size_t offset) {
    return std::min(text.find_first_not_of(characters, offset), text.size());
}

std::size_t utf8_bytes(unsigned code) {
    if (code < 0x80) return 1;
    if (code < 0x800) return 2;
    return code < 0x10000 ? 3 : 4;
}

class Aligner {
    using Style = ScalarToken::Style;

 public:
    Aligner(const SourceText& source, const ScalarToken& token, std::string_view value)
        : source_(source), text_(source.text()), style_(token.style), value_(value) {
        from_ = token.begin + (style_ == Style::Plain ? 0 : 1);
        if (style_ == Style::Block)
            from_ = pass_over(text_, kSpaces, text_.find('\n', token.begin));
    }

    TextOrigin::Parts align() {
        if (style_ == Style::Block) at_ = pass_over(value_, kSpaces, 0);
        add(0);
        while (at_ < value_.size() && from_ < text_.size()) step();
        return std::move(parts_);
    }

 private:
    void add(std::size_t at) {
        const SourceSpan place = source_.span(from_, from_);
        parts_.push_back({at, place.line, place.column});
    }

    void step() {
        const char c = text_[from_];
        if (style_ == Style::Block) return step_in_block();
        if (style_ == Style::DoubleQuoted && c == '\\') return pass_escape();
        if (style_ == Style::SingleQuoted && c == '\'') {
            from_ += 2;
            return add(++at_);
        }
        const std::size_t next = pass_over(text_, kSpaceOrTab, from_);
        if (next < text_.size() && text_[next] == '\n') return pass_fold();
        ++from_;
        ++at_;
    }

    /// Any white space became some white space.
    void step_in_block() {
        if (!is_one_of(text_[from_], kSpaces) && !is_one_of(value_[at_], kSpaces)) {
            ++from_;
            ++at_;
            return;
        }
        from_ = pass_over(text_, kSpaces, from_);
        at_ = pass_over(value_, kSpaces, at_);
        add(at_);
    }

    /// One line break became a space, several became one less.
    void pass_fold() {
        const std::size_t end = pass_over(text_, kSpaces, from_);
        const auto breaks =
            static_cast<std::size_t>(std::ranges::count(text_.substr(from_, end - from_), '\n'));
        from_ = end;
        at_ += breaks == 1 ? 1 : breaks - 1;
        add(at_);
    }

    /// Source: YAML 1.2.2, section 5.7 "Escaped Characters".
    void pass_escape() {
        const char kind = from_ + 1 < text_.size() ? text_[from_ + 1] : ' ';
        std::size_t digits = 0;
        std::size_t made = 1;
        if (kind == 'x' || kind == 'u' || kind == 'U') {
            digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
            unsigned code = 0;
            const char* const first = text_.data() + std::min(from_ + 2, text_.size());
            const char* const last = text_.data() + std::min(from_ + 2 + digits, text_.size());
            std::from_chars(first, last, code, 16);
            made = utf8_bytes(code);
        } else if (kind == 'N' || kind == '_') {
            made = 2;
        } else if (kind == 'L' || kind == 'P') {
            made = 3;
        } else if (kind == '\n') {
            made = 0;
        }
        from_ += 2 + digits;
        if (kind == '\n') from_ = pass_over(text_, kSpaceOrTab, from_);
        at_ += made;
        add(at_);
    }

    const SourceText& source_;
    const std::string_view text_;
    const Style style_;
    const std::string_view value_;
    std::size_t from_ = 0;  ///< In the source.
    std::size_t at_ = 0;    ///< In the value.
    TextOrigin::Parts parts_;
};

}  // namespace

TextOrigin::Parts scalar_parts(const SourceText& source, const ScalarToken& token,
                               std::string_view value) {
    return Aligner(source, token, value).align();
}

}  // namespace kdeps::workflow
