#include <algorithm>
#include <vector>

#include "kdeps/base/json.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/base/value.hpp"

#include "json_writer.hpp"

namespace kdeps {

namespace {

// RFC 4180 asks for quotes round commas, quotes and line breaks; spaces at the ends are quoted
// because many readers trim them, and the empty string because an empty field is NULL.
bool needs_quotes(std::string_view field) {
    if (field.empty() || field.front() == ' ' || field.back() == ' ') return true;
    return std::any_of(field.begin(), field.end(),
                       [](char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; });
}

void put_field(std::string_view field, OutputCursor& out) {
    if (!needs_quotes(field)) return out.put(field);
    out.put('"');
    for (auto quote = field.find('"'); quote != std::string_view::npos; quote = field.find('"')) {
        out.put(field.substr(0, quote + 1));
        out.put('"');
        field.remove_prefix(quote + 1);
    }
    out.put(field);
    out.put('"');
}

void put_csv(const Table& table, OutputCursor& out) {
    const std::size_t width = table.columns().size();
    for (std::size_t column = 0; column < width; ++column) {
        if (column > 0) out.put(',');
        put_field(table.columns()[column].name, out);
    }
    if (width > 0) out.put("\r\n");
    for (std::size_t row = 0; row < table.row_count(); ++row) {
        for (std::size_t column = 0; column < width; ++column) {
            if (column > 0) out.put(',');
            const Cell cell = table.cell(row, column);
            if (cell.type == CellType::Null) continue;
            if (cell.type == CellType::Bytes) {
                put_field(base64_encode(cell.text), out);
            } else {
                put_field(cell.text, out);
            }
        }
        out.put("\r\n");
    }
}

/// Control characters would break the columns.
std::string printable(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
            safe += c;
            continue;
        }
        std::string escaped;
        write_json_string({&c, 1}, escaped);
        safe.append(escaped, 1, escaped.size() - 2);
    }
    return safe;
}

std::string printable(const Cell& cell) {
    return cell.type == CellType::Bytes ? base64_encode(cell.text) : printable(cell.text);
}

bool is_number(CellType type) {
    return type == CellType::Int || type == CellType::Decimal || type == CellType::Double;
}

/// One column of the plain text form.
struct TextColumn {
    std::string title;
    std::size_t width;        ///< In code points.
    bool align_right = true;  ///< Only numbers and NULLs.
};

std::vector<TextColumn> measure(const Table& table) {
    std::vector<TextColumn> columns;
    for (const Column& column : table.columns()) {
        std::string title = printable(column.name);
        const std::size_t width = code_points(title);
        columns.push_back({.title = std::move(title), .width = width});
    }
    for (std::size_t row = 0; row < table.row_count(); ++row) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const Cell cell = table.cell(row, i);
            columns[i].width = std::max(columns[i].width, code_points(printable(cell)));
            if (cell.type != CellType::Null && !is_number(cell.type))
                columns[i].align_right = false;
        }
    }
    return columns;
}

/// Writes one line of fields, two spaces between columns, no spaces at the end.
void put_text_line(const std::vector<TextColumn>& columns, const std::vector<std::string>& fields,
                   std::string& out) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string padding(columns[i].width - code_points(fields[i]), ' ');
        if (i > 0) line += "  ";
        line += columns[i].align_right ? padding + fields[i] : fields[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
}

void write_columns(const Table& table, std::string& out, const Charge& charge) {
    std::vector<TextColumn> columns = measure(table);
    if (columns.empty()) return;
    if (table.row_count() == 0) {
        for (TextColumn& column : columns) column.align_right = false;
    }
    std::vector<std::string> fields;
    for (const TextColumn& column : columns) fields.push_back(column.title);
    put_text_line(columns, fields, out);
    for (std::size_t i = 0; i < columns.size(); ++i) fields[i].assign(columns[i].width, '-');
    put_text_line(columns, fields, out);
    for (std::size_t row = 0; row < table.row_count(); ++row) {
        for (std::size_t i = 0; i < columns.size(); ++i) fields[i] = printable(table.cell(row, i));
        const std::size_t before = out.size();
        put_text_line(columns, fields, out);
        if (charge) charge(out.size() - before);
    }
}

}  // namespace

void write_table(const Table& table, TableFormat format, std::string& out, const Charge& charge) {
    if (format == TableFormat::Text) return write_columns(table, out, charge);
    OutputCursor cursor(out, &charge);
    if (format == TableFormat::Csv) {
        put_csv(table, cursor);
    } else {
        put_json_table(table, cursor);
    }
    cursor.charge();
}

}  // namespace kdeps
