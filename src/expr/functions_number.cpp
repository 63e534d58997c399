// Functions on numbers. Ints and decimals stay exact; a double among them makes a double.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "kdeps/base/decimal.hpp"
#include "kdeps/base/text.hpp"

#include "functions.hpp"
#include "operators.hpp"

namespace kdeps::expr {
namespace {

enum class Rounding { Down, Up, HalfAway, TowardsZero };

/// Cuts a decimal behind `digits` places and moves to the neighbour if the rounding asks for it.
Decimal rounded(const Decimal& value, std::size_t digits, Rounding rounding, Meter& meter) {
    meter.sum(value.digit_count());
    const std::string text = value.to_string();
    const std::size_t point = text.find('.');
    if (point == std::string::npos || text.size() - point - 1 <= digits) return value;
    const std::string_view cut = std::string_view(text).substr(point + 1 + digits);
    const Decimal kept = *Decimal::parse(text.substr(0, digits == 0 ? point : point + 1 + digits));
    const bool exact = cut.find_first_not_of('0') == std::string_view::npos;
    const bool away = (rounding == Rounding::Down && value.is_negative() && !exact) ||
                      (rounding == Rounding::Up && !value.is_negative() && !exact) ||
                      (rounding == Rounding::HalfAway && cut.front() >= '5');
    if (!away) return kept;
    const Decimal unit = *Decimal::parse("1e-" + std::to_string(digits));
    return value.is_negative() ? kept - unit : kept + unit;
}

double rounded(double value, Rounding rounding) {
    switch (rounding) {
        case Rounding::Down:
            return std::floor(value);
        case Rounding::Up:
            return std::ceil(value);
        case Rounding::HalfAway:
            return std::round(value);
        default:
            return std::trunc(value);
    }
}

/// An int where the result is one that fits; NaN and infinities stay what they are.
Value to_integer(const Value& number, Rounding rounding, Meter& meter) {
    if (number.kind() == Kind::Int) return number;
    if (number.kind() == Kind::Decimal) {
        return shrink(rounded(number.as_decimal(), 0, rounding, meter));
    }
    const double whole = rounded(number.as_double(), rounding);
    constexpr double kLimit = 9223372036854775808.0;  // 2^63
    if (whole >= -kLimit && whole < kLimit) return static_cast<std::int64_t>(whole);
    return whole;
}

Value floor(Context& context, Arguments arguments) {
    return to_integer(number_argument(arguments, 0), Rounding::Down, context.meter);
}

Value ceil(Context& context, Arguments arguments) {
    return to_integer(number_argument(arguments, 0), Rounding::Up, context.meter);
}

Value round(Context& context, Arguments arguments) {
    constexpr std::size_t kMaxDigits = 100;
    const Value& number = number_argument(arguments, 0);
    const std::size_t digits = arguments.size() > 1 ? count_argument(arguments, 1) : 0;
    if (digits > kMaxDigits) throw BadArgument{1, "at most 100", {}, true};
    if (digits == 0 || number.kind() == Kind::Int) {
        return to_integer(number, Rounding::HalfAway, context.meter);
    }
    if (number.kind() == Kind::Double) {
        if (!std::isfinite(number.as_double())) return number;
        const Decimal exact = to_decimal(number);
        return rounded(exact, digits, Rounding::HalfAway, context.meter).to_double();
    }
    return rounded(number.as_decimal(), digits, Rounding::HalfAway, context.meter);
}

Value abs(Context& context, Arguments arguments) {
    const Value& number = number_argument(arguments, 0);
    context.meter.sum(number.printed_bytes());
    const bool negative = order(number, Value(0), context.meter) < 0;
    return negative ? apply_unary(Operator::Negate, number) : number;
}

/// A number, or text that is one.
Value parsed_number(Context& context, Arguments arguments) {
    const Value& value = arguments[0];
    context.meter.read(value);
    if (value.kind() != Kind::String) return number_argument(arguments, 0);
    const std::string_view text = trim(value.as_string());
    if (const std::optional<std::int64_t> integer = parse_int64(text)) return *integer;
    if (std::optional<Decimal> decimal = Decimal::parse(text)) {
        context.meter.sum(decimal->digit_count());  // `1e9999` is short but has many
        return *std::move(decimal);
    }
    throw BadArgument{0, "a number or the text of one", {}, true};
}

Value to_int(Context& context, Arguments arguments) {
    const Value number = parsed_number(context, arguments);
    if (number.kind() == Kind::Double && !std::isfinite(number.as_double())) {
        throw BadArgument{0, "a finite number", {}, true};
    }
    return to_integer(number, Rounding::TowardsZero, context.meter);
}

Value to_float(Context& context, Arguments arguments) {
    return to_double(parsed_number(context, arguments));
}

Value to_exact(Context& context, Arguments arguments) {
    const Value number = parsed_number(context, arguments);
    if (number.kind() == Kind::Double && !std::isfinite(number.as_double())) {
        throw BadArgument{0, "a finite number", {}, true};
    }
    return to_decimal(number);
}

/// The numbers of the call: its arguments, or the elements of its only one.
Value::List numbers(Context& context, Arguments arguments) {
    const bool is_list = arguments.size() == 1 && !arguments[0].is_number();
    Value::List list = is_list ? elements_of(list_argument(arguments, 0), context.meter)
                               : Value::List(arguments.begin(), arguments.end());
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].is_number()) continue;
        if (is_list) throw BadArgument{0, "a list of numbers", {}, true};
        throw BadArgument{i, "a number"};
    }
    return list;
}

auto less(Meter& meter) {
    return [&meter](const Value& a, const Value& b) {
        meter.step();
        return order(a, b, meter) < 0;
    };
}

Value min(Context& context, Arguments arguments) {
    const Value::List list = numbers(context, arguments);
    return list.empty() ? Value() : *std::ranges::min_element(list, less(context.meter));
}

Value max(Context& context, Arguments arguments) {
    const Value::List list = numbers(context, arguments);
    return list.empty() ? Value() : *std::ranges::max_element(list, less(context.meter));
}

Value mean(Context& context, Arguments arguments) {
    const Value::List list = numbers(context, arguments);
    if (list.empty()) return nullptr;
    Value total = 0;
    for (const Value& number : list) {
        total = apply_binary(Operator::Add, total, number, context.meter);
    }
    const Value count = static_cast<std::int64_t>(list.size());
    return apply_binary(Operator::Divide, total, count, context.meter);
}

Value median(Context& context, Arguments arguments) {
    Value::List list = numbers(context, arguments);
    if (list.empty()) return nullptr;
    std::ranges::stable_sort(list, less(context.meter));
    const Value& upper = list[list.size() / 2];
    if (list.size() % 2 == 1) return upper;
    const Value both = apply_binary(Operator::Add, list[list.size() / 2 - 1], upper, context.meter);
    return apply_binary(Operator::Divide, both, Value(2), context.meter);
}

constexpr std::array kNumberFunctions = {
    Function{"abs", 1, 1, "(number)", "without its sign", abs},
    Function{"floor", 1, 1, "(number)", "the next integer downwards", floor},
    Function{"ceil", 1, 1, "(number)", "the next integer upwards", ceil},
    Function{"round", 1, 2, "(number, digits)", "the nearest; half goes away from zero", round},
    Function{"int", 1, 1, "(value)", "a number or its text as an integer, cut towards zero",
             to_int},
    Function{"float", 1, 1, "(value)", "a number or its text as a double", to_float},
    Function{"decimal", 1, 1, "(value)", "a number or its text as an exact decimal", to_exact},
    Function{"min", 1, kAnyNumber, "(number, ...)", "the smallest; also of one list", min},
    Function{"max", 1, kAnyNumber, "(number, ...)", "the largest; also of one list", max},
    Function{"mean", 1, kAnyNumber, "(number, ...)", "the average; also of one list", mean},
    Function{"median", 1, kAnyNumber, "(number, ...)", "the middle; also of one list", median},
};

}  // namespace

std::span<const Function> number_functions() {
    return kNumberFunctions;
}

}  // namespace kdeps::expr
