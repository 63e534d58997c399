#include "json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "kdeps/base/json.hpp"
#include "kdeps/base/value.hpp"

#include "number_text.hpp"

namespace kdeps {

namespace {

void put_quoted(std::string_view text, OutputCursor& out) {
    out.put('"');
    out.put(text);
    out.put('"');
}

/// Database text of a number; NaN and the infinities are no JSON numbers.
void put_number(std::string_view text, OutputCursor& out) {
    const bool is_number = !text.empty() && text.back() >= '0' && text.back() <= '9';
    if (is_number) {
        out.put(text);
    } else {
        put_quoted(text, out);
    }
}

void put_cell(const Cell& cell, OutputCursor& out) {
    switch (cell.type) {
        case CellType::Null:
            return out.put("null");
        case CellType::Bool:
        case CellType::Int:
        case CellType::Json:
            return out.put(cell.text);
        case CellType::Decimal:
        case CellType::Double:
            return put_number(cell.text, out);
        case CellType::Bytes:
            return put_quoted(base64_encode(cell.text), out);
        case CellType::Date:
        case CellType::Time:
        case CellType::Timestamp:
        case CellType::TimestampTz:
            return put_quoted(cell.text, out);  // nothing in it to escape
        case CellType::Text:
            return put_json_string(cell.text, out);
    }
}

/// What stands before each cell of a row: `{"id":`, `,"name":`.
std::vector<std::string> cell_prefixes(const Table& table) {
    std::vector<std::string> prefixes;
    for (const Column& column : table.columns()) {
        std::string& prefix = prefixes.emplace_back(prefixes.empty() ? "{" : ",");
        write_json_string(column.name, prefix);
        prefix += ':';
    }
    return prefixes;
}

void put_row(const Table& table, std::size_t row, const std::vector<std::string>& prefixes,
             OutputCursor& out) {
    for (std::size_t column = 0; column < prefixes.size(); ++column) {
        out.put(prefixes[column]);
        put_cell(table.cell(row, column), out);
    }
    out.put(prefixes.empty() ? "{}" : "}");
}

/// Writes values of any depth, compact or with a line per element.
class JsonWriter {
 public:
    struct Style {
        int indent = -1;                ///< Spaces per level; negative: all on one line.
        bool formatted_tables = false;  ///< A csv or text table is the string of its text.
    };
    JsonWriter(OutputCursor& out, Style style) : out_(out), style_(style) {}

    void put(const Value& value) {
        switch (value.kind()) {
            case Kind::Null:
                return out_.put("null");
            case Kind::Bool:
                return out_.put(value.as_bool() ? "true" : "false");
            case Kind::Int:
                return put_int(value.as_int());
            case Kind::Double:
                return put_double(value.as_double());
            case Kind::Decimal:
                return out_.put(value.as_decimal().to_string());
            case Kind::String:
                return put_json_string(value.as_string(), out_);
            case Kind::Bytes:
                return put_quoted(base64_encode(value.as_bytes().data), out_);
            case Kind::Date:
            case Kind::Time:
            case Kind::Timestamp:
            case Kind::TimestampTz:
                return put_json_string(value.as_temporal().text, out_);
            case Kind::List:
                return put_sequence(value);
            case Kind::Object:
                return put_object(value);
            case Kind::Table:
                return put_table(value);
        }
    }

 private:
    void put_int(std::int64_t value) {
        constexpr std::size_t kLongest = 20;
        char* to = out_.room(kLongest);
        out_.advance_to(std::to_chars(to, to + kLongest, value).ptr);
    }
    void put_double(double value) {
        NumberBuffer buffer;
        put_number(number_text(value, buffer), out_);
    }
    [[nodiscard]] bool is_compact() const { return style_.indent < 0; }

    void new_line() {
        if (is_compact()) return;
        out_.put('\n');
        for (int i = 0; i < style_.indent * level_; ++i) out_.put(' ');
    }
    void put_sequence(const Value& list) {
        out_.put('[');
        ++level_;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (i > 0) out_.put(',');
            new_line();
            put(list.element(i));
        }
        close(list.size(), ']');
    }
    void put_object(const Value& object) {
        if (object.is_row() && is_compact()) {
            const RowRef& row = object.as_row();
            return put_row(*row.table, row.index, cell_prefixes(*row.table), out_);
        }
        out_.put('{');
        ++level_;
        bool first = true;
        object.for_each_member([&](const std::string& name, const Value& value) {
            if (!first) out_.put(',');
            first = false;
            new_line();
            put_json_string(name, out_);
            out_.put(is_compact() ? ":" : ": ");
            put(value);
        });
        close(object.size(), '}');
    }
    void close(std::size_t elements, char bracket) {
        --level_;
        if (elements > 0) new_line();
        out_.put(bracket);
    }
    void put_table(const Value& value) {
        const auto& [table, format] = value.as_table();
        if (style_.formatted_tables && format != TableFormat::Json) {
            put_json_string(to_text(value), out_);
        } else if (is_compact()) {
            put_json_table(*table, out_);
        } else {
            put_sequence(value);
        }
    }

    OutputCursor& out_;
    Style style_;
    int level_ = 0;
};

void write_styled(const Value& value, std::string& out, JsonWriter::Style style,
                  const Charge& charge) {
    OutputCursor cursor(out, &charge);
    JsonWriter(cursor, style).put(value);
    cursor.charge();
}

}  // namespace

void put_json_table(const Table& table, OutputCursor& out) {
    const auto prefixes = cell_prefixes(table);
    const std::size_t row_count = table.row_count();
    std::size_t row_bytes = 2;  // a comma and the closing brace
    for (const std::string& prefix : prefixes) row_bytes += prefix.size();
    // About what follows, so that it is not moved while it grows: a cell's 8 bytes in the table
    // stand for its quotes and escapes.
    out.expect(table.byte_size() + row_count * row_bytes);
    out.put('[');
    for (std::size_t row = 0; row < row_count; ++row) {
        if (row > 0) out.put(',');
        put_row(table, row, prefixes, out);
    }
    out.put(']');
}

void write_json(const Value& value, std::string& out, const Charge& charge) {
    write_styled(value, out, {}, charge);
}

void write_json_indented(const Value& value, std::string& out, int indent, const Charge& charge) {
    write_styled(value, out, {.indent = indent}, charge);
}

void write_response_json(const Value& value, std::string& out) {
    write_styled(value, out, {.formatted_tables = true}, {});
}

std::string to_json(const Value& value) {
    std::string text;
    write_json(value, text);
    return text;
}

void write_json_string(std::string_view text, std::string& out) {
    OutputCursor cursor(out);
    put_json_string(text, cursor);
}

}  // namespace kdeps
