#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "kdeps/expr/expression.hpp"

namespace kdeps::test {
namespace {

std::string expected_rows() {
    std::string rows;
    for (const expr::FunctionInfo& row : expr::FunctionTable().describe()) {
        const std::size_t colon = row.help.find(": ");
        rows += "| `" + row.help.substr(0, colon) + "` | " + row.help.substr(colon + 2) + " |\n";
    }
    return rows;
}

/// docs/reference/expressions.md shows exactly the function table; print expected_rows() between
/// the two markers after a change.
TEST(ExprReference, PageShowsTheFunctionTable) {
    std::ifstream file(std::string(KDEPS_SOURCE_DIR) + "/docs/reference/expressions.md");
    ASSERT_TRUE(file) << "docs/reference/expressions.md is missing";
    std::stringstream page;
    page << file.rdbuf();
    const std::string text = page.str();
    const std::string begin = "<!-- functions -->\n| Function | Result |\n|---|---|\n";
    const std::size_t from = text.find(begin);
    const std::size_t to = text.find("<!-- end of functions -->");
    ASSERT_NE(from, std::string::npos);
    ASSERT_NE(to, std::string::npos);
    EXPECT_EQ(text.substr(from + begin.size(), to - from - begin.size()), expected_rows());
}

}  // namespace
}  // namespace kdeps::test
