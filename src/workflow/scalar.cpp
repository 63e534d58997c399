#include "scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <memory>
#include <utility>

#include "kdeps/base/text.hpp"

#include "scalar_parts.hpp"

namespace kdeps::workflow {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool all_of(std::string_view text, std::string_view allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

std::string_view without_sign(std::string_view text) {
    return text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
}

bool is_int(std::string_view text) {
    if (text.starts_with("0o")) return all_of(text.substr(2), "01234567");
    if (text.starts_with("0x")) return all_of(text.substr(2), "0123456789abcdefABCDEF");
    return all_of(without_sign(text), kDigits);
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
bool is_float(std::string_view text) {
    constexpr std::array<std::string_view, 6> kWords = {".inf", ".Inf", ".INF",
                                                        ".nan", ".NaN", ".NAN"};
    const std::string_view number = without_sign(text);
    const auto* word = std::find(kWords.begin(), kWords.end(), number);
    if (word != kWords.end()) return (*word)[1] == 'i' || (*word)[1] == 'I' || number == text;

    const std::size_t exponent = number.find_first_of("eE");
    if (exponent != std::string_view::npos &&
        !all_of(without_sign(number.substr(exponent + 1)), kDigits)) {
        return false;
    }
    const std::string_view mantissa = number.substr(0, exponent);
    const std::size_t point = mantissa.find('.');
    const std::string_view whole = mantissa.substr(0, point);
    if (point == std::string_view::npos) return all_of(whole, kDigits);
    const std::string_view fraction = mantissa.substr(point + 1);
    if (whole.empty()) return all_of(fraction, kDigits);
    return all_of(whole, kDigits) && (fraction.empty() || all_of(fraction, kDigits));
}

/// The base of an Int scalar; a prefix of two characters stands in front of all but decimal ones.
int base_of(std::string_view text) {
    return text.starts_with("0o") ? 8 : text.starts_with("0x") ? 16 : 10;
}

template <typename Integer>
std::optional<Integer> parse_prefixed(std::string_view text) {
    Integer value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data() + 2, end, value, base_of(text));
    if (failure != std::errc() || stop != end) return std::nullopt;
    return value;
}

std::optional<Value> int_value(std::string_view text) {
    if (const auto value = core_int(text)) return Value(*value);
    if (base_of(text) != 10) {
        const auto value = parse_prefixed<std::uint64_t>(text);
        return value ? std::optional(Value::from_unsigned(*value)) : std::nullopt;
    }
    const auto value = Decimal::parse(text);
    return value ? std::optional(Value(*value)) : std::nullopt;
}

std::optional<Value> float_value(std::string_view text) {
    const std::string_view number = without_sign(text);
    if (number.size() > 1 && (number[1] == 'i' || number[1] == 'I')) {
        const double infinity = std::numeric_limits<double>::infinity();
        return Value(text.starts_with('-') ? -infinity : infinity);
    }
    if (number.size() > 1 && (number[1] == 'n' || number[1] == 'N')) {
        return Value(std::numeric_limits<double>::quiet_NaN());
    }
    // YAML writes `.5` and `5.` too; a decimal has digits on both sides of its point.
    std::string digits(text);
    if (const std::size_t point = digits.find('.'); point != std::string::npos) {
        const auto is_digit = [&](std::size_t i) {
            return i < digits.size() && kDigits.find(digits[i]) != std::string_view::npos;
        };
        if (!is_digit(point + 1)) digits.erase(point, 1);
        if (point == 0 || !is_digit(point - 1)) digits.insert(point, 1, '0');
    }
    const auto value = Decimal::parse(digits);
    return value ? std::optional(Value(*value)) : std::nullopt;
}

/// Skips `!tag`, `&anchor`, white space and comments in front of a scalar.
std::size_t skip_properties(std::string_view source, std::size_t offset) {
    bool has_properties = false;
    while (offset < source.size()) {
        const char c = source[offset];
        if (c == '!' || c == '&') {
            offset = std::min(source.find_first_of(" \t\n,]}", offset), source.size());
            has_properties = true;
        } else if (has_properties && (c == ' ' || c == '\t' || c == '\n')) {
            ++offset;
        } else if (has_properties && c == '#') {
            offset = std::min(source.find('\n', offset), source.size());
        } else {
            break;
        }
    }
    return offset;
}

std::size_t end_of_line(std::string_view source, std::size_t offset) {
    return std::min(source.find('\n', offset), source.size());
}

/// Offset behind the closing quote, or npos.
std::size_t quote_end(std::string_view source, std::size_t begin) {
    const char quote = source[begin];
    for (std::size_t i = begin + 1; i < source.size(); ++i) {
        if (quote == '"' && source[i] == '\\') {
            ++i;
        } else if (source[i] == quote) {
            if (quote == '"' || i + 1 >= source.size() || source[i + 1] != '\'') return i + 1;
            ++i;
        }
    }
    return std::string_view::npos;
}

std::size_t leading_spaces(std::string_view line) {
    return std::min(line.find_first_not_of(' '), line.size());
}

/// The first line that is more than spaces.
std::string_view first_full_line(std::string_view text) {
    const std::size_t content = text.find_first_not_of(" \n");
    if (content == std::string_view::npos) return {};
    const std::size_t before = text.rfind('\n', content);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    return text.substr(begin, end_of_line(text, content) - begin);
}

}  // namespace

Node::Kind plain_kind(std::string_view text) {
    constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
    constexpr std::array<std::string_view, 6> kBools = {"true",  "True",  "TRUE",
                                                        "false", "False", "FALSE"};
    if (std::find(kNulls.begin(), kNulls.end(), text) != kNulls.end()) return Node::Kind::Null;
    if (std::find(kBools.begin(), kBools.end(), text) != kBools.end()) return Node::Kind::Bool;
    if (is_int(text)) return Node::Kind::Int;
    return is_float(text) ? Node::Kind::Float : Node::Kind::String;
}

std::optional<std::int64_t> core_int(std::string_view text) {
    return base_of(text) == 10 ? parse_int64(text) : parse_prefixed<std::int64_t>(text);
}

std::optional<Value> scalar_value(const Node& node) {
    switch (node.kind) {
        case Node::Kind::Null:
            return Value();
        case Node::Kind::Bool:
            return Value(node.text[0] == 't' || node.text[0] == 'T');
        case Node::Kind::Int:
            return int_value(node.text);
        case Node::Kind::Float:
            // `!!float 0x10` is a Float that is written as an Int.
            return base_of(node.text) == 10 ? float_value(node.text) : int_value(node.text);
        default:
            return Value(node.text);
    }
}

ScalarToken find_token(std::string_view source, std::size_t offset, std::string_view value) {
    using Style = ScalarToken::Style;
    const std::size_t begin = skip_properties(source, offset);
    if (begin >= source.size()) return {Style::Plain, offset, source.size(), true};
    switch (source[begin]) {
        case '"':
        case '\'': {
            const auto style = source[begin] == '"' ? Style::DoubleQuoted : Style::SingleQuoted;
            const std::size_t end = quote_end(source, begin);
            const bool is_closed = end != std::string_view::npos;
            return {style, begin, is_closed ? end : source.size(), is_closed};
        }
        case '|':
        case '>':
            return {Style::Block, begin, begin + 1, true};
        default:
            break;
    }
    if (value.empty()) return {Style::Plain, offset, begin, true};  // only a tag or an anchor
    const bool is_one_line = source.substr(begin, value.size()) == value;
    return {Style::Plain, begin, is_one_line ? begin + value.size() : end_of_line(source, begin),
            true};
}

TextOrigin text_origin(const SourceText& source, const ScalarToken& token, std::string_view value) {
    using Style = ScalarToken::Style;
    const std::string_view text = source.text();
    const bool is_folded = token.style == Style::Block && text[token.begin] == '>';
    if (token.style != Style::Block || is_folded) {
        const std::size_t begin = token.begin + (token.style == Style::Plain ? 0 : 1);
        const SourceSpan place = source.span(begin, begin);
        if (!is_folded && text.substr(begin, value.size()) == value) {
            return {.file = place.file,
                    .line = place.line,
                    .column = place.column,
                    .continuation_column = place.column};
        }
        auto parts = std::make_shared<const TextOrigin::Parts>(scalar_parts(source, token, value));
        return {.file = place.file,
                .line = parts->front().line,
                .column = parts->front().column,
                .continuation_column = 1,
                .parts = std::move(parts)};
    }
    // The text of a block scalar starts on the line after its header and has lost the indentation:
    // as many columns as its first full line is further left than the same line of the source.
    const SourceSpan header = source.span(token.begin, token.begin + 1);
    const std::size_t body = std::min(end_of_line(text, token.begin) + 1, text.size());
    const std::string_view full_line = first_full_line(value);
    if (full_line.empty()) return {header.file, header.line, header.column, header.column};
    const std::size_t in_source = leading_spaces(first_full_line(text.substr(body)));
    const std::size_t in_text = leading_spaces(full_line);
    const int column = static_cast<int>(in_source - std::min(in_source, in_text)) + 1;
    return {header.file, header.line + 1, column, column};
}

}  // namespace kdeps::workflow
