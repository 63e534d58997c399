#include <gtest/gtest.h>

#include "kdeps/base/json.hpp"
#include "kdeps/inputs/check.hpp"

namespace kdeps::inputs {
namespace {

struct ShownCase {
    const char* name;
    const char* field;
    Value value;
    std::string shown;  ///< As JSON.
};
class ShownTest : public testing::TestWithParam<ShownCase> {};

TEST_P(ShownTest, IsShortAndHoldsNoSecret) {
    const ShownCase& c = GetParam();
    EXPECT_EQ(to_json(shown(c.field, c.value)), c.shown);
}

std::string umlauts(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "ä";
    return text;
}

const ShownCase kShownCases[] = {
    {"Number", "limit", 500, "500"},
    {"ClientText", "limit", ClientText{"abc"}, "\"abc\""},
    {"OneHundredCharacters", "name", umlauts(100), "\"" + umlauts(100) + "\""},
    {"LongText", "name", umlauts(101), "\"" + umlauts(100) + "…\""},
    {"LongNumber", "n", *Decimal::parse(std::string(101, '9')),
     "\"" + std::string(100, '9') + "…\""},
    {"Password", "newPassword", "hunter2", "\"***\""},
    {"ApiKey", "api_key", 7, "\"***\""},
    {"Header", "X-Auth-Token", "t", "\"***\""},
    {"Pin", "PIN", 1234, "\"***\""},
    {"WordsThatHoldAWord", "shippingPinned", "yes", "\"yes\""},
    {"SecretMember", "user", Object{{"name", "a"}, {"secret", "b"}},
     "{\"name\":\"a\",\"secret\":\"***\"}"},
    {"SecretInAList", "users", Value::List{Object{{"pwd", "b"}}}, "[{\"pwd\":\"***\"}]"},
    {"LongList", "ids", Value::List(200, Value(1)), "\"a list of 200 elements\""},
    {"LongObject", "o", Object{{"a", std::string(400, 'a')}}, "\"an object of 1 members\""},
};
INSTANTIATE_TEST_SUITE_P(Cases, ShownTest, testing::ValuesIn(kShownCases),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::inputs
