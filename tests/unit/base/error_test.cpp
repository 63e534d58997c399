#include "kdeps/base/error.hpp"

#include <set>

#include <gtest/gtest.h>

#include "kdeps/base/diagnostics.hpp"

namespace kdeps {

namespace {

SourceTexts texts_of(std::string text) {
    SourceTexts texts;
    texts.add("workflow.yaml", std::move(text));
    return texts;
}

SourceSpan at(int line, int column, int length = 1) {
    return {.file = "workflow.yaml", .line = line, .column = column, .length = length};
}

}  // namespace

TEST(ErrorTableTest, HasEveryCodeOnceInOrder) {
    const auto& table = error_table();
    ASSERT_EQ(table.size(), static_cast<std::size_t>(ErrorCode::Internal) + 1);
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < table.size(); ++i) {
        EXPECT_EQ(static_cast<std::size_t>(table[i].code), i) << table[i].name;
        EXPECT_EQ(table[i].name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"),
                  std::string_view::npos);
        EXPECT_TRUE(table[i].meaning.ends_with('.')) << table[i].name;
        EXPECT_EQ(table[i].exit_code,
                  i <= static_cast<std::size_t>(ErrorCode::AddressInUse) ? 2 : 1)
            << table[i].name;
        names.insert(table[i].name);
    }
    EXPECT_EQ(names.size(), table.size());
    EXPECT_EQ(error_name(ErrorCode::UnknownResource), "UNKNOWN_RESOURCE");
    EXPECT_EQ(exit_code(ErrorCode::QueryFailed), 1);
}

struct RenderCase {
    const char *name, *text;
    SourceSpan where;
    const char* rendered;
};
class RenderTest : public testing::TestWithParam<RenderCase> {};

TEST_P(RenderTest, UnderlinesTheMistake) {
    const Error error(ErrorCode::UnknownResource, "unknown resource 'a'",
                      {.where = GetParam().where});
    EXPECT_EQ(render(error, texts_of(GetParam().text)), GetParam().rendered);
}
const RenderCase kRenderCases[] = {
    {"Word", "a: 1\n  requires: [abc]\n", at(2, 14, 3),
     "workflow.yaml:2:14: unknown resource 'a' [UNKNOWN_RESOURCE]\n"
     "  2 |   requires: [abc]\n"
     "    |              ^^^"},
    {"WideLineNumber", "\n\n\n\n\n\n\n\n\nkey", at(10, 1, 3),
     "workflow.yaml:10:1: unknown resource 'a' [UNKNOWN_RESOURCE]\n"
     "  10 | key\n"
     "     | ^^^"},
    {"TabsStayTabs", "\ta\tb: c", at(1, 4),
     "workflow.yaml:1:4: unknown resource 'a' [UNKNOWN_RESOURCE]\n"
     "  1 | \ta\tb: c\n"
     "    | \t \t^"},
    {"CodePoints", "\xC3\xA4\xE2\x82\xAC: \xC3\xB6x", at(1, 5, 2),
     "workflow.yaml:1:5: unknown resource 'a' [UNKNOWN_RESOURCE]\n"
     "  1 | \xC3\xA4\xE2\x82\xAC: \xC3\xB6x\n"
     "    |     ^^"},
    {"CutAtLineEnd", "abc", at(1, 2, 50),
     "workflow.yaml:1:2: unknown resource 'a' [UNKNOWN_RESOURCE]\n"
     "  1 | abc\n"
     "    |  ^^"},
    {"BehindLineEnd", "abc\r\n", at(1, 4),
     "workflow.yaml:1:4: unknown resource 'a' [UNKNOWN_RESOURCE]\n"
     "  1 | abc\n"
     "    |    ^"},
    {"LineNotKnown", "abc", at(7, 1), "workflow.yaml:7:1: unknown resource 'a' [UNKNOWN_RESOURCE]"},
};
INSTANTIATE_TEST_SUITE_P(Cases, RenderTest, testing::ValuesIn(kRenderCases),
                         [](const auto& c) { return c.param.name; });

TEST(RenderTest, LeavesOutWhatIsNotKnown) {
    EXPECT_EQ(render(Error(ErrorCode::Internal, "no")), "no [INTERNAL]");
    EXPECT_EQ(render(Error(ErrorCode::Internal, "no", {.hint = "do it again"})),
              "no [INTERNAL]\n  hint: do it again");
}

TEST(RenderTest, HintFollowsTheSourceLine) {
    const Error error(ErrorCode::UnknownKey, "unknown key 'b'",
                      {.where = at(1, 1), .hint = "did you mean 'a'?"});
    EXPECT_EQ(render(error, texts_of("b: 1")),
              "workflow.yaml:1:1: unknown key 'b' [UNKNOWN_KEY]\n"
              "  1 | b: 1\n"
              "    | ^\n"
              "  hint: did you mean 'a'?");
}

TEST(RenderTest, TellsWhatAWriteDid) {
    const Error error(
        ErrorCode::ConnectionLost, "gone",
        {.hint = "look", .outcome = Outcome::Unknown, .applied_indexes = {0, 1, 2, 5, 7, 8}});
    EXPECT_EQ(render(error),
              "gone [CONNECTION_LOST]\n"
              "  outcome: unknown\n"
              "  applied: 0-2, 5, 7-8 (counted from 0)\n"
              "  hint: look");
}

TEST(OutcomeTest, HasNames) {
    EXPECT_EQ(outcome_name(Outcome::NotApplicable), "");
    EXPECT_EQ(outcome_name(Outcome::NotDone), "not_done");
    EXPECT_EQ(outcome_name(Outcome::Done), "done");
    EXPECT_EQ(outcome_name(Outcome::Unknown), "unknown");
}

TEST(DiagnosticsTest, SortsByPlaceAndDropsRepetitions) {
    Diagnostics diagnostics;
    diagnostics.error(ErrorCode::UnknownKey, "second", at(2, 1));
    diagnostics.warning(ErrorCode::UnknownKey, "first", at(1, 5), "look here");
    diagnostics.error(ErrorCode::UnknownKey, "second", at(2, 1));
    diagnostics.add(Severity::Error, Error(ErrorCode::FileNotFound, "without a place"));
    EXPECT_EQ(diagnostics.error_count(), 3U);
    EXPECT_EQ(diagnostics.warning_count(), 1U);
    diagnostics.sort();
    EXPECT_EQ(diagnostics.error_count(), 2U);
    EXPECT_EQ(render(diagnostics, texts_of("a: b\nc: d")),
              "without a place [FILE_NOT_FOUND]\n\n"
              "warning: workflow.yaml:1:5: first [UNKNOWN_KEY]\n"
              "  1 | a: b\n"
              "    |     ^\n"
              "  hint: look here\n\n"
              "workflow.yaml:2:1: second [UNKNOWN_KEY]\n"
              "  2 | c: d\n"
              "    | ^");
}

TEST(SourceTextsTest, FindsLines) {
    const SourceTexts texts = texts_of("one\r\n\nthree");
    EXPECT_EQ(texts.line("workflow.yaml", 1), "one");
    EXPECT_EQ(texts.line("workflow.yaml", 2), "");
    EXPECT_EQ(texts.line("workflow.yaml", 3), "three");
    EXPECT_EQ(texts.line("workflow.yaml", 4), "");
    EXPECT_EQ(texts.line("workflow.yaml", 0), "");
    EXPECT_EQ(texts.line("other.yaml", 1), "");
}

TEST(TextOriginTest, CountsLinesAndCodePoints) {
    const TextOrigin origin{.file = "f", .line = 10, .column = 5, .continuation_column = 3};
    const std::string_view text =
        "\xC3\xA4"
        "b\n\xC3\xB6x yz\nend";
    EXPECT_EQ(origin.span(text, 0, 3), (SourceSpan{"f", 10, 5, 2}));
    EXPECT_EQ(origin.span(text, 2, 100), (SourceSpan{"f", 10, 6, 1}));
    EXPECT_EQ(origin.span(text, 8, 2), (SourceSpan{"f", 11, 6, 2}));
    EXPECT_EQ(origin.span(text, 999, 4), (SourceSpan{"f", 12, 6, 1}));
    const TextOrigin later = origin.advanced(text, 8);
    EXPECT_EQ(later.span(text.substr(8), 0), origin.span(text, 8));
    EXPECT_EQ(later.span(text.substr(8), 3), origin.span(text, 11));
}

}  // namespace kdeps
