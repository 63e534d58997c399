#include "list_parameter.hpp"

#include <bit>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"

namespace kdeps::sql {
namespace {

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCode::BadRequest, message);
}

[[noreturn]] void refuse(const Slot& slot, const std::string& message) {
    throw Error(ErrorCode::BadRequest, message + " in " + describe(slot), {.where = slot.span});
}

void append_quoted(std::string_view text, std::string& out) {
    out += '"';
    for (const char c : text) {
        if (c == '\0') refuse("text parameter contains a NUL character");
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

void append_hexadecimal(std::string_view bytes, std::string& out) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\"\\\\x";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 0x0FU];
    }
    out += '"';
}

void append_array(const Value::List& list, std::string& out);

void append_element(const Value& value, std::string& out) {
    switch (value.kind()) {
        case Kind::Null:
            out += "NULL";
            return;
        case Kind::Bool:
            out += value.as_bool() ? "true" : "false";
            return;
        case Kind::Int:
        case Kind::Double:
        case Kind::Decimal:
            out += to_text(value);
            return;
        case Kind::String:
            return append_quoted(value.as_string(), out);
        case Kind::Bytes:
            return append_hexadecimal(value.as_bytes().data, out);
        case Kind::Date:
        case Kind::Time:
        case Kind::Timestamp:
        case Kind::TimestampTz:
            return append_quoted(value.as_temporal().text, out);
        case Kind::List:
            return append_array(value.as_list(), out);
        case Kind::Object:
        case Kind::Table:
            break;
    }
    refuse("an array parameter cannot hold " + std::string(kind_name(value.kind())) + " values");
}

void append_array(const Value::List& list, std::string& out) {
    out += '{';
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (i > 0) out += ',';
        append_element(list[i], out);
    }
    out += '}';
}

}  // namespace

std::string postgres_array_literal(const Value::List& list) {
    std::string out;
    append_array(list, out);
    return out;
}

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

std::string json_list(const Slot& slot, const Value::List& elements) {
    std::string out = "[";
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const Value& element = elements[i];
        if (element.kind() == Kind::Bytes) refuse(slot, "a list for SQLite cannot hold bytes");
        if (i > 0) out += ',';
        if (element.kind() == Kind::Decimal) {
            write_json_string(element.as_decimal().to_string(), out);
        } else {
            write_json(element, out);
        }
    }
    out += ']';
    return out;
}

std::size_t expanded_size(std::size_t count, Dialect dialect) {
    // MySQL takes 65535 parameters in all, SQL Server 2100.
    const std::size_t largest = dialect == Dialect::SqlServer ? 1024 : 32768;
    return count <= largest ? std::bit_ceil(count) : count;
}

}  // namespace kdeps::sql
