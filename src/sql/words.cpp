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

}  // namespace

bool expects_operand(std::string_view word) {
    return operand_keywords().contains(to_lower(word));
}

}  // namespace kdeps::sql
