#include "kdeps/expr/text.hpp"

#include <gtest/gtest.h>

#include "fake_scope.hpp"

namespace kdeps::test {
namespace {

using expr::ForcedKind;
using expr::Text;
using expr::TextKind;

Value evaluate_template(std::string_view text) {
    FakeScope scope;
    return Text::compile_template(text, {}, functions()).evaluate(scope);
}

struct TemplateCase {
    const char *name, *text, *json;
};
class TemplateTest : public testing::TestWithParam<TemplateCase> {};

TEST_P(TemplateTest, Gives) {
    EXPECT_EQ(to_json(evaluate_template(GetParam().text)), GetParam().json);
}

constexpr TemplateCase kCases[] = {
    {"NoSlot", "get('x')", "\"get('x')\""},
    {"SingleSlotKeepsTheType", "{{ user.age }}", "42"},
    {"SingleSlotWithLineBreak", "  {{ nums }}\n", "[3,1,2]"},
    {"SingleSlotNil", "{{ get('nope') }}", "null"},
    {"TwoSlots", "{{ user.age }} and {{ text }}", "\"42 and hello\""},
    {"TwoSlotsWithoutText", "{{ 1 }}{{ 2 }}", "\"12\""},
    {"SpacesBetweenStay", " {{ 1 }}  {{ 2 }} ", "\" 1  2 \""},
    {"NilIsNothing", "a{{ nil }}b", "\"ab\""},
    {"Literals", "{{ true }}/{{ 42 }}/{{ 'x' }}", "\"true/42/x\""},
    {"LargeIntIsPlain", "id={{ 1234567 }}", "\"id=1234567\""},
    {"BigFractionIsPlain", "id={{ 1e20 }}", "\"id=100000000000000000000\""},
    {"ListIsCompactJson", "v={{ nums }}", "\"v=[3,1,2]\""},
    {"ObjectIsCompactJson", "v={{ {a: {b: 1}} }}", "\"v={\\\"a\\\":{\\\"b\\\":1}}\""},
    {"CsvTableIsItsText", ":{{ csv }}", "\":id,name,price\\r\\n1,Ann,19.90\\r\\n2,Bob,\\r\\n\""},
    {"BracesInString", "{{ '}}' + '{{' }}", "\"}}{{\""},
    {"NestedObject", "{{ {a: {b: 1}}.a.b }}", "1"},
    {"DataIsNotScannedAgain", "<{{ evil }}>", "\"<{{ env('SECRET') }}>\""},
    {"DataAloneIsNotScannedAgain", "{{ evil }}", "\"{{ env('SECRET') }}\""},
    {"ClosingBracesAlone", "d = {'a': {'b': 1}}", "\"d = {'a': {'b': 1}}\""},
};
INSTANTIATE_TEST_SUITE_P(Cases, TemplateTest, testing::ValuesIn(kCases),
                         [](const auto& c) { return std::string(c.param.name); });

std::string compile_error(std::string_view text) {
    try {
        (void)Text::compile_template(text, {.file = "w.yaml", .line = 3, .column = 5}, functions());
        return "no error";
    } catch (const Error& error) {
        return render(error);
    }
}

TEST(Text, PointsAtMistakesInsideSlots) {
    EXPECT_EQ(compile_error("ab {{ 1 + }}"),
              "w.yaml:3:15: expected an operand [EXPRESSION_SYNTAX]");
    EXPECT_EQ(compile_error("ab {{ }}"), "w.yaml:3:10: '{{ }}' is empty [EXPRESSION_SYNTAX]");
    EXPECT_EQ(compile_error("ab {{ x"),
              "w.yaml:3:8: '{{' is never closed by '}}' [EXPRESSION_SYNTAX]");
    EXPECT_EQ(compile_error("{{ 1 }} {{ upperr('x') }}"),
              "w.yaml:3:16: unknown function 'upperr' [EXPRESSION_SYNTAX]\n"
              "  hint: did you mean 'upper'?");
}

TEST(Text, ConditionPointsAtBracesThatAreNeverClosed) {
    try {
        (void)Text::compile_expression("  {{ user.age > 4",
                                       {.file = "w.yaml", .line = 3, .column = 5}, functions());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(render(error), "w.yaml:3:7: '{{' is never closed by '}}' [EXPRESSION_SYNTAX]");
    }
}

TEST(Text, UnknownNameInsideASlotIsAnError) {
    EXPECT_THROW((void)evaluate_template("a {{ nope }}"), Error);
}

TEST(Text, CompilesByItsVerdict) {
    FakeScope scope;
    const std::vector<std::string> known = {"user"};
    const Text prose =
        Text::compile("No target(s) found", {}, ForcedKind::None, known, functions());
    EXPECT_EQ(prose.kind(), TextKind::Literal);
    EXPECT_EQ(prose.literal(), "No target(s) found");
    EXPECT_TRUE(prose.expressions().empty());
    const Text call = Text::compile("get('text')", {}, ForcedKind::None, known, functions());
    EXPECT_EQ(call.kind(), TextKind::Expression);
    EXPECT_EQ(to_json(call.evaluate(scope)), "\"hello\"");
    EXPECT_EQ(Text::compile("{{ 1 }}", {}, ForcedKind::None, known, functions()).kind(),
              TextKind::Template);
    EXPECT_EQ(Text::compile("{{ 1 }}", {}, ForcedKind::Literal, known, functions()).literal(),
              "{{ 1 }}");
    EXPECT_EQ(
        to_json(
            Text::compile("text", {}, ForcedKind::Expression, known, functions()).evaluate(scope)),
        "\"hello\"");
}

TEST(Text, ExpressionsMayStandInBraces) {
    FakeScope scope;
    EXPECT_EQ(to_json(Text::compile_expression(" {{ 1 + 1 }} ", {}, functions()).evaluate(scope)),
              "2");
    EXPECT_EQ(to_json(Text::compile_expression("1 + 1", {}, functions()).evaluate(scope)), "2");
    EXPECT_EQ(to_json(Text::compile_expression("{a: {b: 1}}", {}, functions()).evaluate(scope)),
              "{\"a\":{\"b\":1}}");
    EXPECT_TRUE(
        Text::compile_expression("user.age > 40", {}, functions()).evaluate_condition(scope));
    EXPECT_FALSE(
        Text::compile_expression("{{ false }}", {}, functions()).evaluate_condition(scope));
}

}  // namespace
}  // namespace kdeps::test
