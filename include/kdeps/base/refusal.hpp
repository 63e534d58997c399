#pragma once

#include <string_view>
#include <vector>

namespace kdeps {

/// What a database has against the values of a statement, whichever database it is.
enum class Refusal {
    None,       ///< It failed for another reason.
    Value,      ///< A value that its type does not hold, or that cannot be computed with.
    Missing,    ///< NULL where there must be a value.
    Reference,  ///< A row that is referred to is not there, or is still referred to.
    Duplicate,  ///< What must be unique is there already.
    Check,      ///< A rule on values does not hold.
    Overlap,    ///< An exclusion constraint.
    Other,      ///< Another constraint.
};

/// How a refusal is answered when the values were not all written in the workflow.
struct RefusalInfo {
    Refusal refusal;
    std::string_view sqlstate;  ///< What it is called everywhere: a code, or a class ending in 000.
    int status;
    std::string_view code;
    std::string_view message;  ///< For clients: names no value, column or constraint.
};

/// Every refusal but None once; docs/reference/errors.md is printed from it.
[[nodiscard]] const std::vector<RefusalInfo>& refusal_table();
/// REQUIRES: not None.
[[nodiscard]] const RefusalInfo& refusal_info(Refusal refusal);
/// By the standard's classes 22, 23 and 44, with PostgreSQL's codes.
[[nodiscard]] Refusal refusal_of(std::string_view sqlstate);

}  // namespace kdeps
