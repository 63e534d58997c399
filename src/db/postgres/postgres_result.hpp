#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <libpq-fe.h>

#include "kdeps/base/small_vector.hpp"
#include "kdeps/db/connection.hpp"

#include "postgres/postgres_types.hpp"

namespace kdeps::db {

/// Turns the results of one statement into a Result, row by row as they arrive.
class PgResultReader {
 public:
    PgResultReader(const PgTypes& types, const Statement& statement)
        : types_(types), statement_(statement), table_(statement.max_bytes) {}

    /// Takes a result of status SINGLE_TUPLE, TUPLES_OK, COMMAND_OK or EMPTY_QUERY.
    ///
    /// Errors: ResultTooLarge.
    void add(const PGresult* result);
    /// How many rows arrived after `max_rows` was reached.
    [[nodiscard]] std::size_t surplus_rows() const { return surplus_rows_; }
    /// Whether there are columns of a type that the session has not met. It may learn them before
    /// finish().
    [[nodiscard]] bool lacks_types() const { return lacks_types_; }
    [[nodiscard]] std::span<const PgOid> types() const { return {oids_.data(), oids_.size()}; }
    [[nodiscard]] Result finish();

 private:
    void add_columns(const PGresult* result, RowSink& sink);
    void add_rows(const PGresult* result, RowSink& sink);
    void announce(const PGresult* result, RowSink& sink) const;
    [[nodiscard]] std::shared_ptr<const Table> read_again(const Table& table);

    const PgTypes& types_;
    const Statement& statement_;
    TableBuilder table_;
    bool has_table_ = false;
    SmallVector<PgOid, 8> oids_;
    SmallVector<PgType, 8> columns_;
    bool lacks_types_ = false;
    std::size_t row_count_ = 0;
    std::size_t surplus_rows_ = 0;
    std::int64_t rows_affected_ = 0;
    std::string scratch_;
};

}  // namespace kdeps::db
