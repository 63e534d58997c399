#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "kdeps/base/input_mistake.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/inputs/rule.hpp"

namespace kdeps::inputs {

/// A refusal tells of so many mistakes at most; what follows them is not looked at.
inline constexpr std::size_t kMaxMistakes = 100;

/// Where in a request a value stands. Nested values chain their paths; nothing is built unless
/// there is a mistake to tell.
struct Path {
    std::string_view in;         ///< As InputMistake::in.
    std::string_view name = {};  ///< Of the input or member; empty for an element.
    std::size_t index = 0;       ///< Of the element.
    const Path* parent = nullptr;

    [[nodiscard]] std::string text() const;  ///< `lines[0].qty`
};

/// Checks a value that was sent, and converts it to the rule's type.
///
/// Values:  text of a path, query, form or header (ClientText) may spell a number, truth, date or
///          time, and stands for a list of one where a list is declared; what JSON has typed is
///          taken as it is typed, but for dates and times, which JSON has as text.
/// Shape:   the converted value, also of what is inside, with defaults filled in; nullopt when the
///          value stays as it is or is wrong.
/// REQUIRES: the value is not nil.
[[nodiscard]] std::optional<Value> check(const Rule& rule, const Value& value, const Path& path,
                                         InputMistakes& mistakes);

/// Whether something that is required is as good as missing: nil, "", an empty list or object.
[[nodiscard]] bool is_missing(const Value& value);

void add_missing(const Rule& rule, const Path& path, InputMistakes& mistakes);
void add_unknown(const Path& path, InputMistakes& mistakes);

/// What a refusal may show of a value: long ones shortened, what its name calls a secret masked.
[[nodiscard]] Value shown(std::string_view name, const Value& value);

}  // namespace kdeps::inputs
