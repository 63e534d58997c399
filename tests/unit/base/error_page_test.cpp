// docs/reference/errors.md has the table of error codes.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"

#include "support/reference_page.hpp"

namespace kdeps {
namespace {

TEST(ErrorPageTest, TableIsThatOfTheProgram) {
    std::string text = "| Code | Exit code | Meaning |\n|---|---|---|\n";
    for (const ErrorInfo& info : error_table()) {
        text += fmt::format("| `{}` | {} | {} |\n", info.name, info.exit_code, info.meaning);
    }
    test::expect_on_page(KDEPS_ERRORS_PAGE, "errors", text);
}

TEST(ErrorPageTest, RefusalsAreThoseOfTheProgram) {
    std::string text =
        "| SQLSTATE | Status | Code | What the client is told |\n|---|---|---|---|\n";
    for (const RefusalInfo& info : refusal_table()) {
        EXPECT_EQ(&refusal_info(info.refusal), &info);
        text += fmt::format("| `{}` | {} | {} | {} |\n", info.sqlstate, info.status, info.code,
                            info.message);
    }
    test::expect_on_page(KDEPS_ERRORS_PAGE, "refusals", text);
}

TEST(RefusalTest, IsKnownByItsState) {
    EXPECT_EQ(refusal_of("22P02"), Refusal::Value);
    EXPECT_EQ(refusal_of("23502"), Refusal::Missing);
    EXPECT_EQ(refusal_of("23001"), Refusal::Reference);
    EXPECT_EQ(refusal_of("23P01"), Refusal::Overlap);
    EXPECT_EQ(refusal_of("23999"), Refusal::Other);
    EXPECT_EQ(refusal_of("44000"), Refusal::Check);
    EXPECT_EQ(refusal_of("42P01"), Refusal::None);
    EXPECT_EQ(refusal_of(""), Refusal::None);
}

}  // namespace
}  // namespace kdeps
