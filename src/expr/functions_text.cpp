// Functions on text. Positions and lengths count code points, as len() and slices do.

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "kdeps/base/json.hpp"

#include "functions.hpp"
#include "operators.hpp"
#include "search.hpp"
#include "utf8.hpp"

namespace kdeps::expr {
namespace {

/// A text that was only tidied: what a client typed stays typed by a client.
Value tidied(const Value& before, std::string after) {
    if (before.is_client_text()) return ClientText{std::move(after)};
    return after;
}

Value part_of(Context& context, const Value& whole, std::string_view text) {
    context.meter.make(text.size());
    return tidied(whole, std::string(text));
}

/// Without a second argument white space, otherwise any of the code points in it.
Value trim_both(Context& context, Arguments arguments) {
    const Value text = text_argument(context, arguments, 0);
    const Value letters =
        arguments.size() > 1 ? text_argument(context, arguments, 1) : Value(" \t\n\v\f\r");
    const std::string& cut = letters.as_string();
    std::string_view rest = text.as_string();
    const auto is_cut = [&](std::string_view letter) {
        context.meter.read(cut.size());
        return cut.find(letter) != std::string::npos;
    };
    while (!rest.empty()) {
        const std::size_t length = code_point_length(rest, 0);
        if (!is_cut(rest.substr(0, length))) break;
        rest.remove_prefix(length);
    }
    while (!rest.empty()) {
        std::size_t last = rest.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(rest[last]) & 0xC0) == 0x80) --last;
        if (!is_cut(rest.substr(last))) break;
        rest.remove_suffix(rest.size() - last);
    }
    return part_of(context, text, rest);
}

Value trim_prefix(Context& context, Arguments arguments) {
    const Value text = text_argument(context, arguments, 0);
    const Value prefix = text_argument(context, arguments, 1);
    std::string_view rest = text.as_string();
    if (rest.starts_with(prefix.as_string())) rest.remove_prefix(prefix.as_string().size());
    return part_of(context, text, rest);
}

Value trim_suffix(Context& context, Arguments arguments) {
    const Value text = text_argument(context, arguments, 0);
    const Value suffix = text_argument(context, arguments, 1);
    std::string_view rest = text.as_string();
    if (rest.ends_with(suffix.as_string())) rest.remove_suffix(suffix.as_string().size());
    return part_of(context, text, rest);
}

/// The text with each piece of it changed.
template <class Change>
std::string changed(Context& context, std::string_view text, const Change& change) {
    std::string out;
    while (!text.empty()) {
        const std::string_view piece = first_piece(text);
        const std::string after = change(piece);
        context.meter.make(after.size());
        out += after;
        text.remove_prefix(piece.size());
    }
    return out;
}

Value upper(Context& context, Arguments arguments) {
    const Value text = text_argument(context, arguments, 0);
    return tidied(text, changed(context, text.as_string(), to_upper_case));
}

Value lower(Context& context, Arguments arguments) {
    const Value text = text_argument(context, arguments, 0);
    return tidied(text, changed(context, text.as_string(), to_lower_case));
}

/// The pieces of a text, with or without the separator behind each.
Value pieces(Context& context, Arguments arguments, bool keep_separator) {
    const Value whole = text_argument(context, arguments, 0);
    const Value between = text_argument(context, arguments, 1);
    const std::string& text = whole.as_string();
    const std::string& separator = between.as_string();
    const std::size_t most = arguments.size() > 2 ? count_argument(arguments, 2) : kAnyNumber;
    Value::List list;
    const auto add = [&](std::string_view piece) {
        context.meter.step();
        context.meter.elements(1);
        context.meter.make(piece.size());
        list.emplace_back(piece);
    };
    std::size_t begin = 0;
    while (list.size() + 1 < most) {
        // An empty separator cuts between all letters.
        const std::size_t found =
            separator.empty()
                ? (begin < text.size() ? begin + code_point_length(text, begin) : text.size())
                : find_text(text, separator, begin);
        if (found == std::string::npos || (separator.empty() && found >= text.size())) break;
        const std::size_t next = found + separator.size();
        add(std::string_view(text).substr(begin, (keep_separator ? next : found) - begin));
        begin = next;
    }
    const bool wants_rest = most > 0 && !(separator.empty() && text.empty());
    if (wants_rest) add(std::string_view(text).substr(begin));
    return list;
}

Value split(Context& context, Arguments arguments) {
    return pieces(context, arguments, false);
}

Value split_after(Context& context, Arguments arguments) {
    return pieces(context, arguments, true);
}

Value replace(Context& context, Arguments arguments) {
    const Value whole = text_argument(context, arguments, 0);
    const Value wanted = text_argument(context, arguments, 1);
    const Value replacement = text_argument(context, arguments, 2);
    const std::string& text = whole.as_string();
    const std::string& from = wanted.as_string();
    const std::string& to = replacement.as_string();
    if (from.empty()) throw BadArgument{1, "text that is not empty", {}, true};
    std::string out;
    std::size_t begin = 0;
    for (std::size_t found = find_text(text, from, 0); found != std::string::npos;
         found = find_text(text, from, begin)) {
        context.meter.step();
        context.meter.make(found - begin + to.size());
        out.append(text, begin, found - begin).append(to);
        begin = found + from.size();
    }
    context.meter.make(text.size() - begin);
    out.append(text, begin);
    return out;
}

Value repeat(Context& context, Arguments arguments) {
    const Value part = text_argument(context, arguments, 0);
    const std::string& text = part.as_string();
    const std::size_t count = count_argument(arguments, 1);
    if (text.empty()) return text;
    context.meter.make(count > kAnyNumber / text.size() ? kAnyNumber : count * text.size());
    const std::size_t total = count * text.size();
    std::string out;
    out.reserve(total);
    if (total > 0) out = text;
    while (out.size() < total) out.append(out, 0, std::min(out.size(), total - out.size()));
    return out;
}

Value join(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    const Value separator = arguments.size() > 1 ? text_argument(context, arguments, 1) : Value("");
    const Charge charge = context.meter.charge();
    std::string out;
    for (std::size_t i = 0; i < list.size(); ++i) {
        context.meter.step();
        if (i > 0) {
            context.meter.make(separator.as_string().size());
            out += separator.as_string();
        }
        write_text(list.element(i), out, charge);
    }
    return out;
}

/// The number of code points before `found`.
Value position(Context& context, std::string_view text, std::size_t found) {
    if (found == std::string_view::npos) return -1;
    return static_cast<std::int64_t>(length_of(text.substr(0, found), context.meter));
}

Value index_of(Context& context, Arguments arguments) {
    const Value text = text_argument(context, arguments, 0);
    const Value part = text_argument(context, arguments, 1);
    return position(context, text.as_string(), find_text(text.as_string(), part.as_string(), 0));
}

Value last_index_of(Context& context, Arguments arguments) {
    const Value text = text_argument(context, arguments, 0);
    const Value part = text_argument(context, arguments, 1);
    context.meter.make(text.as_string().size() + part.as_string().size());
    return position(context, text.as_string(), find_last_text(text.as_string(), part.as_string()));
}

Value has_prefix(Context& context, Arguments arguments) {
    if (arguments[0].is_null() || arguments[1].is_null()) return false;
    const Value prefix = text_argument(context, arguments, 1);
    return text_argument(context, arguments, 0).as_string().starts_with(prefix.as_string());
}

Value has_suffix(Context& context, Arguments arguments) {
    if (arguments[0].is_null() || arguments[1].is_null()) return false;
    const Value suffix = text_argument(context, arguments, 1);
    return text_argument(context, arguments, 0).as_string().ends_with(suffix.as_string());
}

std::string url_encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    constexpr std::string_view kPlain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (kPlain.find(c) != std::string_view::npos) {
            out += c;
        } else if (c == ' ') {
            out += '+';
        } else {
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    return out;
}

Value urlencode(Context& context, Arguments arguments) {
    return changed(context, printed(arguments[0], context.meter), url_encoded);
}

constexpr std::array kTextFunctions = {
    Function{"trim", 1, 2, "(text, letters)", "without white space, or these letters, at both ends",
             trim_both},
    Function{"trimPrefix", 2, 2, "(text, prefix)", "without this beginning", trim_prefix},
    Function{"trimSuffix", 2, 2, "(text, suffix)", "without this end", trim_suffix},
    Function{"upper", 1, 1, "(text)", "in capital letters", upper},
    Function{"lower", 1, 1, "(text)", "in small letters", lower},
    Function{"split", 2, 3, "(text, separator, most)", "the pieces between separators", split},
    Function{"splitAfter", 2, 3, "(text, separator, most)", "the pieces, each with its separator",
             split_after},
    Function{"replace", 3, 3, "(text, from, to)", "every occurrence replaced", replace},
    Function{"repeat", 2, 2, "(text, count)", "the text so many times", repeat},
    Function{"join", 1, 2, "(list, separator)", "the texts of the elements in a row", join},
    Function{"indexOf", 2, 2, "(text, part)", "position of the first occurrence, or -1", index_of},
    Function{"lastIndexOf", 2, 2, "(text, part)", "position of the last occurrence, or -1",
             last_index_of},
    Function{"hasPrefix", 2, 2, "(text, prefix)", "whether the text begins so", has_prefix},
    Function{"hasSuffix", 2, 2, "(text, suffix)", "whether the text ends so", has_suffix},
    Function{"urlencode", 1, 1, "(value)", "escaped for a query string, a space as +", urlencode},
};

}  // namespace

std::span<const Function> text_functions() {
    return kTextFunctions;
}

}  // namespace kdeps::expr
