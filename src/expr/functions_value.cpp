// Functions that take any value: JSON, defaults, paths, kinds, choices.

#include <array>
#include <charconv>
#include <string>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"

#include "functions.hpp"
#include "operators.hpp"

namespace kdeps::expr {
namespace {

Value json(Context& context, Arguments arguments) {
    std::string out;
    write_json(arguments[0], out, context.meter.charge());
    return out;
}

Value debug(Context& context, Arguments arguments) {
    std::string out;
    write_json_indented(arguments[0], out, 2, context.meter.charge());
    return out;
}

Value from_json(Context& context, Arguments arguments) {
    if (arguments[0].is_null()) return nullptr;
    const Value text = text_argument(context, arguments, 0);
    try {
        return parse_json(text.as_string(), {}, context.meter.charge());
    } catch (const Error& error) {
        if (error.code() == ErrorCode::BadRequest) return nullptr;
        throw;
    }
}

Value string(Context& context, Arguments arguments) {
    const Value& value = arguments[0];
    if (value.kind() != Kind::String) return printed(value, context.meter);
    if (!value.is_json() && !value.is_client_text()) return value;
    context.meter.make(value.as_string().size());
    return value.as_string();
}

Value default_value(Context&, Arguments arguments) {
    const Value& value = arguments[0];
    const bool missing =
        value.is_null() || (value.kind() == Kind::String && value.as_string().empty());
    return missing ? arguments[1] : value;
}

Value ternary(Context&, Arguments arguments) {
    return is_true(arguments[0]) ? arguments[1] : arguments[2];
}

/// One step of a path: a member of an object or an element of a list.
std::optional<Value> step_into(const Value& value, std::string_view part, Meter& meter) {
    if (value.kind() != Kind::List && value.kind() != Kind::Table) {
        return member_of(value, part, meter);
    }
    const std::optional<std::int64_t> index = parse_int64(part);
    if (!index || *index < 0 || static_cast<std::size_t>(*index) >= value.size()) {
        return std::nullopt;
    }
    return value.element(static_cast<std::size_t>(*index));
}

Value safe(Context& context, Arguments arguments) {
    const Value path = text_argument(context, arguments, 1);
    std::optional<Value> at = arguments[0];
    for (std::string_view rest = path.as_string(); at && !rest.empty();) {
        context.meter.step();
        const std::size_t dot = rest.find('.');
        at = step_into(*at, rest.substr(0, dot), context.meter);
        rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    }
    return at ? *at : Value();
}

Value len(Context& context, Arguments arguments) {
    switch (arguments[0].kind()) {
        case Kind::String:
        case Kind::Bytes:
        case Kind::List:
        case Kind::Object:
        case Kind::Table:
            return static_cast<std::int64_t>(length_of(arguments[0], context.meter));
        default:
            throw BadArgument{0, "text, a list or an object",
                              arguments[0].is_null()
                                  ? "a value that may be nil can have a default: default(x, [])"
                                  : ""};
    }
}

/// The names that this language has had for its kinds since before there were tables.
Value type(Context&, Arguments arguments) {
    switch (arguments[0].kind()) {
        case Kind::Null:
            return "nil";
        case Kind::Bool:
            return "bool";
        case Kind::Int:
            return "int";
        case Kind::Double:
            return "float";
        case Kind::Decimal:
            return "decimal";
        case Kind::String:
            return "string";
        case Kind::Bytes:
            return "bytes";
        case Kind::Date:
            return "date";
        case Kind::Time:
            return "time";
        case Kind::Timestamp:
            return "timestamp";
        case Kind::TimestampTz:
            return "timestamptz";
        case Kind::Object:
            return "map";
        default:
            return "array";
    }
}

Value to_base64(Context& context, Arguments arguments) {
    const bool is_bytes = arguments[0].kind() == Kind::Bytes;
    const Value text = is_bytes ? arguments[0] : text_argument(context, arguments, 0);
    const std::string& data = is_bytes ? text.as_bytes().data : text.as_string();
    context.meter.make(data.size() / 3 * 4 + 4);
    return base64_encode(data);
}

Value from_base64(Context& context, Arguments arguments) {
    const Value text = text_argument(context, arguments, 0);
    context.meter.make(text.as_string().size());
    std::optional<std::string> data = base64_decode(text.as_string());
    if (!data) throw BadArgument{0, "base64 text with padding", {}, true};
    if (!invalid_utf8(*data)) return *std::move(data);
    return Bytes{*std::move(data)};
}

/// The first argument if it is one of the author's own words, else the caller's mistake.
Value one_of(Context& context, Arguments arguments) {
    std::string known;
    for (const Value& choice : arguments[1].as_list()) {
        if (equal(arguments[0], choice, context.meter)) return choice;
        known += fmt::format("{}'{}'", known.empty() ? "" : ", ", choice.as_string());
    }
    throw Error(ErrorCode::BadRequest,
                fmt::format("'{}' is not one of {}", printed(arguments[0], context.meter), known));
}

constexpr std::array kValueFunctions = {
    Function{"json", 1, 1, "(value)", "compact JSON", json},
    Function{"toJSON", 1, 1, "(value)", "compact JSON", json},
    Function{"fromJSON", 1, 1, "(text)", "the value of JSON text; nil if it is not JSON",
             from_json},
    Function{"debug", 1, 1, "(value)", "JSON on several lines", debug},
    Function{"str", 1, 1, "(value)", "the text of a value; a csv table gives its CSV", string},
    Function{"string", 1, 1, "(value)", "the same as str", string},
    Function{"type", 1, 1, "(value)",
             "nil, bool, int, float, decimal, string, bytes, date, time, timestamp, timestamptz, "
             "array (a table too) or map",
             type},
    Function{"len", 1, 1, "(value)", "code points of text, elements, rows, or members", len},
    Function{"default", 2, 2, "(value, fallback)", "the fallback for nil and \"\"", default_value},
    Function{"ternary", 3, 3, "(condition, yes, no)", "the same as condition ? yes : no", ternary},
    Function{"safe", 2, 2, "(value, path)", "the member at 'a.b.0', or nil", safe},
    Function{"toBase64", 1, 1, "(value)", "text or bytes as base64", to_base64},
    Function{"fromBase64", 1, 1, "(text)", "text, or bytes if they are not UTF-8", from_base64},
    Function{"oneOf", 2, 2, "(value, choices)",
             "the value if it is one of these strings, else error 400", one_of, Shape::Choice},
    Function{"ident", 2, 2, "(value, names)", "the same, for the name of a column or table in SQL",
             one_of, Shape::Choice},
};

}  // namespace

std::span<const Function> value_functions() {
    return kValueFunctions;
}

}  // namespace kdeps::expr
