#include "list_parameter.hpp"

#include <bit>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/sql/stored_number.hpp"

namespace kdeps::sql {
namespace {

[[noreturn]] void refuse(const Slot& slot, const std::string& message) {
    throw Error(ErrorCode::BadRequest, message + " in " + describe(slot), {.where = slot.span});
}

/// A decimal that would be bound as text is one here too.
void write_element(const Value& element, std::string& out) {
    if (element.kind() != Kind::Decimal) return write_json(element, out);
    const Value number = stored_number(element.as_decimal());
    if (number.kind() != Kind::Decimal) return write_json(number, out);
    write_json_string(number.as_decimal().to_string(), out);
}

}  // namespace

Value::List list_elements(const Slot& slot, const Value& value) {
    if (value.kind() == Kind::List) return value.as_list();
    if (value.kind() != Kind::Table) return {value};
    const Table& table = *value.as_table().table;
    if (table.columns().size() != 1) {
        refuse(slot, "a table of " + std::to_string(table.columns().size()) +
                         " columns where a list is needed");
    }
    Value::List elements;
    elements.reserve(table.row_count());
    for (std::size_t row = 0; row < table.row_count(); ++row) {
        elements.push_back(table.value(row, 0));
    }
    return elements;
}

std::string json_list(const Slot& slot, const Value::List& elements, const Dialect& dialect) {
    std::string out = "[";
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const Value& element = elements[i];
        if (element.kind() == Kind::Bytes) {
            refuse(slot, "a list for " + std::string(dialect.name) + " cannot hold bytes");
        }
        if (i > 0) out += ',';
        write_element(element, out);
    }
    out += ']';
    return out;
}

std::size_t expanded_size(std::size_t count) {
    return std::bit_ceil(count);
}

}  // namespace kdeps::sql
