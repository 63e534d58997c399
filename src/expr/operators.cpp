#include "operators.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"

#include "search.hpp"
#include "utf8.hpp"

namespace kdeps::expr {
namespace {

[[noreturn]] void fail(const std::string& message, std::string hint = {}) {
    throw Error(ErrorCode::ExpressionFailed, message, {.hint = std::move(hint)});
}

[[noreturn]] void fail_kinds(Operator op, const Value& left, const Value& right) {
    std::string hint;
    if (left.is_null() || right.is_null()) {
        const bool is_text =
            op == Operator::In || left.kind() == Kind::String || right.kind() == Kind::String;
        hint = fmt::format("a value that may be nil can have a default: default(x, {})",
                           is_text ? "''" : "0");
    } else if (left.kind() == Kind::String || right.kind() == Kind::String) {
        hint = op == Operator::Add ? "str(x) gives the text of any value"
                                   : "int(x), float(x) and decimal(x) turn text into a number";
    }
    fail(fmt::format("'{}' cannot be used with {} and {}", operator_text(op),
                     kind_name(left.kind()), kind_name(right.kind())),
         std::move(hint));
}

Value double_arithmetic(Operator op, double a, double b) {
    switch (op) {
        case Operator::Add:
            return a + b;
        case Operator::Subtract:
            return a - b;
        case Operator::Multiply:
            return a * b;
        case Operator::Divide:
            if (b == 0) fail("division by zero");
            return a / b;
        default:
            fail("'%' needs integral numbers", "round(x), floor(x) and int(x) give integers");
    }
}

Value decimal_arithmetic(Operator op, const Decimal& a, const Decimal& b, Meter& meter) {
    const std::size_t digits = a.digit_count() + b.digit_count();
    const bool is_sum = op == Operator::Add || op == Operator::Subtract;
    is_sum ? meter.sum(digits) : meter.product(digits);
    switch (op) {
        case Operator::Add:
            return a + b;
        case Operator::Subtract:
            return a - b;
        case Operator::Multiply:
            return a * b;
        case Operator::Divide:
            if (b.is_zero()) fail("division by zero");
            return a / b;
        default:
            if (b.is_zero()) fail("division by zero");
            if (!a.is_integral() || !b.is_integral()) {
                fail("'%' needs integral numbers", "round(x), floor(x) and int(x) give integers");
            }
            return shrink(a % b);
    }
}

Value integer_arithmetic(Operator op, std::int64_t a, std::int64_t b, Meter& meter) {
    std::int64_t result = 0;
    bool fits = false;
    switch (op) {
        case Operator::Add:
            fits = !__builtin_add_overflow(a, b, &result);
            break;
        case Operator::Subtract:
            fits = !__builtin_sub_overflow(a, b, &result);
            break;
        case Operator::Multiply:
            fits = !__builtin_mul_overflow(a, b, &result);
            break;
        case Operator::Divide:
            // Division by -1 is left to decimals: the smallest int has no positive twin.
            if (b != 0 && b != -1 && a % b == 0) return a / b;
            if (b == -1) return shrink(-Decimal(a));
            break;
        default:
            if (b == -1) return 0;
            if (b != 0) return a % b;
    }
    return fits ? Value(result) : decimal_arithmetic(op, Decimal(a), Decimal(b), meter);
}

Value arithmetic(Operator op, const Value& a, const Value& b, Meter& meter) {
    if (!a.is_number() || !b.is_number()) fail_kinds(op, a, b);
    if (a.kind() == Kind::Int && b.kind() == Kind::Int) {
        return integer_arithmetic(op, a.as_int(), b.as_int(), meter);
    }
    if (a.kind() == Kind::Double || b.kind() == Kind::Double) {
        return double_arithmetic(op, to_double(a), to_double(b));
    }
    return decimal_arithmetic(op, to_decimal(a), to_decimal(b), meter);
}

/// Exact for a whole exponent; otherwise as doubles.
Value power(const Value& base, const Value& exponent, Meter& meter) {
    constexpr std::int64_t kMaxExponent = 1000;
    constexpr std::size_t kMaxDigits = 100;
    if (!base.is_number() || !exponent.is_number()) fail_kinds(Operator::Power, base, exponent);
    if (base.kind() == Kind::Double || exponent.kind() != Kind::Int) {
        return std::pow(to_double(base), to_double(exponent));
    }
    Decimal factor = to_decimal(base);
    std::int64_t left = exponent.as_int();
    if (left < -kMaxExponent || left > kMaxExponent || factor.digit_count() > kMaxDigits) {
        fail("power is too large", fmt::format("exponents reach from -{} to {}, a base has at most "
                                               "{} digits",
                                               kMaxExponent, kMaxExponent, kMaxDigits));
    }
    const bool inverse = left < 0;
    Decimal result(1);
    const auto multiply = [&](Decimal& product, const Decimal& by) {
        meter.product(product.digit_count() + by.digit_count());
        product = product * by;
    };
    for (left = std::abs(left); left > 0; left /= 2) {
        if (left % 2 == 1) multiply(result, factor);
        if (left > 1) multiply(factor, factor);
    }
    if (inverse) {
        if (result.is_zero()) fail("division by zero");
        meter.product(result.digit_count());
        result = Decimal(1) / result;
    }
    return base.kind() == Kind::Int ? shrink(result) : Value(std::move(result));
}

Value add(const Value& a, const Value& b, Meter& meter) {
    if (a.is_number() && b.is_number()) return arithmetic(Operator::Add, a, b, meter);
    const std::optional<Value> left = text_of(a, meter);
    const std::optional<Value> right = text_of(b, meter);
    const bool joins = (left && right) || (left && b.is_number()) || (a.is_number() && right);
    if (!joins) fail_kinds(Operator::Add, a, b);
    std::string head = left ? left->as_string() : printed(a, meter);
    const std::string& tail = right ? right->as_string() : printed(b, meter);
    meter.make(head.size() + tail.size());
    return std::move(head) + tail;
}

bool is_in(const Value& element, const Value& container, Meter& meter) {
    switch (container.kind()) {
        case Kind::Null:
            return false;
        case Kind::List:
        case Kind::Table:
            for (std::size_t i = 0; i < container.size(); ++i) {
                if (equal(element, container.element(i), meter)) return true;
            }
            return false;
        case Kind::Object:
            return element.kind() == Kind::String &&
                   member_of(container, element.as_string(), meter).has_value();
        case Kind::String:
            if (element.kind() != Kind::String) break;
            meter.read(container);
            meter.read(element);
            return find_text(container.as_string(), element.as_string(), 0) != std::string::npos;
        default:
            break;
    }
    fail_kinds(Operator::In, element, container);
}

bool text_test(Operator op, const Value& a, const Value& b, Meter& meter) {
    if (a.is_null() || b.is_null()) return false;
    const std::optional<Value> left = text_of(a, meter);
    const std::optional<Value> right = text_of(b, meter);
    if (op == Operator::Contains && a.kind() == Kind::List) {
        fail("'contains' looks into text, not into a list", "write x in list");
    }
    if (!left || !right) fail_kinds(op, a, b);
    const std::string& text = left->as_string();
    const std::string& part = right->as_string();
    meter.read(part.size());
    if (op == Operator::StartsWith) return text.starts_with(part);
    if (op == Operator::EndsWith) return text.ends_with(part);
    meter.read(text.size());
    return find_text(text, part, 0) != std::string::npos;
}

Value range(const Value& from, const Value& to, Meter& meter) {
    if (from.kind() != Kind::Int || to.kind() != Kind::Int) fail_kinds(Operator::Range, from, to);
    const std::int64_t first = from.as_int();
    const std::int64_t last = to.as_int();
    if (last < first) return Value::List{};
    // Unsigned, because the distance of two ints need not be one.
    const std::uint64_t distance =
        static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
    meter.elements(distance);
    meter.steps(distance);
    Value::List list;
    list.reserve(distance + 1);
    for (std::uint64_t i = 0; i <= distance; ++i) {
        list.emplace_back(static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + i));
    }
    return list;
}

bool is_text_and_temporal(const Value& a, const Value& b) {
    return (a.kind() == Kind::String && is_temporal(b)) ||
           (is_temporal(a) && b.kind() == Kind::String);
}

/// Numbers of two kinds are read whole; of other values no more than the smaller one.
void charge_comparison(const Value& a, const Value& b, Meter& meter) {
    const std::size_t left = a.printed_bytes();
    const std::size_t right = b.printed_bytes();
    meter.read(a.is_number() && b.is_number() ? left + right : std::min(left, right));
}

}  // namespace

bool is_temporal(const Value& value) {
    switch (value.kind()) {
        case Kind::Date:
        case Kind::Time:
        case Kind::Timestamp:
        case Kind::TimestampTz:
            return true;
        default:
            return false;
    }
}

bool is_true(const Value& value) {
    switch (value.kind()) {
        case Kind::Null:
            return false;
        case Kind::Bool:
            return value.as_bool();
        case Kind::Int:
            return value.as_int() != 0;
        case Kind::Double:
            return value.as_double() != 0;
        case Kind::Decimal:
            return !value.as_decimal().is_zero();
        case Kind::String:
            return !value.as_string().empty();
        default:
            return true;
    }
}

bool equal(const Value& a, const Value& b, Meter& meter) {
    meter.step();
    charge_comparison(a, b, meter);
    if (is_text_and_temporal(a, b)) return to_text(a) == to_text(b);
    return a == b;
}

std::partial_ordering order(const Value& a, const Value& b, Meter& meter) {
    charge_comparison(a, b, meter);
    if (is_text_and_temporal(a, b)) return to_text(a) <=> to_text(b);
    if (const std::optional<std::partial_ordering> known = compare(a, b)) return *known;
    if (a.is_number() && b.is_number()) return std::partial_ordering::unordered;
    const bool text_and_number =
        (a.is_number() && b.kind() == Kind::String) || (a.kind() == Kind::String && b.is_number());
    fail(fmt::format("cannot compare {} with {}", kind_name(a.kind()), kind_name(b.kind())),
         text_and_number              ? "int(x), float(x) and decimal(x) turn text into a number"
         : a.is_null() || b.is_null() ? "a value that may be nil can have a default: default(x, 0)"
                                      : "");
}

std::optional<Value> text_of(const Value& value, Meter& meter) {
    if (value.kind() == Kind::String) return value;
    if (is_temporal(value)) return value.as_temporal().text;
    if (value.kind() == Kind::Table) return printed(value, meter);
    return std::nullopt;
}

std::string printed(const Value& value, Meter& meter) {
    std::string text;
    write_text(value, text, meter.charge());
    return text;
}

std::size_t length_of(const Value& value, Meter& meter) {
    if (value.kind() != Kind::String) return value.size();
    return length_of(std::string_view(value.as_string()), meter);
}

std::size_t length_of(std::string_view text, Meter& meter) {
    std::size_t count = 0;
    while (!text.empty()) {
        const std::string_view piece = first_piece(text);
        meter.read(piece.size());
        count += code_points(piece);
        text.remove_prefix(piece.size());
    }
    return count;
}

std::optional<Value> member_of(const Value& object, std::string_view name, Meter& meter) {
    if (!object.is_row()) return object.member(name);
    const auto& [table, index] = object.as_row();
    meter.read(table->columns().size());
    const std::optional<std::size_t> column = table->column_index(name);
    if (!column) return std::nullopt;
    return table->value(index, *column, meter.charge());
}

Decimal to_decimal(const Value& number) {
    switch (number.kind()) {
        case Kind::Int:
            return Decimal(number.as_int());
        case Kind::Decimal:
            return number.as_decimal();
        default:
            break;
    }
    const std::optional<Decimal> decimal = Decimal::parse(double_text(number.as_double()));
    if (!decimal) fail(fmt::format("{} has no digits", double_text(number.as_double())));
    return *decimal;
}

double to_double(const Value& number) {
    switch (number.kind()) {
        case Kind::Int:
            return static_cast<double>(number.as_int());
        case Kind::Decimal:
            return number.as_decimal().to_double();
        default:
            return number.as_double();
    }
}

Value shrink(const Decimal& value) {
    if (const std::optional<std::int64_t> integer = value.to_int64()) return *integer;
    return value;
}

Value apply_binary(Operator op, const Value& left, const Value& right, Meter& meter) {
    switch (op) {
        case Operator::Equal:
            return equal(left, right, meter);
        case Operator::NotEqual:
            return !equal(left, right, meter);
        case Operator::In:
            return is_in(left, right, meter);
        case Operator::Contains:
        case Operator::StartsWith:
        case Operator::EndsWith:
            return text_test(op, left, right, meter);
        case Operator::Range:
            return range(left, right, meter);
        case Operator::Add:
            return add(left, right, meter);
        case Operator::Power:
            return power(left, right, meter);
        default:
            return arithmetic(op, left, right, meter);
    }
}

Value apply_unary(Operator op, const Value& operand) {
    if (op == Operator::Not) return !is_true(operand);
    if (!operand.is_number()) {
        fail(fmt::format("'{}' cannot be used with {}", operator_text(op),
                         kind_name(operand.kind())));
    }
    if (op == Operator::Plus) return operand;
    if (operand.kind() == Kind::Double) return -operand.as_double();
    if (operand.kind() == Kind::Int &&
        operand.as_int() != std::numeric_limits<std::int64_t>::min()) {
        return -operand.as_int();
    }
    const Decimal negated = -to_decimal(operand);
    // 9223372036854775808 is a decimal, its negative an int; -1.0 keeps its digits.
    return negated.scale() == 0 ? shrink(negated) : Value(negated);
}

bool apply_comparison(Operator op, const Value& left, const Value& right, Meter& meter) {
    const std::partial_ordering result = order(left, right, meter);
    switch (op) {
        case Operator::Less:
            return result < 0;
        case Operator::LessEqual:
            return result <= 0;
        case Operator::Greater:
            return result > 0;
        default:
            return result >= 0;
    }
}

}  // namespace kdeps::expr
