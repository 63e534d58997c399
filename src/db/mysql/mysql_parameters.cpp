#include "mysql/mysql_parameters.hpp"

#include <cmath>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"

namespace kdeps::db {

namespace {

/// `2024-01-15T10:00:00.5Z` -> `2024-01-15 10:00:00.5`: MariaDB knows no zone in a literal.
std::string mysql_text(const Temporal& temporal) {
    std::string text = temporal.text;
    if (const std::size_t t = text.find('T'); t != std::string::npos) text[t] = ' ';
    if (text.ends_with('Z')) text.pop_back();
    return text;
}

/// MariaDB cuts a decimal to 65 digits, 38 of them behind the point, without a word: 1e308 would
/// become 1e65 in a column of doubles. A text is read as what it is bound to.
enum_field_types type_of(const Decimal& decimal) {
    return decimal.digit_count() <= 65 && decimal.scale() <= 38 ? MYSQL_TYPE_NEWDECIMAL
                                                                : MYSQL_TYPE_STRING;
}

}  // namespace

MysqlParameters::MysqlParameters(std::span<const Value> values) : binds_(values.size()) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].kind() == Kind::Double && !std::isfinite(values[i].as_double())) {
            throw Error(ErrorCode::BadRequest,
                        fmt::format("parameter {} is {}, which MySQL cannot store", i + 1,
                                    double_text(values[i].as_double())));
        }
        bind(values[i], binds_[i]);
    }
}

void MysqlParameters::bind(const Value& value, MYSQL_BIND& bind) {
    if (value.is_json()) {
        return bind_text(MYSQL_TYPE_STRING, texts_.emplace_back(to_json(value)), bind);
    }
    switch (value.kind()) {
        case Kind::Null:
            bind.buffer_type = MYSQL_TYPE_NULL;
            return;
        case Kind::Bool:
            numbers_.push_back({.boolean = static_cast<signed char>(value.as_bool() ? 1 : 0)});
            bind.buffer_type = MYSQL_TYPE_TINY;
            bind.buffer = &numbers_.back();
            return;
        case Kind::Int:
            numbers_.push_back({.integer = value.as_int()});
            bind.buffer_type = MYSQL_TYPE_LONGLONG;
            bind.buffer = &numbers_.back();
            return;
        case Kind::Double:
            numbers_.push_back({.real = value.as_double()});
            bind.buffer_type = MYSQL_TYPE_DOUBLE;
            bind.buffer = &numbers_.back();
            return;
        case Kind::Decimal:
            return bind_text(type_of(value.as_decimal()), texts_.emplace_back(to_text(value)),
                             bind);
        case Kind::String:
            return bind_text(MYSQL_TYPE_STRING, value.as_string(), bind);
        case Kind::Bytes:
            return bind_text(MYSQL_TYPE_BLOB, value.as_bytes().data, bind);
        case Kind::Date:
        case Kind::Time:
        case Kind::Timestamp:
        case Kind::TimestampTz:
            return bind_text(MYSQL_TYPE_STRING,
                             texts_.emplace_back(mysql_text(value.as_temporal())), bind);
        case Kind::List:
        case Kind::Object:
        case Kind::Table:
            return bind_text(MYSQL_TYPE_STRING, texts_.emplace_back(to_json(value)), bind);
    }
}

void MysqlParameters::bind_text(enum_field_types type, const std::string& text, MYSQL_BIND& bind) {
    bind.buffer_type = type;
    bind.buffer = const_cast<char*>(text.data());  // only read: the library has one struct for both
    bind.buffer_length = text.size();
    bind.length_value = text.size();
    bind.length = &bind.buffer_length;
}

}  // namespace kdeps::db
