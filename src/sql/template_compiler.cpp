#include "template_compiler.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

#include "slot_text.hpp"
#include "statement.hpp"
#include "typed_literal.hpp"

namespace kdeps::sql {
namespace {

std::string_view slot_expression(std::string_view text, const Token& token) {
    return trim(text.substr(token.begin + 2, token.end - token.begin - 4));
}

std::string kind_key(const Slot& slot) {
    return std::to_string(static_cast<int>(slot.source)) + ':' +
           std::to_string(static_cast<int>(slot.role)) + ':';
}

}  // namespace

TemplateCompiler::TemplateCompiler(std::string_view text, const TextOrigin& origin,
                                   const Dialect& dialect)
    : text_(text),
      origin_(origin),
      tokens_(tokenize(text, origin, dialect)),
      code_(single_statement(text, origin, dialect, tokens_)),
      dialect_(dialect),
      rules_(text, dialect, code_),
      known_origin_(origin) {
    out_.dialect_ = &dialect;
    out_.class_ = classify_tokens(text, dialect, tokens_);
}

SqlTemplate TemplateCompiler::compile() {
    while (tokens_[comment_].kind == TokenKind::Semicolon) ++comment_;
    copied_ = tokens_[comment_].begin;
    for (std::size_t index = 0; index < code_.size(); ++index) {
        compile_token(index);
        rules_.pass(index);
    }
    copy_until(end_of_statement());
    out_.pieces_.push_back({std::move(pending_), std::string::npos});
    if (!out_.varies()) {
        auto fixed = out_.render({}, true);
        out_.fixed_text_ = std::make_shared<const std::string>(std::move(fixed.text));
        out_.fixed_order_ = std::move(fixed.order);
        if (out_.fixed_order_.size() > dialect_.most_parameters) refuse_parameters(code_.back());
    }
    return std::move(out_);
}

/// Behind the last token and the comments that follow it, before any semicolon.
std::size_t TemplateCompiler::end_of_statement() const {
    std::size_t end = code_.back().end;
    for (const Token& token : tokens_) {
        if (token.begin < end) continue;
        if (token.kind != TokenKind::Comment) break;
        end = token.end;
    }
    return end;
}

void TemplateCompiler::compile_token(std::size_t index) {
    const Token& token = code_[index];
    switch (token.kind) {
        case TokenKind::Slot:
            return compile_slot(index);
        case TokenKind::String:
            if (token.has_slot) compile_literal(index);
            return;
        case TokenKind::QuotedName:
            if (token.has_slot) {
                fail(token, "a quoted name cannot contain {{ }}",
                     ident_hint({}) + " without quotes round it");
            }
            return;
        case TokenKind::Placeholder:
            if (!is_procedure_argument(index)) compile_placeholder(index);
            return;
        case TokenKind::EscapedOperator:
            copy_until(token.begin);
            copied_ = token.begin + 1;
            return;
        default:
            return;
    }
}

void TemplateCompiler::compile_slot(std::size_t index) {
    const Token& token = code_[index];
    const std::string_view expression = slot_expression(text_, token);
    if (expression.empty())
        fail(token, "'{{ }}' is empty", "write an expression between the braces");
    const SlotRole named = role_of(expression);
    if (named == SlotRole::Value) check_position(index, expression);
    if (named == SlotRole::Identifier && rules_.touches_name(index)) {
        fail(token, "an inserted name cannot be part of a name",
             "list the whole names in ident(x, ['a','b'])");
    }
    const bool list = named == SlotRole::Value && rules_.is_in_list(index);
    const bool element = named == SlotRole::Value && rules_.is_element(index);

    Slot slot{.source = SlotSource::Expression,
              .role = list      ? SlotRole::List
                      : element ? SlotRole::Element
                                : named,
              .text = std::string(expression),
              .span = span_of(token)};
    const auto offset = static_cast<std::size_t>(expression.data() - text_.data());
    slot.origin = origin_at(offset);
    const std::string key = kind_key(slot) + slot.text;
    const std::size_t number = add_slot(token, std::move(slot), key);
    if (list) {
        compile_list(index, number);
    } else {
        place(token.begin, token.end, number);
    }
}

void TemplateCompiler::compile_list(std::size_t index, std::size_t slot) {
    const Token& close = code_[index + 1];
    const bool negated = code_[index - 3].is_word(text_, "not");
    switch (dialect_.list) {
        case ListForm::Array: {
            const Token& first = code_[negated ? index - 3 : index - 2];
            return place(first.begin, close.end, slot, negated ? "<> ALL (" : "= ANY (", ")");
        }
        case ListForm::Json:
            // `+`: as a column `value` would keep a column of text from reading numbers as text.
            return place(code_[index - 1].begin, close.end, slot, "(SELECT +value FROM json_each(",
                         "))");
        case ListForm::Expanded:
            return place(code_[index].begin, code_[index].end, slot);
    }
}

void TemplateCompiler::check_literal(std::size_t index) const {
    const Token& token = code_[index];
    const auto is_string = [&](std::size_t i) {
        return i < code_.size() && code_[i].kind == TokenKind::String;
    };
    if (token.form == StringForm::Encoded) {
        fail(token, "a B'', X'' or U&'' literal cannot contain {{ }}",
             "write the value as {{ }} without quotes");
    }
    if (is_string(index - 1) || is_string(index + 1)) {
        fail(token, "a literal with {{ }} cannot be continued by another literal",
             "join the two into one literal");
    }
    if (dialect_.charset_prefixes && index > 0 && code_[index - 1].kind == TokenKind::Word &&
        code_[index - 1].of(text_).starts_with('_')) {
        fail(token, "a literal with a character set cannot contain {{ }}",
             "write CONVERT('...' USING utf8mb4)");
    }
    check_position(index, "x");
}

void TemplateCompiler::compile_literal(std::size_t index) {
    const Token& token = code_[index];
    check_literal(index);
    Slot slot{.source = SlotSource::Text,
              .role = SlotRole::Value,
              .text = unescape_literal(token.body(text_), text_[token.body_begin - 1], token.form,
                                       dialect_),
              .span = span_of(token)};
    slot.origin = origin_at(token.body_begin);
    const std::string key = kind_key(slot) + slot.text;
    const auto typed = typed_literal(text_, dialect_, code_, index);
    if (!typed) return place(token.begin, token.end, add_slot(token, std::move(slot), key));
    if (typed->last > index && typed->last + 1 < code_.size() &&
        code_[typed->last + 1].is_word(text_, "to")) {
        fail(token, "an interval literal with a range of units cannot contain {{ }}",
             "write the units into the literal: INTERVAL '{{ x }} days'");
    }
    place(code_[typed->first].begin, code_[typed->last].end, add_slot(token, std::move(slot), key),
          typed->before, typed->after);
}

/// `EXEC procedure @name = value`: @name is the procedure's own.
bool TemplateCompiler::is_procedure_argument(std::size_t index) const {
    return dialect_.exec_calls &&
           (code_[0].is_word(text_, "exec") || code_[0].is_word(text_, "execute")) &&
           text_[code_[index].begin] == '@' && index + 1 < code_.size() &&
           code_[index + 1].of(text_) == "=";
}

void TemplateCompiler::compile_placeholder(std::size_t index) {
    const Token& token = code_[index];
    check_style(token);
    if (rules_.lacks_parentheses(index)) {
        fail(token, "IN needs parentheses round its list",
             "write IN (" + std::string(token.of(text_)) + ")");
    }
    Slot slot = placeholder_slot(token);
    if (rules_.is_element(index)) slot.role = SlotRole::Element;
    if (slot.source == SlotSource::Positional) {
        out_.positional_count_ = std::max(out_.positional_count_, slot.index + 1);
    }
    const std::string key =
        kind_key(slot) +
        (slot.source == SlotSource::Named ? slot.name : std::to_string(slot.index));
    place(token.begin, token.end, add_slot(token, std::move(slot), key));
}

Slot TemplateCompiler::placeholder_slot(const Token& token) {
    Slot slot{.source = SlotSource::Positional, .role = SlotRole::Value, .span = span_of(token)};
    slot.origin = origin_at(token.begin);
    switch (token.style) {
        case PlaceholderStyle::Named:
            slot.source = SlotSource::Named;
            slot.name = std::string(token.body(text_));
            break;
        case PlaceholderStyle::Sequential:
            slot.index = sequence_++;
            break;
        case PlaceholderStyle::Numbered: {
            const auto number = parse_int64(token.body(text_));
            if (!number || *number < 1 || std::cmp_greater(*number, dialect_.most_parameters)) {
                fail(token, "placeholder '" + std::string(token.of(text_)) + "' has no such number",
                     "placeholders are counted from 1 to " +
                         std::to_string(dialect_.most_parameters));
            }
            slot.index = static_cast<std::size_t>(*number) - 1;
            break;
        }
    }
    return slot;
}

void TemplateCompiler::check_style(const Token& token) {
    if (first_placeholder_ == nullptr) first_placeholder_ = &token;
    if (first_placeholder_->style == token.style) return;
    const SourceSpan first = origin_.span(text_, first_placeholder_->begin);
    fail(token,
         "placeholder '" + std::string(token.of(text_)) + "' is mixed with '" +
             std::string(first_placeholder_->of(text_)) + "' of line " +
             std::to_string(first.line) + ", column " + std::to_string(first.column),
         "use one kind of placeholder in a statement: $1, ?, or :name");
}

void TemplateCompiler::check_position(std::size_t index, std::string_view expression) const {
    if (auto refusal = rules_.refusal(index, expression)) {
        fail(code_[index], refusal->message, std::move(refusal->hint));
    }
}

std::size_t TemplateCompiler::add_slot(const Token& token, Slot slot, const std::string& key) {
    const auto [entry, added] = slot_by_key_.try_emplace(key, out_.slots_.size());
    if (added && out_.slots_.size() == dialect_.most_parameters) refuse_parameters(token);
    if (added) out_.slots_.push_back(std::move(slot));
    return entry->second;
}

void TemplateCompiler::place(std::size_t begin, std::size_t end, std::size_t slot,
                             std::string_view before, std::string_view after) {
    copy_until(begin);
    // `a?` must not become `a$1`, nor `?5` `$15`.
    const bool inserted = out_.slots_[slot].role == SlotRole::Fragment;
    if (!inserted && !pending_.empty() && is_name_character(pending_.back())) pending_ += ' ';
    pending_ += before;
    out_.pieces_.push_back({std::exchange(pending_, {}), slot});
    pending_ += after;
    copied_ = end;
    const bool glued = end < text_.size() && is_name_character(text_[end]);
    if (!inserted && after.empty() && glued) pending_ += ' ';
}

/// Comments with `{{` in them are left out: nobody binds what they mention.
void TemplateCompiler::drop_comments_until(std::size_t offset) {
    for (; comment_ < tokens_.size() && tokens_[comment_].begin < offset; ++comment_) {
        const Token& token = tokens_[comment_];
        if (token.kind != TokenKind::Comment || !token.has_slot || token.begin < copied_) continue;
        const std::string_view comment = token.of(text_);
        if (dialect_.executable_comments &&
            (comment.starts_with("/*!") || comment.starts_with("/*M!"))) {
            fail(token,
                 "a comment that " + std::string(dialect_.name) + " executes cannot contain {{ }}");
        }
        pending_ += text_.substr(copied_, token.begin - copied_);
        pending_ += ' ';
        copied_ = token.end;
    }
}

void TemplateCompiler::copy_until(std::size_t offset) {
    drop_comments_until(offset);
    if (offset > copied_) pending_ += text_.substr(copied_, offset - copied_);
    copied_ = std::max(copied_, offset);
}

TextOrigin TemplateCompiler::origin_at(std::size_t offset) {
    known_origin_ = known_origin_.advanced(text_.substr(known_offset_), offset - known_offset_);
    known_offset_ = offset;
    return known_origin_;
}

SourceSpan TemplateCompiler::span_of(const Token& token) {
    return origin_at(token.begin).span(token.of(text_), 0, token.end - token.begin);
}

void TemplateCompiler::refuse_parameters(const Token& token) const {
    fail(token,
         "the statement has more than " + std::to_string(dialect_.most_parameters) + " parameters",
         "send several statements, or the values as rows of 'paramsBatch'");
}

void TemplateCompiler::fail(const Token& token, const std::string& message,
                            std::string hint) const {
    throw Error(ErrorCode::SqlSyntax, message,
                {.where = origin_.span(text_, token.begin, token.end - token.begin),
                 .hint = std::move(hint)});
}

SqlTemplate SqlTemplate::compile(std::string_view text, const TextOrigin& origin,
                                 const Dialect& dialect) {
    return TemplateCompiler(text, origin, dialect).compile();
}

}  // namespace kdeps::sql
