#include "kdeps/sql/advice.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

#include "statement.hpp"
#include "typed_literal.hpp"

namespace kdeps::sql {
namespace {

/// Functions of expressions that no database has with a text as their argument.
constexpr std::array<std::string_view, 5> kFunctions = {"get", "input", "output", "env", "info"};
constexpr std::array<std::string_view, 2> kObjects = {"input", "request"};
constexpr std::array<std::string_view, 7> kComparisons = {"=", "<>", "!=", "<", ">", "<=", ">="};

class Adviser {
 public:
    Adviser(std::string_view text, const TextOrigin& origin, const Dialect& dialect)
        : text_(text),
          origin_(origin),
          dialect_(dialect),
          code_(single_statement(text, origin, dialect, tokenize(text, origin, dialect))) {}

    std::vector<Advice> advise() {
        for (std::size_t i = 0; i < code_.size(); ++i) {
            if (code_[i].kind == TokenKind::Word) look_at_word(i);
            if (code_[i].kind == TokenKind::String && code_[i].has_slot) look_at_literal(i);
        }
        return std::move(found_);
    }

 private:
    [[nodiscard]] bool is(std::size_t index, TokenKind kind) const {
        return index < code_.size() && code_[index].kind == kind;
    }
    template <std::size_t N>
    [[nodiscard]] bool is_one_of(std::size_t index,
                                 const std::array<std::string_view, N>& words) const {
        return index < code_.size() &&
               std::ranges::find(words, code_[index].of(text_)) != words.end();
    }

    void look_at_word(std::size_t i) {
        if (is(i - 1, TokenKind::Dot)) return;
        const bool is_call =
            is_one_of(i, kFunctions) && is(i + 1, TokenKind::Open) && is(i + 2, TokenKind::String);
        const bool is_member = is_one_of(i, kObjects) && is(i + 1, TokenKind::Dot) &&
                               is(i + 2, TokenKind::Word) && !is_defined(code_[i].of(text_));
        if (!is_call && !is_member) return;
        std::size_t last = i + 2;
        while (is_call && last + 1 < code_.size() && !is(last, TokenKind::Close)) ++last;
        const std::string written(text_.substr(code_[i].begin, code_[last].end - code_[i].begin));
        add(code_[i].begin, code_[last].end,
            fmt::format("'{}' is SQL here: the database looks for it itself", code_[i].of(text_)),
            fmt::format("write {{{{ {} }}}}", written.find('\n') == std::string::npos
                                                  ? written
                                                  : std::string(code_[i].of(text_)) + "(...)"));
    }

    /// Whether the name stands anywhere else than in front of a dot: as a table or its alias.
    [[nodiscard]] bool is_defined(std::string_view name) const {
        for (std::size_t i = 0; i < code_.size(); ++i) {
            const bool is_name =
                is(i, TokenKind::Word) && equals_ignoring_case(code_[i].of(text_), name);
            if (is_name && !is(i + 1, TokenKind::Dot)) return true;
        }
        return false;
    }

    void look_at_literal(std::size_t i) {
        const std::string_view body = code_[i].body(text_);
        const bool is_one_slot = body.starts_with("{{") && slot_end(body, 0) == body.size();
        if (!is_one_slot || !is_one_of(i - 1, kComparisons) ||
            typed_literal(text_, dialect_, code_, i)) {
            return;
        }
        const std::string_view inside = trim(body.substr(2, body.size() - 4));
        add(code_[i].begin, code_[i].end,
            "the quotes make a text of this value: nil becomes an empty one",
            fmt::format(
                "write {{{{ {} }}}} without quotes; where a text is meant, {{{{ str({}) }}}}",
                inside, inside));
    }

    void add(std::size_t begin, std::size_t end, std::string message, std::string hint) {
        found_.push_back(
            {origin_.span(text_, begin, end - begin), std::move(message), std::move(hint)});
    }

    const std::string_view text_;
    const TextOrigin& origin_;
    const Dialect& dialect_;
    const std::vector<Token> code_;
    std::vector<Advice> found_;
};

}  // namespace

std::vector<Advice> advise(std::string_view text, const TextOrigin& origin,
                           const Dialect& dialect) {
    return Adviser(text, origin, dialect).advise();
}

}  // namespace kdeps::sql
