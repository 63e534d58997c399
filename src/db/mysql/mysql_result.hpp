#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mysql.h>

#include "kdeps/db/connection.hpp"

namespace kdeps::db {

/// How the values of one column become cells.
enum class MysqlReader : std::uint8_t {
    Bool,  ///< TINYINT(1): true and false as long as it holds 0 or 1, else Int.
    Int,
    Unsigned,
    Float,
    Double,
    Decimal,
    Date,
    Time,
    Datetime,
    Bit,
    Json,
    Bytes,
    Text,
};
[[nodiscard]] MysqlReader mysql_reader(const MYSQL_FIELD& field);

/// A column of the rows that a statement gave.
struct MysqlColumn {
    std::string name;
    MysqlReader reader;
};
[[nodiscard]] std::vector<MysqlColumn> mysql_columns(std::span<const MYSQL_FIELD> fields);

/// The rows of one executed prepared statement, fetched one by one.
///
/// Values are taken from the current row one by one: buffers bound to the statement would outlive
/// the result, and the next one may have other columns.
class MysqlRows {
 public:
    /// REQUIRES: `statement` was executed and has a result of these columns, which are borrowed.
    MysqlRows(MYSQL_STMT* statement, std::span<const MysqlColumn> columns);

    [[nodiscard]] MYSQL_STMT* statement() const { return statement_; }
    void add_columns(RowSink& sink) const;
    /// False at the end or on failure: has_failed() tells which.
    [[nodiscard]] bool fetch();
    [[nodiscard]] bool has_failed() const { return has_failed_; }
    /// Errors: ResultTooLarge.
    void append_row(RowSink& sink);

 private:
    void append_cell(unsigned int index, RowSink& sink);
    void append_integer(unsigned int index, RowSink& sink);
    void append_temporal(unsigned int index, RowSink& sink);
    /// Nullopt for NULL. `size` bytes at `buffer` are filled; returns the length of the value.
    std::optional<std::size_t> value(unsigned int index, enum_field_types type, void* buffer,
                                     std::size_t size);

    MYSQL_STMT* statement_;
    std::span<const MysqlColumn> columns_;
    bool has_failed_ = false;
    std::string buffer_;  ///< For text; grows to the longest value so far.
    std::string scratch_;
};

/// Appends a value of the text protocol, as statements that cannot be prepared give them.
void append_mysql_text(MysqlReader reader, std::string_view text, RowSink& sink);

}  // namespace kdeps::db
