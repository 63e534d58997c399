#include "kdeps/base/refusal.hpp"

namespace kdeps {

const std::vector<RefusalInfo>& refusal_table() {
    using enum Refusal;
    static const std::vector<RefusalInfo> table = {
        {Value, "22000", 400, "VALIDATION_ERROR",
         "a value is not of the form or size that is stored"},
        {Missing, "23502", 400, "VALIDATION_ERROR", "a value that is needed is missing"},
        {Reference, "23503", 409, "CONFLICT",
         "something that is referred to is not there, or something still refers to it"},
        {Duplicate, "23505", 409, "CONFLICT", "it exists already"},
        {Check, "23514", 422, "VALIDATION_ERROR", "a rule of the stored data does not hold"},
        {Overlap, "23P01", 409, "CONFLICT", "it overlaps with what is stored"},
        {Other, "23000", 409, "CONFLICT", "it conflicts with what is stored"},
    };
    return table;
}

const RefusalInfo& refusal_info(Refusal refusal) {
    return refusal_table()[static_cast<std::size_t>(refusal) - 1];
}

Refusal refusal_of(std::string_view sqlstate) {
    if (sqlstate.starts_with("22")) return Refusal::Value;
    if (sqlstate == "44000") return Refusal::Check;  // WITH CHECK OPTION of a view
    if (!sqlstate.starts_with("23")) return Refusal::None;
    if (sqlstate == "23001") return Refusal::Reference;  // ON DELETE RESTRICT
    for (const RefusalInfo& info : refusal_table()) {
        if (info.sqlstate == sqlstate) return info.refusal;
    }
    return Refusal::Other;
}

}  // namespace kdeps
