#include "mysql/mysql_result.hpp"

#include <fmt/format.h>

#include "mysql/mysql_temporal.hpp"

namespace kdeps::db {

namespace {

constexpr unsigned int kBinaryCharset = 63;
constexpr auto kMysqlJson = static_cast<enum_field_types>(245);  // MySQL 5.7+, not MariaDB
constexpr std::size_t kFirstBuffer = 256;

std::string_view attribute(const MYSQL_FIELD& field, mariadb_field_attr_t name) {
    MARIADB_CONST_STRING value{};
    if (mariadb_field_attr(&value, &field, name) != 0 || value.str == nullptr) return {};
    return {value.str, value.length};
}

MysqlReader string_reader(const MYSQL_FIELD& field) {
    // MariaDB's JSON is a long text with a check; since 10.5 it says so to clients that ask.
    if (attribute(field, MARIADB_FIELD_ATTR_FORMAT_NAME) == "json") return MysqlReader::Json;
    // uuid and inet arrive as text in the binary character set.
    const std::string_view type = attribute(field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME);
    if (type == "uuid" || type.starts_with("inet")) return MysqlReader::Text;
    return field.charsetnr == kBinaryCharset ? MysqlReader::Bytes : MysqlReader::Text;
}

/// Big-endian bytes as a number.
std::uint64_t bit_number(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

void append_bits(std::string_view bytes, RowSink& sink) {
    sink.append(CellType::Int, fmt::format_int(bit_number(bytes)).str());
}

}  // namespace

MysqlReader mysql_reader(const MYSQL_FIELD& field) {
    const bool is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
    switch (field.type) {
        case MYSQL_TYPE_TINY:
            if (field.length == 1) return MysqlReader::Bool;
            [[fallthrough]];
        case MYSQL_TYPE_SHORT:
        case MYSQL_TYPE_INT24:
        case MYSQL_TYPE_LONG:
        case MYSQL_TYPE_LONGLONG:
        case MYSQL_TYPE_YEAR:
            return is_unsigned ? MysqlReader::Unsigned : MysqlReader::Int;
        case MYSQL_TYPE_FLOAT:
            return MysqlReader::Float;
        case MYSQL_TYPE_DOUBLE:
            return MysqlReader::Double;
        case MYSQL_TYPE_DECIMAL:
        case MYSQL_TYPE_NEWDECIMAL:
            return MysqlReader::Decimal;
        case MYSQL_TYPE_DATE:
        case MYSQL_TYPE_NEWDATE:
            return MysqlReader::Date;
        case MYSQL_TYPE_TIME:
            return MysqlReader::Time;
        case MYSQL_TYPE_DATETIME:
        case MYSQL_TYPE_TIMESTAMP:
            return MysqlReader::Datetime;
        case MYSQL_TYPE_BIT:
            return MysqlReader::Bit;
        case kMysqlJson:
            return MysqlReader::Json;
        case MYSQL_TYPE_GEOMETRY:
            return MysqlReader::Bytes;
        default:
            return string_reader(field);
    }
}

std::vector<MysqlColumn> mysql_columns(std::span<const MYSQL_FIELD> fields) {
    std::vector<MysqlColumn> columns;
    for (const MYSQL_FIELD& field : fields) {
        columns.push_back({{field.name, field.name_length}, mysql_reader(field)});
    }
    return columns;
}

MysqlRows::MysqlRows(MYSQL_STMT* statement, std::span<const MysqlColumn> columns)
    : statement_(statement), columns_(columns), buffer_(kFirstBuffer, '\0') {}

void MysqlRows::add_columns(RowSink& sink) const {
    for (const MysqlColumn& column : columns_) sink.add_column(column.name);
}

bool MysqlRows::fetch() {
    const int outcome = mysql_stmt_fetch(statement_);
    has_failed_ = outcome == 1;
    return outcome == 0 || outcome == MYSQL_DATA_TRUNCATED;
}

void MysqlRows::append_row(RowSink& sink) {
    for (unsigned int i = 0; i < columns_.size(); ++i) append_cell(i, sink);
    sink.end_row();
}

std::optional<std::size_t> MysqlRows::value(unsigned int index, enum_field_types type, void* buffer,
                                            std::size_t size) {
    unsigned long length = 0;
    my_bool is_null = 0;
    MYSQL_BIND bind{};
    bind.buffer_type = type;
    bind.buffer = buffer;
    bind.buffer_length = size;
    bind.length = &length;
    bind.is_null = &is_null;
    bind.error = &bind.error_value;
    bind.is_unsigned = columns_[index].reader == MysqlReader::Unsigned ? 1 : 0;
    mysql_stmt_fetch_column(statement_, &bind, index, 0);
    return is_null ? std::nullopt : std::optional<std::size_t>(length);
}

void MysqlRows::append_integer(unsigned int index, RowSink& sink) {
    std::int64_t number = 0;
    if (!value(index, MYSQL_TYPE_LONGLONG, &number, sizeof number)) return sink.append_null();
    const MysqlReader reader = columns_[index].reader;
    if (reader == MysqlReader::Unsigned) {
        const auto digits = fmt::format_int(static_cast<std::uint64_t>(number));
        sink.append(CellType::Int, {digits.data(), digits.size()});
    } else if (reader == MysqlReader::Bool && (number == 0 || number == 1)) {
        sink.append(CellType::Bool, number != 0 ? "true" : "false");
    } else {
        sink.append_int(number);
    }
}

void MysqlRows::append_temporal(unsigned int index, RowSink& sink) {
    const MysqlReader reader = columns_[index].reader;
    const enum_field_types type = reader == MysqlReader::Date   ? MYSQL_TYPE_DATE
                                  : reader == MysqlReader::Time ? MYSQL_TYPE_TIME
                                                                : MYSQL_TYPE_DATETIME;
    MYSQL_TIME time{};
    if (!value(index, type, &time, sizeof time)) return sink.append_null();
    // By the column's type: the library calls a datetime at midnight a date.
    time.time_type = reader == MysqlReader::Date   ? MYSQL_TIMESTAMP_DATE
                     : reader == MysqlReader::Time ? MYSQL_TIMESTAMP_TIME
                                                   : MYSQL_TIMESTAMP_DATETIME;
    const CellType cell = mysql_temporal(time, scratch_);
    sink.append(cell, scratch_);
}

void MysqlRows::append_cell(unsigned int index, RowSink& sink) {
    CellType type = CellType::Text;
    switch (columns_[index].reader) {
        case MysqlReader::Bool:
        case MysqlReader::Int:
        case MysqlReader::Unsigned:
            return append_integer(index, sink);
        case MysqlReader::Float: {
            float number = 0;
            return value(index, MYSQL_TYPE_FLOAT, &number, sizeof number)
                       ? sink.append_float(number)
                       : sink.append_null();
        }
        case MysqlReader::Double: {
            double number = 0;
            return value(index, MYSQL_TYPE_DOUBLE, &number, sizeof number)
                       ? sink.append_double(number)
                       : sink.append_null();
        }
        case MysqlReader::Date:
        case MysqlReader::Time:
        case MysqlReader::Datetime:
            return append_temporal(index, sink);
        case MysqlReader::Decimal:
            type = CellType::Decimal;
            break;
        case MysqlReader::Json:
            type = CellType::Json;
            break;
        case MysqlReader::Bytes:
            type = CellType::Bytes;
            break;
        case MysqlReader::Bit:
        case MysqlReader::Text:
            break;
    }
    // As bytes, text too: the characters are utf8mb4 already.
    auto length = value(index, MYSQL_TYPE_BLOB, buffer_.data(), buffer_.size());
    if (!length) return sink.append_null();
    if (*length > buffer_.size()) {
        buffer_.resize(*length);
        value(index, MYSQL_TYPE_BLOB, buffer_.data(), buffer_.size());
    }
    const std::string_view text(buffer_.data(), *length);
    if (columns_[index].reader == MysqlReader::Bit) return append_bits(text, sink);
    sink.append(type, text);
}

void append_mysql_text(MysqlReader reader, std::string_view text, RowSink& sink) {
    switch (reader) {
        case MysqlReader::Bool:
        case MysqlReader::Int:
        case MysqlReader::Unsigned:
            return sink.append(CellType::Int, text);
        case MysqlReader::Float:
        case MysqlReader::Double:
            return sink.append(CellType::Double, text);
        case MysqlReader::Decimal:
            return sink.append(CellType::Decimal, text);
        case MysqlReader::Bit:
            return append_bits(text, sink);
        case MysqlReader::Json:
            return sink.append(CellType::Json, text);
        case MysqlReader::Bytes:
            return sink.append(CellType::Bytes, text);
        case MysqlReader::Date:
        case MysqlReader::Time:
        case MysqlReader::Datetime:
        case MysqlReader::Text:
            return sink.append(CellType::Text, text);
    }
}

}  // namespace kdeps::db
