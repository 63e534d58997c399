#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kdeps/base/value.hpp"

namespace kdeps::inputs {

class Pattern;

enum class Type {
    Any,
    String,
    Integer,
    Number,
    Boolean,
    Date,
    DateTime,
    Uuid,
    Email,
    Url,
    Array,
    Object,
};

/// The type of that name as it is written in a workflow; Any has none.
[[nodiscard]] std::optional<Type> type_named(std::string_view name);
[[nodiscard]] std::string_view type_name(Type type);  ///< "any" for Any.
[[nodiscard]] std::vector<std::string> type_names();  ///< All that can be written.

/// Which limits a type can have.
enum class Family {
    Any,      ///< All of those below.
    Text,     ///< minLength, maxLength, pattern
    Ordered,  ///< minimum, maximum: numbers, dates and times
    Array,    ///< minItems, maxItems, items
    Object,   ///< properties, additional
    Plain,    ///< None of these.
};
[[nodiscard]] Family family_of(Type type);

/// What one input has to be. Compiled once; immutable then.
struct Rule {
    Type type = Type::Any;
    bool is_required = false;
    std::optional<Value> fallback = std::nullopt;  ///< `default`, converted.
    std::vector<Value> choices = {};               ///< `enum`, converted; empty: anything.
    std::optional<Value> minimum = std::nullopt;   ///< Converted.
    std::optional<Value> maximum = std::nullopt;
    std::optional<std::size_t> min_size = std::nullopt;  ///< Code points, or elements of an array.
    std::optional<std::size_t> max_size = std::nullopt;
    std::shared_ptr<const Pattern> pattern = nullptr;
    std::shared_ptr<const Rule> items = nullptr;  ///< What each element of an array is.
    std::vector<std::pair<std::string, Rule>> properties = {};  ///< Of an object.
    bool allows_additional = true;  ///< Whether an object may have members besides `properties`.
    std::string message = {};       ///< Instead of our own words, for every mistake of this input.
};

/// Why no value can meet both rules, as far as that shows without trying: "type integer and type
/// date", "minimum 10 and maximum 5". Nullopt if there may be one.
[[nodiscard]] std::optional<std::string> contradiction(const Rule& a, const Rule& b);

}  // namespace kdeps::inputs
