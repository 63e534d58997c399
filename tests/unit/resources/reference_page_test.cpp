// docs/reference/resources.md has a table per kind, connections.md one per settings map.

#include "support/reference_page.hpp"

#include <gtest/gtest.h>

#include "kdeps/resources/connections.hpp"
#include "kdeps/resources/kinds.hpp"

namespace kdeps::resources {
namespace {

TEST(ReferencePageTest, TablesAreThoseOfTheSchemas) {
    const std::string folder = KDEPS_REFERENCE_FOLDER;
    const engine::KindRegistry kinds = builtin_kinds({});
    for (const auto& [name, schema] : kinds.registered()) {
        test::expect_on_page(folder + "/resources.md", name, test::schema_table(*schema));
        const auto facets = kinds.find(name)->facets();
        if (facets.empty()) continue;
        test::expect_on_page(folder + "/resources.md", name + " functions",
                             test::facet_table(facets));
    }
    for (const workflow::KindSchema* schema : {&connection_schema(), &pool_schema()}) {
        test::expect_on_page(folder + "/connections.md", schema->name, test::schema_table(*schema));
    }
}

}  // namespace
}  // namespace kdeps::resources
