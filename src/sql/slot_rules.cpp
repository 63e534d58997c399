#include "slot_rules.hpp"

#include <algorithm>
#include <array>

#include "kdeps/base/text.hpp"

namespace kdeps::sql {
namespace {

/// Words behind which only a name, never a value, makes sense.
constexpr std::array<std::string_view, 7> kNameFollows = {
    "from", "join", "straight_join", "into", "update", "table", "as"};

/// `EXTRACT(year FROM x)` and its kin: FROM introduces a value.
constexpr std::array<std::string_view, 5> kFromFunctions = {"extract", "trim", "substring",
                                                            "overlay", "position"};

constexpr std::array<std::string_view, 14> kEndsList = {
    "limit",     "offset", "fetch", "for",   "having", "window",    "union",
    "intersect", "except", "rows",  "range", "groups", "returning", "separator"};

/// Words that continue an expression; before any other word a list item is complete.
constexpr std::array<std::string_view, 14> kContinues = {
    "and", "or",   "in",  "is",      "like",   "ilike", "between",
    "not", "glob", "div", "similar", "regexp", "rlike", "at"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::any_of(words.begin(), words.end(), [word](std::string_view known) {
        return equals_ignoring_case(known, word);
    });
}

/// An expression is repeated in a hint only if it fits on the line.
std::string short_form(std::string_view expression) {
    const bool fits = expression.size() <= 40 && expression.find('\n') == std::string_view::npos &&
                      !expression.empty();
    return std::string(fits ? expression : "x");
}

}  // namespace

std::string ident_hint(std::string_view expression) {
    return "to insert one of your own names write {{ ident(" + short_form(expression) +
           ", ['a','b']) }}";
}

std::string fragment_hint(std::string_view expression) {
    return "to choose one of your own fragments write {{ oneOf(" + short_form(expression) +
           ", ['name ASC','name DESC']) }}";
}

SlotRules::SlotRules(std::string_view text, const Dialect& dialect, std::span<const Token> code)
    : text_(text), dialect_(dialect), code_(code), levels_(1) {}

bool SlotRules::is_word(std::size_t index, std::string_view word) const {
    return index < code_.size() && code_[index].is_word(text_, word);
}

bool SlotRules::is_kind(std::size_t index, TokenKind kind) const {
    return index < code_.size() && code_[index].kind == kind;
}

bool SlotRules::level_is(std::size_t depth_from_top, std::string_view opener) const {
    return depth_from_top < levels_.size() &&
           equals_ignoring_case(levels_[levels_.size() - 1 - depth_from_top].opener, opener);
}

void SlotRules::pass(std::size_t index) {
    const Token& token = code_[index];
    if (token.kind == TokenKind::Open) {
        const bool named = index > 0 && is_kind(index - 1, TokenKind::Word);
        levels_.push_back({named ? code_[index - 1].of(text_) : std::string_view{}});
    } else if (token.kind == TokenKind::Close) {
        if (levels_.size() > 1) levels_.pop_back();
    } else if (token.kind == TokenKind::Word) {
        std::string_view& list = levels_.back().list;
        if (token.is_word(text_, "by") && index > 0) {
            list = is_word(index - 1, "order")   ? "ORDER"
                   : is_word(index - 1, "group") ? "GROUP"
                                                 : "";
        } else if (!list.empty() && contains(kEndsList, token.of(text_))) {
            list = {};
        }
    }
}

bool SlotRules::is_value_after_from(std::size_t index) const {
    const bool distinct = index >= 3 && is_word(index - 2, "distinct") &&
                          (is_word(index - 3, "is") || is_word(index - 3, "not"));
    return distinct || contains(kFromFunctions, levels_.back().opener);
}

std::string_view SlotRules::name_position(std::size_t index) const {
    if (index == 0) return {};
    const Token& before = code_[index - 1];
    if (before.kind == TokenKind::Dot) return ".";
    if (before.kind != TokenKind::Word || !contains(kNameFollows, before.of(text_))) return {};
    if (before.is_word(text_, "from") && is_value_after_from(index)) return {};
    return before.of(text_);
}

bool SlotRules::is_whole_list_item(std::size_t index) const {
    if (levels_.back().list.empty() || index == 0) return false;
    if (!is_word(index - 1, "by") && !is_kind(index - 1, TokenKind::Comma)) return false;
    if (index + 1 == code_.size()) return true;
    const Token& next = code_[index + 1];
    switch (next.kind) {
        case TokenKind::Word:
            return !contains(kContinues, next.of(text_));
        case TokenKind::Comma:
        case TokenKind::Close:
        case TokenKind::Semicolon:
            return true;
        default:
            return false;
    }
}

bool SlotRules::touches_name(std::size_t index) const {
    const Token& token = code_[index];
    if (token.kind != TokenKind::Slot) return false;
    const bool before = token.begin > 0 && is_name_character(text_[token.begin - 1]);
    const bool behind = token.end < text_.size() && is_name_character(text_[token.end]);
    return before || behind;
}

std::optional<Refusal> SlotRules::refusal(std::size_t index, std::string_view expression) const {
    if (index == 0) {
        return Refusal{"a statement cannot come from a value",
                       "write the statement here and only its values as {{ }}"};
    }
    if (const std::string_view word = name_position(index); !word.empty()) {
        const std::string place = word == "." ? "'.'" : to_upper(word);
        return Refusal{"a value cannot stand after " + place + ", where a name is needed",
                       ident_hint(expression)};
    }
    if (lacks_parentheses(index)) {
        return Refusal{"IN needs parentheses round its list",
                       "write IN ({{ " + short_form(expression) + " }}), also for a list"};
    }
    if (touches_name(index)) {
        return Refusal{"a value cannot be part of a name", ident_hint(expression)};
    }
    const bool opens = is_kind(index + 1, TokenKind::Open) && code_[index + 1].of(text_) == "(";
    if (opens || is_kind(index + 1, TokenKind::Dot)) {
        return Refusal{std::string("a value cannot stand before '") + (opens ? "(" : ".") +
                           "', where a name is needed",
                       ident_hint(expression)};
    }
    if (is_whole_list_item(index)) {
        const bool order = levels_.back().list == "ORDER";
        return Refusal{order ? "a value as ORDER BY item does not sort"
                             : "a value as GROUP BY item does not group",
                       fragment_hint(expression)};
    }
    if (dialect_.literal_do_blocks && is_word(0, "do")) {
        return Refusal{"a DO block cannot take values",
                       "call a function or procedure with the value as its argument"};
    }
    return std::nullopt;
}

bool SlotRules::lacks_parentheses(std::size_t index) const {
    return index > 0 && is_word(index - 1, "in") && !level_is(0, "position");
}

bool SlotRules::is_in_list(std::size_t index) const {
    return index >= 3 && is_kind(index - 1, TokenKind::Open) && is_word(index - 2, "in") &&
           is_kind(index + 1, TokenKind::Close) && !level_is(1, "position");
}

bool SlotRules::is_element(std::size_t index) const {
    const bool begins = is_kind(index - 1, TokenKind::Open) || is_kind(index - 1, TokenKind::Comma);
    const bool ends = is_kind(index + 1, TokenKind::Close) || is_kind(index + 1, TokenKind::Comma);
    return begins && ends && level_is(0, "in") && !level_is(1, "position");
}

}  // namespace kdeps::sql
