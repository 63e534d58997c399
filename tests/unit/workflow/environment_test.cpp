#include "environment.hpp"

#include <cstdlib>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "kdeps/workflow/workflow.hpp"

namespace kdeps::workflow {
namespace {

std::map<std::string, std::string> parsed(const std::string& text) {
    Diagnostics diagnostics;
    auto variables = parse_dot_env(text, ".env", diagnostics);
    EXPECT_TRUE(diagnostics.all().empty()) << render(diagnostics, SourceTexts{});
    return variables;
}

TEST(DotEnvTest, ReadsValuesQuotesAndComments) {
    const std::map<std::string, std::string> expected = {{"PLAIN", "a b"},
                                                         {"EMPTY", ""},
                                                         {"HASH", "a#b"},
                                                         {"SINGLE", "$a \\n # x"},
                                                         {"DOUBLE", "a\n\"$\\q"},
                                                         {"EXPORTED", "1"},
                                                         {"SPACED", "x"},
                                                         {"TWICE", "2"},
                                                         {"EQUALS", "a=b"},
                                                         {"CRLF", "end"},
                                                         {"URL", "postgres://u:p@h/d"}};
    EXPECT_EQ(
        parsed("# comment\n\nPLAIN=a b # note\nEMPTY=\nHASH=a#b\nSINGLE='$a \\n # x' # note\n"
               "DOUBLE=\"a\\n\\\"\\$\\q\"\nexport EXPORTED=1\n  SPACED = x \nTWICE=1\nTWICE=2\n"
               "EQUALS=a=b\nCRLF=end\r\nURL=postgres://u:p@h/d"),
        expected);
    EXPECT_EQ(parsed(""), (std::map<std::string, std::string>{}));
    EXPECT_EQ(parsed("\xEF\xBB\xBF"
                     "A=1"),
              (std::map<std::string, std::string>{{"A", "1"}}));
}

TEST(DotEnvTest, OtherLinesAreWarnedAboutWithoutTheirText) {
    Diagnostics diagnostics;
    const auto variables =
        parse_dot_env("secret\nA=1\nB='open\nC=\"x\" y\n1D=2\nexport\n", "x/.env", diagnostics);
    EXPECT_EQ(variables, (std::map<std::string, std::string>{{"A", "1"}}));
    ASSERT_EQ(diagnostics.warning_count(), 5u);
    EXPECT_EQ(render(diagnostics.all()[1].error),
              "x/.env:3:1: the line is not 'NAME=value' and is ignored [INVALID_VALUE]\n"
              "  hint: quotes must be closed on their line");
}

class ExpandTest : public testing::Test {
 protected:
    ExpandTest() { setenv("KDEPS_TEST_SET", "from the process", 1); }
    ~ExpandTest() override { unsetenv("KDEPS_TEST_SET"); }

    [[nodiscard]] std::string expand(const std::string& text) const {
        return expand_environment(text, {.file = "w.yaml", .line = 3, .column = 5}, environment_);
    }
    [[nodiscard]] std::string error_of(const std::string& text) const {
        try {
            return "no error: " + expand(text);
        } catch (const Error& error) {
            return render(error);
        }
    }

 private:
    const Environment environment_{std::map<std::string, std::string>{
        {"KDEPS_TEST_SET", "from .env"}, {"USER_NAME", "ann"}, {"BLANK", ""}}};
};

TEST_F(ExpandTest, FillsInVariables) {
    EXPECT_EQ(expand("no variable, $x, 5$, {a}"), "no variable, $x, 5$, {a}");
    EXPECT_EQ(expand("${USER_NAME}@${USER_NAME}"), "ann@ann");
    EXPECT_EQ(expand("${KDEPS_TEST_SET}"), "from the process");
    EXPECT_EQ(expand("${KDEPS_TEST_UNSET:-a:-b}"), "a:-b");
    EXPECT_EQ(expand("${KDEPS_TEST_UNSET:-}"), "");
    EXPECT_EQ(expand("${BLANK}"), "");
    EXPECT_EQ(expand("${BLANK:-default}"), "default");
    EXPECT_EQ(expand("$${USER_NAME} costs $$5"), "${USER_NAME} costs $5");
    EXPECT_EQ(expand("{{ env('USER_NAME') }}/{{env( \"USER_NAME\" )}}"), "ann/ann");
}

TEST_F(ExpandTest, ValuesAreNotExpandedAgain) {
    const Environment environment{
        std::map<std::string, std::string>{{"A_TEST_VALUE", "${B}{{x}}"}}};
    EXPECT_EQ(expand_environment("${A_TEST_VALUE}", {}, environment), "${B}{{x}}");
}

TEST_F(ExpandTest, MistakesHaveTheirPlace) {
    EXPECT_EQ(error_of("ab ${KDEPS_TEST_UNSET}"),
              "w.yaml:3:8: environment variable 'KDEPS_TEST_UNSET' is not set [INVALID_VALUE]\n"
              "  hint: set it, put 'KDEPS_TEST_UNSET=...' into .env beside the workflow, or give a "
              "default: ${KDEPS_TEST_UNSET:-default}");
    EXPECT_EQ(error_of("${A"),
              "w.yaml:3:5: '${' is not closed [INVALID_VALUE]\n"
              "  hint: write ${NAME}, or $$ for a dollar sign");
    EXPECT_EQ(error_of("${1A}"),
              "w.yaml:3:5: '${...}' holds no name of an environment variable [INVALID_VALUE]\n"
              "  hint: write ${NAME} or ${NAME:-default}, or $$ for a dollar sign");
    EXPECT_EQ(error_of("{{ get('db') }}"),
              "w.yaml:3:5: only {{ env('NAME') }} can be used here [INVALID_VALUE]\n"
              "  hint: this value is needed before any request, so it can only come from the "
              "environment");
    EXPECT_EQ(error_of("x {{ env('A')"),
              "w.yaml:3:7: '{{' is not closed [INVALID_VALUE]\n"
              "  hint: close it with '}}'");
    EXPECT_EQ(error_of("{{ env(') }}").substr(0, 11), "w.yaml:3:5:");
}

}  // namespace
}  // namespace kdeps::workflow
