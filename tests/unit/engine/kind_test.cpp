// A kind that only this file knows: everything about it comes from its ResourceKind.

#include "kdeps/engine/kind.hpp"

#include <gtest/gtest.h>

#include "kdeps/engine/executor.hpp"

#include "support/fake_program.hpp"
#include "support/temp_dir.hpp"

namespace kdeps::engine {
namespace {

/// Weighs what stands in `item`: gives its length, and beside it the facets `scale.unit` and
/// `scale.hours`, the time that it had. It breaks under what is longer than `most`, after it has
/// told them.
class ScaleKind final : public ResourceKind {
 public:
    std::string_view name() const override { return "scale"; }
    const workflow::KindSchema& schema() const override {
        static const workflow::KindSchema kSchema{
            .name = "scale",
            .help = "a balance",
            .fields = {
                {.name = "item", .type = workflow::FieldType::Any, .help = "", .required = true},
                {.name = "most", .type = workflow::FieldType::Integer, .help = ""},
                {.name = "timeout", .type = workflow::FieldType::Duration, .help = ""}}};
        return kSchema;
    }
    std::vector<expr::Facet> facets() const override {
        return {{"scale.unit", "what the weight is given in"}, {"scale.hours", "time to weigh"}};
    }
    std::optional<std::chrono::milliseconds> default_timeout(
        const workflow::Settings&) const override {
        return std::chrono::hours(9);
    }
    std::unique_ptr<Step> compile(const workflow::Action& action,
                                  CompileContext& context) const override {
        return std::make_unique<ScaleStep>(context.tree(*action.fields.find("item")),
                                           action.fields.integer("most").value_or(INT64_MAX));
    }

 private:
    class ScaleStep final : public Step {
     public:
        ScaleStep(ValueTree item, std::int64_t most) : item_(std::move(item)), most_(most) {}
        Output run(RunContext& context) const override {
            const auto weight = static_cast<std::int64_t>(item_.evaluate(context).size());
            const auto left = context.deadline().time() - std::chrono::steady_clock::now();
            context.set_facets(
                {{"scale.unit", weight > most_ ? "tons" : "grams"},
                 {"scale.hours", std::chrono::round<std::chrono::hours>(left).count()}});
            if (weight > most_) throw Error(ErrorCode::Internal, "the scale broke");
            return {.value = weight};
        }

     private:
        ValueTree item_;
        std::int64_t most_;
    };
};

/// Loads and runs workflows in which scales stand.
class KindTest : public testing::Test {
 protected:
    KindTest() { kinds_.add(std::make_unique<ScaleKind>()); }

    /// What the resource `result` gives; else every message of the load, or the failure.
    std::string run(const std::string& resources, bool strict = false) {
        const std::string path =
            folder_.write("workflow.yaml",
                          "metadata: {name: w, targetActionId: result}\nresources:\n" + resources);
        Diagnostics diagnostics;
        SourceTexts texts;
        const workflow::Workflow workflow =
            workflow::load(path, {.kinds = kinds_.registered()}, {}, diagnostics, texts);
        const Program program(workflow, kinds_, strict, diagnostics);
        std::string messages;
        for (const Diagnostic& found : diagnostics.all()) {
            messages += found.error.what() + std::string("; ") + found.error.detail().hint + "\n";
        }
        if (!messages.empty()) return messages;
        try {
            const RunResult result =
                executor_.run(program, program.plan("result"), {}, Deadline::never(), {});
            return to_text(result.response.data);
        } catch (const Error& error) {
            return error.what();
        }
    }

    test::TempDir folder_;
    test::RecordingSink sink_;
    KindRegistry kinds_;
    Executor executor_{sink_};
};

TEST_F(KindTest, ItsFacetsAreReadByItsFunctions) {
    EXPECT_EQ(run("- {actionId: bag, scale: {item: apple}}\n"
                  "- {actionId: result, requires: bag,\n"
                  "   scale: {item: \"{{ scale.unit('bag') + str(get('bag')) }}\"}}\n"),
              "6");
}

TEST_F(KindTest, FacetsStayWhenTheActionFails) {
    EXPECT_EQ(run("- {actionId: bag, scale: {item: stone, most: 3},\n"
                  "   onError: {action: continue, fallback: \"{{ scale.unit('bag') }}\"}}\n"
                  "- {actionId: result, requires: bag,\n"
                  "   scale: {item: \"{{ get('bag') + scale.unit('bag') }}\"}}\n"),
              "8");
}

TEST_F(KindTest, FacetsOfAnEarlierAttemptAreGone) {
    EXPECT_EQ(run("- actionId: result\n"
                  "  before: set('tries', (get('tries') ?? 0) + 1)\n"
                  "  scale: {item: \"{{ get('tries') == 1 ? 'stone' : "
                  "scale.unit('res' + 'ult') ?? '' }}\", most: 3}\n"
                  "  onError: {action: retry, maxRetries: 2}\n"),
              "0");
}

TEST_F(KindTest, ItsFunctionsAreKnownWhileLoading) {
    const std::string source =
        "- {actionId: bag, scale: {item: apple}}\n"
        "- {actionId: result, requires: bag, scale: {item: \"{{ %s }}\"}}\n";
    const auto with = [&](const std::string& call) {
        std::string text = source;
        return run(text.replace(text.find("%s"), 2, call));
    };
    EXPECT_EQ(with("scale.unti('bag')"),
              "unknown function 'scale.unti'; did you mean 'scale.unit'?\n");
    EXPECT_EQ(
        with("scale.size('bag')"),
        "unknown function 'scale.size'; known: scale.unit(actionId), scale.hours(actionId)\n");
    EXPECT_EQ(with("scale.unit()"),
              "wrong number of arguments for scale.unit(): 0; it is called scale.unit(actionId)\n");
    EXPECT_EQ(with("scale.unit('bga')"),
              "there is no resource 'bga', so the value is nil; did you mean 'bag'?\n");
}

TEST_F(KindTest, TheDeadlineOfAnActionIsTheEarliestThatConcernsIt) {
    const auto hours = [&](const std::string& action, const std::string& resource = "") {
        return run("- {actionId: bag, scale: {item: apple" + action + "}" + resource +
                   "}\n- {actionId: result, requires: bag, scale: {item: \"{{ "
                   "1..scale.hours('bag') }}\"}}\n");
    };
    EXPECT_EQ(hours(""), "9");
    EXPECT_EQ(hours(", timeout: 4h"), "4");
    EXPECT_EQ(hours(", timeout: 4h", ", timeout: 2h"), "2");
    EXPECT_EQ(hours("", ", timeout: 20h"), "9");
}

TEST_F(KindTest, OtherRegistriesKnowNothingOfIt) {
    EXPECT_EQ(kinds_.functions().names().size(), expr::FunctionTable().names().size() + 2);
    EXPECT_EQ(KindRegistry().functions().names(), expr::FunctionTable().names());
}

}  // namespace
}  // namespace kdeps::engine
