// What a database would take, but hardly as it was meant.

#include "kdeps/sql/advice.hpp"

#include <gtest/gtest.h>

namespace kdeps::sql {
namespace {

struct AdviceCase {
    const char *name, *text, *advice;
};
class AdviceTest : public testing::TestWithParam<AdviceCase> {};

TEST_P(AdviceTest, IsGiven) {
    std::string found;
    for (const Advice& advice : advise(GetParam().text, {}, kPostgres)) {
        found += std::to_string(advice.where.column) + "+" + std::to_string(advice.where.length) +
                 ": " + advice.hint + "\n";
    }
    EXPECT_EQ(found, GetParam().advice);
}

constexpr AdviceCase kCases[] = {
    {"BareCall", "SELECT 1 WHERE id = get('id')", "21+9: write {{ get('id') }}\n"},
    {"CallWithHint", "SELECT get('a', 'query'), env('B')",
     "8+17: write {{ get('a', 'query') }}\n27+8: write {{ env('B') }}\n"},
    {"CallInSlot", "SELECT {{ get('id') }}", ""},
    {"CallInLiteralAndComment", "SELECT 'get(''id'')' -- get('id')", ""},
    {"OtherCall", "SELECT coalesce('a'), get(id), s.get('id')", ""},
    {"Member", "SELECT 1 WHERE id = input.id", "21+8: write {{ input.id }}\n"},
    {"MemberOfATable", "SELECT input.id FROM input", ""},
    {"MemberOfAnAlias", "SELECT request.id FROM t AS request", ""},
    {"QuotedSlot", "SELECT 1 WHERE id = '{{ x }}'",
     "21+9: write {{ x }} without quotes; where a text is meant, {{ str(x) }}\n"},
    {"SlotInLongerText", "SELECT 1 WHERE a = 'a{{ x }}' AND b LIKE '%{{ y }}%'", ""},
    {"Pattern", "SELECT 1 WHERE a LIKE '{{ x }}'", ""},
    {"TypedLiteral", "SELECT 1 WHERE day = DATE '{{ x }}'", ""},
};
INSTANTIATE_TEST_SUITE_P(Cases, AdviceTest, testing::ValuesIn(kCases),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::sql
