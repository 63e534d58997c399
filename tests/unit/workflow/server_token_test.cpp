// Which tokens a request can bring.

#include "server_token.hpp"

#include <gtest/gtest.h>

namespace kdeps::workflow {
namespace {

struct TokenCase {
    const char *name, *token, *flaw;
};
class ServerTokenTest : public testing::TestWithParam<TokenCase> {};

TEST_P(ServerTokenTest, FitsIntoAHeaderOrNot) {
    const auto flaw = flaw_of_token(GetParam().token);
    EXPECT_EQ(flaw ? flaw->message : "", GetParam().flaw);
    EXPECT_TRUE(!flaw || !flaw->hint.empty());
}

constexpr TokenCase kTokenCases[] = {
    {"Plain", "s3cr3t", ""},
    {"BlankInside", "a b\tc", ""},
    {"NotAscii", "\xC3\xA4", ""},
    {"LineFeedAtTheEnd", "s3cr3t\n", "holds a line break, which no request can send"},
    {"LineFeedInside", "s3\ncr3t", "holds a line break, which no request can send"},
    {"CarriageReturn", "s3\rcr3t", "holds a line break, which no request can send"},
    {"Control",
     "s3\x01"
     "cr3t",
     "holds a control character, which no request can send"},
    {"Delete", "s3\x7F", "holds a control character, which no request can send"},
    {"BlankBefore", " s3cr3t", "begins or ends with a blank, which no request can send"},
    {"BlankBehind", "s3cr3t\t", "begins or ends with a blank, which no request can send"},
};
INSTANTIATE_TEST_SUITE_P(Cases, ServerTokenTest, testing::ValuesIn(kTokenCases),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::workflow
