#include "sqlite_values.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <sqlite3.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/sql/stored_number.hpp"

#include "sqlite_error.hpp"

namespace kdeps::db {

namespace {

int bind_text(sqlite3_stmt* statement, int index, std::string_view text,
              sqlite3_destructor_type lifetime) {
    return sqlite3_bind_text64(statement, index, text.data(), text.size(), lifetime, SQLITE_UTF8);
}

/// A number compares with numbers, a text keeps its digits: a REAL only if it has the same digits.
int bind_decimal(sqlite3_stmt* statement, int index, const Decimal& value) {
    const Value number = sql::stored_number(value);
    switch (number.kind()) {
        case Kind::Int:
            return sqlite3_bind_int64(statement, index, number.as_int());
        case Kind::Double:
            return sqlite3_bind_double(statement, index, number.as_double());
        default:
            return bind_text(statement, index, value.to_string(), SQLITE_TRANSIENT);
    }
}

int bind_bytes(sqlite3_stmt* statement, int index, const std::string& bytes) {
    // A null pointer would bind NULL instead of an empty blob.
    if (bytes.empty()) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

int bind_one(sqlite3_stmt* statement, int index, const Value& value) {
    if (value.is_json()) return bind_text(statement, index, to_json(value), SQLITE_TRANSIENT);
    switch (value.kind()) {
        case Kind::Null:
            return sqlite3_bind_null(statement, index);
        case Kind::Bool:
            return sqlite3_bind_int(statement, index, value.as_bool() ? 1 : 0);
        case Kind::Int:
            return sqlite3_bind_int64(statement, index, value.as_int());
        case Kind::Double:
            return sqlite3_bind_double(statement, index, value.as_double());
        case Kind::Decimal:
            return bind_decimal(statement, index, value.as_decimal());
        case Kind::String:
            return bind_text(statement, index, value.as_string(), SQLITE_STATIC);
        case Kind::Bytes:
            return bind_bytes(statement, index, value.as_bytes().data);
        case Kind::Date:
        case Kind::Time:
        case Kind::Timestamp:
        case Kind::TimestampTz:
            return bind_text(statement, index, value.as_temporal().text, SQLITE_STATIC);
        case Kind::List:
        case Kind::Object:
            return bind_text(statement, index, to_json(value), SQLITE_TRANSIENT);
        case Kind::Table:
            return bind_text(statement, index, to_text(value), SQLITE_TRANSIENT);
    }
    return SQLITE_MISUSE;
}

std::string_view view(const void* data, int size) {
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

}  // namespace

void bind_all(sqlite3_stmt* statement, std::span<const Value> parameters) {
    const int wanted = sqlite3_bind_parameter_count(statement);
    if (static_cast<std::size_t>(wanted) != parameters.size()) {
        throw Error(ErrorCode::QueryFailed,
                    fmt::format("the statement has {} parameters, but {} values were given", wanted,
                                parameters.size()),
                    {.sqlstate = "07001", .outcome = Outcome::NotDone});
    }
    for (int index = 1; index <= wanted; ++index) {
        const Value& value = parameters[static_cast<std::size_t>(index - 1)];
        if (bind_one(statement, index, value) != SQLITE_OK) {
            throw sqlite_error(sqlite3_db_handle(statement), Outcome::NotDone);
        }
    }
}

void append_row(sqlite3_stmt* statement, RowSink& sink) {
    const int columns = sqlite3_column_count(statement);
    for (int i = 0; i < columns; ++i) {
        // Each sqlite3_column_ function looks the cell up anew. A session without a mutex may read
        // the value itself (sqlite.org/c3ref/value.html).
        sqlite3_value* cell = sqlite3_column_value(statement, i);
        switch (sqlite3_value_type(cell)) {
            case SQLITE_INTEGER:
                sink.append_int(sqlite3_value_int64(cell));
                break;
            case SQLITE_FLOAT:
                sink.append_double(sqlite3_value_double(cell));
                break;
            case SQLITE_TEXT: {
                const unsigned char* text = sqlite3_value_text(cell);  // before the size
                sink.append(CellType::Text, view(text, sqlite3_value_bytes(cell)));
                break;
            }
            case SQLITE_BLOB: {
                const void* bytes = sqlite3_value_blob(cell);
                sink.append(CellType::Bytes, view(bytes, sqlite3_value_bytes(cell)));
                break;
            }
            default:
                sink.append_null();
        }
    }
    sink.end_row();
}

}  // namespace kdeps::db
