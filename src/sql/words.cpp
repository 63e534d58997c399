#include "words.hpp"

#include <string>
#include <unordered_set>

#include "kdeps/base/text.hpp"

namespace kdeps::sql {
namespace {

using WordSet = std::unordered_set<std::string>;

const WordSet& operand_keywords() {
    static const WordSet words = {
        "all",      "and",       "any",       "array",   "as",        "between",   "by",
        "case",     "check",     "cross",     "default", "distinct",  "div",       "else",
        "escape",   "except",    "exists",    "fetch",   "first",     "for",       "from",
        "glob",     "having",    "ilike",     "in",      "inner",     "intersect", "interval",
        "into",     "is",        "join",      "lateral", "leading",   "left",      "like",
        "limit",    "match",     "mod",       "next",    "not",       "offset",    "on",
        "only",     "or",        "outer",     "over",    "placing",   "precision", "range",
        "regexp",   "return",    "returning", "right",   "rlike",     "row",       "rows",
        "select",   "set",       "similar",   "some",    "symmetric", "then",      "to",
        "top",      "trailing",  "union",     "update",  "using",     "values",    "variadic",
        "when",     "where",     "with",      "xor",     "zone",      "call",      "both",
        "overlaps", "separator", "binary",
    };
    return words;
}

const WordSet& postgres_types() {
    static const WordSet words = {
        "bigint",      "bit",       "bool",      "boolean",  "box",       "bpchar",   "bytea",
        "char",        "character", "cidr",      "circle",   "citext",    "date",     "daterange",
        "decimal",     "float",     "float4",    "float8",   "hstore",    "inet",     "int",
        "int2",        "int4",      "int4range", "int8",     "int8range", "integer",  "interval",
        "json",        "jsonb",     "jsonpath",  "line",     "lseg",      "ltree",    "macaddr",
        "macaddr8",    "money",     "numeric",   "numrange", "oid",       "point",    "polygon",
        "real",        "regclass",  "regtype",   "smallint", "text",      "time",     "timestamp",
        "timestamptz", "timetz",    "tsquery",   "tsrange",  "tstzrange", "tsvector", "uuid",
        "varbit",      "varchar",   "vector",    "xml",
    };
    return words;
}

}  // namespace

bool expects_operand(std::string_view word) {
    return operand_keywords().contains(to_lower(word));
}

bool is_type_name(std::string_view word, Dialect dialect) {
    const std::string lower = to_lower(word);
    if (dialect == Dialect::Postgres) return postgres_types().contains(lower);
    static const WordSet temporal = {"date", "time", "timestamp", "datetime"};
    return temporal.contains(lower);
}

}  // namespace kdeps::sql
