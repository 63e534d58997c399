// docs/reference/resources.md has a table per kind, connections.md one per settings map.

#include "support/reference_page.hpp"

#include <gtest/gtest.h>

#include "kdeps/resources/connections.hpp"
#include "kdeps/resources/kinds.hpp"

namespace kdeps::resources {
namespace {

TEST(ReferencePageTest, TablesAreThoseOfTheSchemas) {
    const std::string folder = KDEPS_REFERENCE_FOLDER;
    for (const workflow::KindSchema* schema : {&sql_schema(), &python_schema()}) {
        test::expect_on_page(folder + "/resources.md", schema->name, test::schema_table(*schema));
    }
    test::expect_on_page(folder + "/resources.md", "python functions",
                         test::facet_table(python_kind(nullptr)->facets()));
    for (const workflow::KindSchema* schema : {&connection_schema(), &pool_schema()}) {
        test::expect_on_page(folder + "/connections.md", schema->name, test::schema_table(*schema));
    }
}

}  // namespace
}  // namespace kdeps::resources
