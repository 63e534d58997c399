#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kdeps/base/table.hpp"

#include "postgres/postgres_temporal.hpp"

namespace kdeps::db {

using PgOid = unsigned int;

/// How the text form of one PostgreSQL type becomes a cell.
enum class PgReader : std::uint8_t {
    Text,
    Bool,
    Int,
    Numeric,
    Float,
    Money,
    Bytes,
    Json,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Array,
};

struct PgType {
    PgReader reader = PgReader::Text;
    PgReader element = PgReader::Text;  ///< Of an Array.
    char delimiter = ',';               ///< Between the elements of an Array; box has ';'.
};

/// The types of one session: those of pg_catalog are built in, others are learnt.
class PgTypes {
 public:
    /// Nullopt for a type the session has not met: look it up and tell it with learn().
    [[nodiscard]] std::optional<PgType> find(PgOid oid) const;
    /// REQUIRES: what `lookup_query` told about a type. An array's element is read as its own type.
    void learn(PgOid oid, PgOid element, char delimiter);

    /// Rows `oid, element oid or 0, delimiter` for types made by users; `oids` is `1,2,3`.
    [[nodiscard]] static std::string lookup_query(std::string_view oids);

 private:
    std::unordered_map<PgOid, PgType> learnt_;
};

/// Appends one value in PostgreSQL's text form as a cell.
///
/// Values:  as in docs/reference/sql-types.md.
/// Errors:  those of the sink.
void append_pg_cell(const PgType& type, std::string_view text, std::string& scratch, RowSink& out);

// What follows is shared with the array reader and the tests.

/// The cell for any reader but Array.
[[nodiscard]] CellText pg_cell(PgReader reader, std::string_view text, std::string& scratch);
/// `$1,234.56`, `-1.234,56 €`, `¥1,234`: the digits of an amount as a plain decimal.
[[nodiscard]] std::string money_digits(std::string_view text);
/// `{1,NULL,{2}}` with elements of a type -> `[1,null,[2]]`; nullopt if it is no array literal.
[[nodiscard]] std::optional<std::string> array_json(const PgType& type, std::string_view literal);

}  // namespace kdeps::db
