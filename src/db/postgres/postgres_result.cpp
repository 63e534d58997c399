#include "postgres/postgres_result.hpp"

#include "kdeps/base/text.hpp"

namespace kdeps::db {

void PgResultReader::add_columns(const PGresult* result) {
    has_table_ = true;
    for (int column = 0; column < PQnfields(result); ++column) {
        table_.add_column(PQfname(result, column));
        columns_.push_back(types_.find(PQftype(result, column)).value_or(PgType{}));
    }
}

void PgResultReader::expect(std::size_t arrived) {
    // Nothing grows more on its way than bytes, written as hexadecimal digits, or rows of one NULL.
    table_.expect(arrived / 9 * 4);
    claim_result_memory(collected_, arrived);
    arrived_ = arrived;
}

void PgResultReader::add(const PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    const bool has_rows = status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK;
    if (has_rows && !has_table_) add_columns(result);
    const int column_count = PQnfields(result);
    if (status == PGRES_TUPLES_OK && arrived_ > 0) {
        table_.reserve(static_cast<std::size_t>(PQntuples(result)), arrived_);
    }
    for (int row = 0; row < PQntuples(result); ++row) {
        if (row_count_ == statement_.max_rows) {
            table_.set_truncated();
            ++surplus_rows_;
            continue;
        }
        ++row_count_;
        for (int column = 0; column < column_count; ++column) {
            const int length = PQgetlength(result, row, column);
            if (length == 0 && PQgetisnull(result, row, column) != 0) {
                table_.append_null();
                continue;
            }
            const std::string_view text(PQgetvalue(result, row, column),
                                        static_cast<std::size_t>(length));
            append_pg_cell(columns_[static_cast<std::size_t>(column)], text, scratch_, table_);
        }
    }
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
    }
    return result;
}

}  // namespace kdeps::db
