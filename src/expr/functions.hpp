#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/value.hpp"
#include "kdeps/expr/scope.hpp"

#include "meter.hpp"

namespace kdeps::expr {

using Arguments = std::span<const Value>;
/// The predicate of a call, applied to an element and its index.
using Predicate = std::function<Value(const Value&, std::size_t)>;

/// What a builtin has besides its arguments.
struct Context {
    Meter& meter;
    const Predicate& predicate;  ///< Empty when the call has none.
};

using Builtin = Value (*)(Context&, Arguments);

enum class Shape {
    Plain,
    PerElement,  ///< The second argument is evaluated per element and is not among the Arguments.
    Choice,      ///< The second argument is a constant list of strings, checked by the parser.
    Facet,       ///< The Scope gives the facet of that name; `run` is null.
    Statement,   ///< The argument is a constant number or name, checked by the parser.
};

constexpr std::size_t kAnyNumber = SIZE_MAX;

/// The one row that a function has: parser, classifier, evaluator and reference page read it.
struct Function {
    std::string_view name;
    std::size_t min_arguments;
    std::size_t max_arguments;
    std::string_view parameters;  ///< For the reader: "(list, predicate)".
    std::string_view help;
    Builtin run;
    Shape shape = Shape::Plain;
    std::optional<WorldFunction> world = std::nullopt;  ///< Set: the Scope answers, `run` is null.
};

/// One list per family, each in its own file; FunctionTable puts them in a row.
[[nodiscard]] std::span<const Function> value_functions();
[[nodiscard]] std::span<const Function> text_functions();
[[nodiscard]] std::span<const Function> list_functions();
[[nodiscard]] std::span<const Function> number_functions();

/// Thrown by a builtin; the evaluator turns it into an Error with the argument's place.
struct BadArgument {
    std::size_t index;  ///< Among the Arguments.
    std::string expected;
    std::string hint = {};
    bool is_right_kind = false;  ///< Only the value is wrong, so the message leaves its kind out.
};

// Checked access to argument `index`. Errors: BadArgument.

/// The string itself, or the text of a date, time or table; charged for reading it once.
[[nodiscard]] Value text_argument(Context& context, Arguments arguments, std::size_t index);
[[nodiscard]] std::int64_t int_argument(Arguments arguments, std::size_t index);
/// An int that is not negative, e.g. a count.
[[nodiscard]] std::size_t count_argument(Arguments arguments, std::size_t index);
/// A list or a table, which is a list of rows.
[[nodiscard]] const Value& list_argument(Arguments arguments, std::size_t index);
[[nodiscard]] const Value& number_argument(Arguments arguments, std::size_t index);
/// The elements of a list or table, charged to the meter.
[[nodiscard]] Value::List elements_of(const Value& list, Meter& meter);

}  // namespace kdeps::expr
