// Functions on text. Positions and lengths count code points, as len() and slices do.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "kdeps/base/text.hpp"

#include "functions.hpp"
#include "search.hpp"
#include "utf8.hpp"

namespace kdeps::expr {
namespace {

Value charged(Context& context, std::string text) {
    context.meter.bytes(text.size());
    return text;
}

/// Without a second argument white space, otherwise any of the code points in it.
std::string trim_sides(Arguments arguments, bool at_start, bool at_end) {
    const std::string text = text_argument(arguments, 0);
    const std::string cut = arguments.size() > 1 ? text_argument(arguments, 1) : " \t\n\v\f\r";
    std::string_view rest = text;
    const auto is_cut = [&](std::string_view letter) {
        return !letter.empty() && cut.find(letter) != std::string::npos;
    };
    while (at_start && !rest.empty()) {
        const std::size_t length = code_point_length(rest, 0);
        if (!is_cut(rest.substr(0, length))) break;
        rest.remove_prefix(length);
    }
    while (at_end && !rest.empty()) {
        std::size_t last = rest.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(rest[last]) & 0xC0) == 0x80) --last;
        if (!is_cut(rest.substr(last))) break;
        rest.remove_suffix(rest.size() - last);
    }
    return std::string(rest);
}

Value trim_both(Context& context, Arguments arguments) {
    return charged(context, trim_sides(arguments, true, true));
}

Value trim_prefix(Context& context, Arguments arguments) {
    std::string text = text_argument(arguments, 0);
    const std::string prefix = text_argument(arguments, 1);
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    return charged(context, std::move(text));
}

Value trim_suffix(Context& context, Arguments arguments) {
    std::string text = text_argument(arguments, 0);
    const std::string suffix = text_argument(arguments, 1);
    if (text.ends_with(suffix)) text.erase(text.size() - suffix.size());
    return charged(context, std::move(text));
}

Value upper(Context& context, Arguments arguments) {
    return charged(context, to_upper_case(text_argument(arguments, 0)));
}

Value lower(Context& context, Arguments arguments) {
    return charged(context, to_lower_case(text_argument(arguments, 0)));
}

/// The pieces of a text, with or without the separator behind each.
Value pieces(Context& context, Arguments arguments, bool keep_separator) {
    const std::string text = text_argument(arguments, 0);
    const std::string separator = text_argument(arguments, 1);
    const std::size_t most = arguments.size() > 2 ? count_argument(arguments, 2) : kAnyNumber;
    Value::List list;
    const auto add = [&](std::string_view piece) {
        context.meter.step();
        context.meter.elements(1);
        context.meter.bytes(piece.size());
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
    const std::string text = text_argument(arguments, 0);
    const std::string from = text_argument(arguments, 1);
    const std::string to = text_argument(arguments, 2);
    if (from.empty()) throw BadArgument{1, "text that is not empty", {}, true};
    std::string out;
    std::size_t begin = 0;
    for (std::size_t found = find_text(text, from, 0); found != std::string::npos;
         found = find_text(text, from, begin)) {
        context.meter.step();
        context.meter.bytes(found - begin + to.size());
        out.append(text, begin, found - begin).append(to);
        begin = found + from.size();
    }
    context.meter.bytes(text.size() - begin);
    out.append(text, begin);
    return out;
}

Value repeat(Context& context, Arguments arguments) {
    const std::string text = text_argument(arguments, 0);
    const std::size_t count = count_argument(arguments, 1);
    if (text.empty()) return text;
    context.meter.bytes(count > kAnyNumber / text.size() ? kAnyNumber : count * text.size());
    const std::size_t total = count * text.size();
    std::string out;
    out.reserve(total);
    if (total > 0) out = text;
    while (out.size() < total) out.append(out, 0, std::min(out.size(), total - out.size()));
    return out;
}

Value join(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    const std::string separator = arguments.size() > 1 ? text_argument(arguments, 1) : "";
    std::string out;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Value element = list.element(i);
        context.meter.whole(element);
        context.meter.bytes(separator.size());
        if (i > 0) out += separator;
        out += to_text(element);
    }
    return out;
}

Value position(std::string_view text, std::size_t found) {
    if (found == std::string_view::npos) return -1;
    return static_cast<std::int64_t>(code_points(text.substr(0, found)));
}

Value index_of(Context&, Arguments arguments) {
    const std::string text = text_argument(arguments, 0);
    return position(text, find_text(text, text_argument(arguments, 1), 0));
}

Value last_index_of(Context&, Arguments arguments) {
    const std::string text = text_argument(arguments, 0);
    return position(text, find_last_text(text, text_argument(arguments, 1)));
}

Value has_prefix(Context&, Arguments arguments) {
    return text_argument(arguments, 0).starts_with(text_argument(arguments, 1));
}

Value has_suffix(Context&, Arguments arguments) {
    return text_argument(arguments, 0).ends_with(text_argument(arguments, 1));
}

Value urlencode(Context& context, Arguments arguments) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    constexpr std::string_view kPlain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    context.meter.whole(arguments[0]);
    std::string out;
    for (char c : to_text(arguments[0])) {
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
    return charged(context, std::move(out));
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
