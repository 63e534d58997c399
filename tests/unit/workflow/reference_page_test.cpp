// docs/reference/workflow-yaml.md has a table per schema; they are compared with the schemas.

#include "support/reference_page.hpp"

#include <gtest/gtest.h>

#include "kdeps/workflow/workflow.hpp"

namespace kdeps::workflow {
namespace {

TEST(ReferencePageTest, TablesAreThoseOfTheSchemas) {
    for (const KindSchema* schema : workflow_schemas()) {
        kdeps::test::expect_on_page(KDEPS_REFERENCE_PAGE, schema->name,
                                    kdeps::test::schema_table(*schema));
    }
}

}  // namespace
}  // namespace kdeps::workflow
