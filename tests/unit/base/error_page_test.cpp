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

}  // namespace
}  // namespace kdeps
