#include "kdeps/sql/stored_number.hpp"

#include <string>

#include <fmt/format.h>

namespace kdeps::sql {
namespace {

/// As SQLite prints a REAL, for instance when it is stored in a column of text.
std::string printed(double number) {
    std::string text = fmt::format("{:.15g}", number);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

}  // namespace

Value stored_number(const Decimal& value) {
    if (value.scale() == 0) {
        if (const auto integer = value.to_int64()) return *integer;
    }
    const double number = value.to_double();
    if (printed(number) == value.to_string()) return number;
    return value;
}

}  // namespace kdeps::sql
