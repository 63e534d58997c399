#include "kdeps/engine/program.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/engine/kind.hpp"

#include "support/fake_program.hpp"

namespace kdeps::engine {
namespace {

workflow::Resource resource(const std::string& action_id, std::vector<std::string> depends_on) {
    workflow::Resource made;
    made.action_id = action_id;
    for (std::string& name : depends_on) made.depends_on.push_back({std::move(name), {}});
    return made;
}

/// Two targets over one shared resource, and one that nobody runs.
workflow::Workflow two_targets() {
    workflow::Workflow workflow;
    workflow.resources.push_back(resource("shared", {}));
    workflow.resources.push_back(resource("list", {"shared"}));
    workflow.resources.push_back(resource("audit", {"shared"}));
    workflow.resources.push_back(resource("create", {"audit", "shared"}));
    workflow.targets = {"create", "list"};
    return workflow;
}

class ProgramTest : public testing::Test {
 protected:
    [[nodiscard]] std::string order(const std::string& target) const {
        std::string names;
        for (const RunPlan::Entry& entry : program_.plan(target).entries) {
            names += program_.resources()[entry.resource].action_id + " ";
        }
        return names;
    }

    Diagnostics diagnostics_;
    const workflow::Workflow workflow_ = two_targets();
    const Program program_{workflow_, KindRegistry(), false, diagnostics_};
};

TEST_F(ProgramTest, APlanHoldsWhatItsTargetNeedsAndNothingElse) {
    EXPECT_EQ(order("list"), "shared list ");
    EXPECT_EQ(order("create"), "shared audit create ");
}

TEST_F(ProgramTest, PlansShareTheResources) {
    EXPECT_EQ(program_.resources().size(), 4u);
    EXPECT_EQ(program_.plan("list").entries[0].resource,
              program_.plan("create").entries[0].resource);
}

TEST_F(ProgramTest, ArrowsAreThoseInsideThePlan) {
    const RunPlan& list = program_.plan("list");
    EXPECT_EQ(list.entries[0].dependents, std::vector<std::size_t>{1});
    const RunPlan& create = program_.plan("create");
    EXPECT_EQ(create.entries[0].dependents, (std::vector<std::size_t>{1, 2}));
    EXPECT_EQ(create.entries[2].dependency_count, 2u);
}

TEST_F(ProgramTest, OnlyTargetsHavePlans) {
    EXPECT_THROW((void)program_.plan("audit"), Error);
}

TEST_F(ProgramTest, AnUnknownTargetIsNamedWithAGuess) {
    try {
        (void)program_.plan("lits");
        FAIL() << "a plan for what no run is for";
    } catch (const Error& error) {
        EXPECT_EQ(render(error),
                  "unknown target 'lits' [UNKNOWN_TARGET]\n"
                  "  hint: did you mean 'list'?");
    }
}

}  // namespace
}  // namespace kdeps::engine
