// docs/reference/tests.md has a table per map of a test file.

#include "support/reference_page.hpp"

#include <gtest/gtest.h>

#include "suite_schema.hpp"

namespace kdeps::testing {
namespace {

TEST(ReferencePageTest, TablesAreThoseOfTheSchemas) {
    for (const workflow::KindSchema* schema :
         {&file_schema(), &test_schema(), &step_schema(), &request_schema(), &assert_schema(),
          &body_schema(), &path_schema(), &fixture_schema(), &mock_schema(),
          &mock_error_schema()}) {
        test::expect_on_page(KDEPS_REFERENCE_PAGE, schema->name, test::schema_table(*schema));
    }
}

}  // namespace
}  // namespace kdeps::testing
