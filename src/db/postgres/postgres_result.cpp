#include "postgres/postgres_result.hpp"

#include <algorithm>

#include "kdeps/base/text.hpp"

namespace kdeps::db {

void PgResultReader::add_columns(const PGresult* result, RowSink& sink) {
    has_table_ = true;
    const int count = PQnfields(result);
    oids_.reserve(static_cast<std::size_t>(count));
    columns_.reserve(static_cast<std::size_t>(count));
    for (int column = 0; column < count; ++column) {
        sink.add_column(PQfname(result, column));
        oids_.push_back(PQftype(result, column));
        const auto type = types_.find(oids_.back());
        lacks_types_ = lacks_types_ || !type;
        columns_.push_back(type.value_or(PgType{}));
    }
}

void PgResultReader::announce(const PGresult* result, RowSink& sink) const {
    const auto rows = static_cast<std::size_t>(PQntuples(result));
    const std::size_t held = PQresultMemorySize(result);
    const std::size_t overhead = rows * columns_.size() * 16;  // what libpq keeps of each value
    sink.reserve(rows, held - std::min(held, overhead));
}

void PgResultReader::add_rows(const PGresult* result, RowSink& sink) {
    const int column_count = PQnfields(result);
    if (PQntuples(result) > 1) announce(result, sink);
    for (int row = 0; row < PQntuples(result); ++row) {
        if (row_count_ == statement_.max_rows) {
            sink.set_truncated();
            ++surplus_rows_;
            continue;
        }
        ++row_count_;
        for (int column = 0; column < column_count; ++column) {
            const int length = PQgetlength(result, row, column);
            if (length == 0 && PQgetisnull(result, row, column) != 0) {
                sink.append_null();
                continue;
            }
            const std::string_view text(PQgetvalue(result, row, column),
                                        static_cast<std::size_t>(length));
            append_pg_cell(columns_[static_cast<std::size_t>(column)], text, scratch_, sink);
        }
        sink.end_row();
    }
}

void PgResultReader::add(const PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    const bool has_rows = status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK;
    if (has_rows && !has_table_) add_columns(result, table_);
    add_rows(result, table_);
    if (status != PGRES_SINGLE_TUPLE) {
        // libpq does not change the result; its signature merely lacks the const.
        rows_affected_ = parse_int64(PQcmdTuples(const_cast<PGresult*>(result))).value_or(0);
    }
}

Result PgResultReader::finish() {
    Result result;
    result.rows_affected = rows_affected_;
    if (has_table_) {
        result.renamed_columns = table_.renamed_columns();
        result.table = table_.finish();
        if (lacks_types_) result.table = read_again(*result.table);
    }
    return result;
}

/// What was kept as text, read as the types that were learnt meanwhile.
std::shared_ptr<const Table> PgResultReader::read_again(const Table& table) {
    TableBuilder typed(statement_.max_bytes);
    for (const Column& column : table.columns()) typed.add_column(column.name);
    if (table.is_truncated()) typed.set_truncated();
    std::vector<std::optional<PgType>> learnt;
    for (std::size_t i = 0; i < oids_.size(); ++i) {
        const bool is_text = columns_[i].reader == PgReader::Text;
        learnt.push_back(is_text ? types_.find(oids_[i]) : std::nullopt);
    }
    for (std::size_t row = 0; row < table.row_count(); ++row) {
        for (std::size_t column = 0; column < learnt.size(); ++column) {
            const Cell cell = table.cell(row, column);
            if (cell.type == CellType::Null || !learnt[column]) {
                typed.append(cell.type, cell.text);
            } else {
                append_pg_cell(*learnt[column], cell.text, scratch_, typed);
            }
        }
    }
    return typed.finish();
}

}  // namespace kdeps::db
