#include "kdeps/expr/text.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"

#include "foreign.hpp"
#include "functions.hpp"
#include "meter.hpp"
#include "operators.hpp"

namespace kdeps::expr {
namespace {

constexpr std::string_view kWord =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/// The first bytes of `text` that are all in `allowed`.
std::string_view leading(std::string_view text, std::string_view allowed) {
    return text.substr(0, text.find_first_not_of(allowed));
}

/// `word/word`, with `;...` behind it for a MIME type; division of two names needs spaces.
bool is_two_words_with_slash(std::string_view text) {
    const std::string_view first = leading(text, kWord);
    if (first.empty() || first.size() == text.size() || text[first.size()] != '/') return false;
    const std::string_view rest = text.substr(first.size() + 1);
    const std::string_view second = leading(rest, std::string(kWord) + ".+*");
    if (second.empty() || (second.front() >= '0' && second.front() <= '9')) return false;
    return second.size() == rest.size() || rest[second.size()] == ';';
}

/// Texts that are never meant as expressions, although some parse as one: a clause that says what
/// they are, or empty.
std::string_view common_text(std::string_view text) {
    if (text.empty()) return "it is empty";
    if (text.find_first_not_of(kWord) == std::string_view::npos) return "it is a single word";
    const std::string_view scheme = leading(text, kWord);
    if (!scheme.empty() && text.substr(scheme.size()).starts_with("://")) return "it is a URL";
    if (text.starts_with("localhost:") || text.starts_with("127.0.0.1:")) {
        return "it is an address";
    }
    if (is_two_words_with_slash(text)) return "it is two words with a slash";
    return {};
}

/// `name` or `space.name` with a parenthesis behind it at the beginning of `text`, or empty.
std::string_view called_name(std::string_view text) {
    std::size_t length = leading(text, kWord).size();
    if (length == 0) return {};
    if (text.substr(length).starts_with('.')) {
        length += 1 + leading(text.substr(length + 1), kWord).size();
    }
    return text.substr(length).starts_with('(') ? text.substr(0, length) : std::string_view();
}

/// What a text that parses is, and why.
Verdict judge(const Expression& expression, const std::vector<std::string>& known_names) {
    if (expression.calls_known_function()) {
        return {TextKind::Expression, "it calls a known function"};
    }
    if (!expression.has_operator_or_access()) {
        return {TextKind::Literal, "it is a lone name or a literal"};
    }
    const std::vector<std::string> names = expression.free_names();
    if (names.empty()) return {TextKind::Literal, "it holds no name"};
    for (const std::string& name : names) {
        if (std::ranges::find(known_names, name) == known_names.end()) {
            return {TextKind::Literal, fmt::format("'{}' is no known name", name)};
        }
    }
    return {TextKind::Expression, "it has an operator or access, and all names are known"};
}

/// The text between the parentheses of a call that is all of `text`, as a list; its brackets only
/// close where they should when the call does.
std::string arguments_as_list(std::string_view text, std::size_t name_size) {
    if (!text.ends_with(')')) return {};
    return fmt::format("[{}]", text.substr(name_size + 1, text.size() - name_size - 2));
}

/// Whether `list` is written as only code is: `(s)` and `(2024)` behind a word are prose.
bool holds_code(const std::string& list, const std::vector<std::string>& known_names,
                const FunctionTable& functions) {
    if (list.empty()) return false;
    try {
        const Expression arguments = Expression::parse(list, {}, functions);
        return list.find_first_of("'\"`[{", 1) != std::string::npos ||
               judge(arguments, known_names).kind == TextKind::Expression;
    } catch (const Error&) {
        return false;
    }
}

/// Whether a text is a call of a method of what is known here: `input.x.upper()`.
bool is_method_call(std::string_view text, const std::vector<std::string>& known_names,
                    const FunctionTable& functions) {
    const std::string_view path = leading(text, std::string(kWord) + '.');
    const std::string root(path.substr(0, path.find('.')));
    if (root.size() == path.size() || path.find('-') != std::string_view::npos) return false;
    if (!text.substr(path.size()).starts_with('(')) return false;
    if (std::ranges::find(known_names, root) == known_names.end()) return false;
    const std::string list = arguments_as_list(text, path.size());
    return list == "[]" || holds_code(list, known_names, functions);
}

/// What was meant by a text that does not parse but begins like a call, or empty.
std::string hint_for_call(std::string_view text, const Error& error,
                          const std::vector<std::string>& known_names,
                          const FunctionTable& functions) {
    const std::string& hint = error.detail().hint;
    const std::string_view name = called_name(text);
    const bool is_meant =
        functions.find(name) != nullptr || is_method_call(text, known_names, functions);
    if (is_meant) return hint.empty() ? "mend the call" : hint;
    if (name.empty()) return {};
    const std::string_view arguments = text.substr(name.size() + 1);
    const bool is_call =
        text.ends_with(')') || arguments.starts_with('\'') || arguments.starts_with('"');
    if (!is_call) return {};
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) {
        const bool is_known = closest(name, functions.names()) || !hint_for_function(name).empty();
        if (is_known) return hint;
        const std::string list = arguments_as_list(text, name.size());
        if (!holds_code(list, known_names, functions)) return {};
        return hint.empty() ? "call a function that exists" : hint;
    }
    if (functions.in_space(name.substr(0, dot)).empty()) return {};  // example.com(x)
    return hint.empty() ? "mend the call" : hint;
}

/// The text inside an outer `{{ }}`, or the whole text; with its offset.
TemplatePiece without_braces(std::string_view text, const TextOrigin& origin) {
    const std::string_view trimmed = trim(text);
    const auto offset = static_cast<std::size_t>(trimmed.data() - text.data());
    if (!trimmed.starts_with("{{")) return {false, 0, text};
    const std::vector<TemplatePiece> pieces =
        split_template(trimmed, origin.advanced(text, offset));
    if (pieces.size() != 1 || !pieces[0].is_slot) return {false, 0, text};
    return {true, offset + pieces[0].offset, pieces[0].text};
}

Expression compile_slot(const TemplatePiece& slot, std::string_view text, const TextOrigin& origin,
                        const FunctionTable& functions) {
    if (trim(slot.text).empty()) {
        throw Error(ErrorCode::ExpressionSyntax, "'{{ }}' is empty",
                    {.where = origin.span(text, slot.offset)});
    }
    return Expression::parse(slot.text, origin.advanced(text, slot.offset), functions);
}

/// What the slots of a text print as together is bounded as one evaluation is.
void append_slot(const Expression& slot, Scope& scope, Meter& meter, std::string& out) {
    const Value value = slot.evaluate(scope);
    try {
        write_text(value, out, meter.charge());
    } catch (Error& error) {
        if (error.code() == ErrorCode::ExpressionFailed) error.detail().where = slot.span();
        throw;
    }
}

bool is_blank(std::string_view text) {
    return trim(text).empty();
}

}  // namespace

Verdict classify(std::string_view text, ForcedKind forced,
                 const std::vector<std::string>& known_names, const FunctionTable& functions) {
    if (forced == ForcedKind::Literal) return {TextKind::Literal, "it is tagged !text"};
    if (forced == ForcedKind::Expression) return {TextKind::Expression, "it is tagged !expr"};
    if (has_slot(text)) return {TextKind::Template, "it holds {{ }}"};
    const std::string_view trimmed = trim(text);
    if (const std::string_view what = common_text(trimmed); !what.empty()) {
        return {TextKind::Literal, std::string(what)};
    }
    try {
        return judge(Expression::parse(trimmed, {}, functions), known_names);
    } catch (const Error& error) {
        return {TextKind::Literal, fmt::format("it is no expression: {}", error.what()),
                hint_for_call(trimmed, error, known_names, functions)};
    }
}

Text Text::compile(std::string_view text, const TextOrigin& origin, ForcedKind forced,
                   const std::vector<std::string>& known_names, const FunctionTable& functions) {
    switch (classify(text, forced, known_names, functions).kind) {
        case TextKind::Expression:
            return compile_expression(text, origin, functions);
        case TextKind::Template:
            return compile_template(text, origin, functions);
        default:
            break;
    }
    Text result;
    result.literal_ = std::string(text);
    return result;
}

Text Text::compile_template(std::string_view text, const TextOrigin& origin,
                            const FunctionTable& functions) {
    Text result;
    if (!has_slot(text)) {
        result.literal_ = std::string(text);
        return result;
    }
    result.kind_ = TextKind::Template;
    result.between_.emplace_back();
    for (const TemplatePiece& piece : split_template(text, origin)) {
        if (piece.is_slot) {
            result.expressions_.push_back(compile_slot(piece, text, origin, functions));
            result.between_.emplace_back();
        } else {
            result.between_.back() += piece.text;
        }
    }
    // A single slot keeps its value's type; a block scalar's last line break does not change that.
    const bool single =
        result.expressions_.size() == 1 && std::ranges::all_of(result.between_, is_blank);
    if (single) result.between_.clear();
    return result;
}

Text Text::compile_expression(std::string_view text, const TextOrigin& origin,
                              const FunctionTable& functions) {
    const TemplatePiece inner = without_braces(text, origin);
    Text result;
    result.kind_ = TextKind::Expression;
    result.expressions_.push_back(
        Expression::parse(inner.text, origin.advanced(text, inner.offset), functions));
    return result;
}

Value Text::evaluate(Scope& scope) const {
    if (kind_ == TextKind::Literal) return literal_;
    if (between_.empty()) return expressions_.front().evaluate(scope);
    Meter meter({}, scope);
    std::string out = between_.front();
    for (std::size_t i = 0; i < expressions_.size(); ++i) {
        append_slot(expressions_[i], scope, meter, out);
        out += between_[i + 1];
    }
    return out;
}

bool Text::evaluate_condition(Scope& scope) const {
    return is_true(evaluate(scope));
}

}  // namespace kdeps::expr
