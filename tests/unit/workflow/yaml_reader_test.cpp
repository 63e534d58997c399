#include "yaml_reader.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kdeps::workflow {
namespace {

struct Read {
    explicit Read(const std::string& text) : source("f.yaml", text) {
        documents = read_yaml(source, diagnostics);
        texts.add("f.yaml", text);
        report = render(diagnostics, texts);
    }
    SourceText source;
    Diagnostics diagnostics;
    SourceTexts texts;
    Documents documents;
    std::string report;

    [[nodiscard]] const Node& root(std::size_t index = 0) const {
        return *documents.roots.at(index);
    }
};

/// `line:column+length` of a span.
std::string place(const SourceSpan& span) {
    return fmt::format("{}:{}+{}", span.line, span.column, span.length);
}

/// The place of `part` inside the text of a node.
std::string place_in(const Node& node, const std::string& part) {
    const std::size_t offset = node.text.find(part);
    return place(node.origin.span(node.text, offset, part.size()));
}

TEST(YamlReaderTest, ScalarsAreTypedByTheCoreSchema) {
    const Read read("a: yes\nb: 017\nc: \"17\"\nd: 1.50\ne: true\nf: ~\ng: |\n  1\nh: ! 7\n");
    using Wanted = Node::Kind;
    const std::vector<std::pair<Wanted, std::string>> expected = {
        {Wanted::String, "yes"}, {Wanted::Int, "017"},   {Wanted::String, "17"},
        {Wanted::Float, "1.50"}, {Wanted::Bool, "true"}, {Wanted::Null, ""},
        {Wanted::String, "1\n"}, {Wanted::String, "7"}};
    ASSERT_EQ(read.root().members.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const Node& value = read.root().members[i].second;
        EXPECT_EQ(value.kind, expected[i].first) << i;
        EXPECT_EQ(value.text, expected[i].second) << i;
    }
    EXPECT_FALSE(read.root().find("a")->quoted);
    EXPECT_TRUE(read.root().find("c")->quoted);
    EXPECT_TRUE(read.root().find("g")->quoted);
    EXPECT_EQ(read.report, "");
}

TEST(YamlReaderTest, TagsForceTypes) {
    const Read read(
        "a: !expr x + 1\nb: !text \"get('x')\"\nc: !!str 5\nd: !!float 1\ne: !!null ''\n"
        "f: !expr |\n  a\n  + b\ng: !text\n");
    EXPECT_EQ(read.root().find("a")->tag, "expr");
    EXPECT_EQ(read.root().find("a")->text, "x + 1");
    EXPECT_EQ(read.root().find("b")->tag, "text");
    EXPECT_EQ(place(read.root().find("b")->span), "2:10+10");
    EXPECT_EQ(read.root().find("c")->kind, Node::Kind::String);
    EXPECT_EQ(read.root().find("d")->kind, Node::Kind::Float);
    EXPECT_EQ(read.root().find("e")->kind, Node::Kind::Null);
    EXPECT_EQ(place_in(*read.root().find("f"), "+ b"), "8:3+3");
    EXPECT_EQ(read.root().find("g")->text, "");
    EXPECT_EQ(read.root().find("g")->kind, Node::Kind::String);
    EXPECT_EQ(read.report, "");
}

TEST(YamlReaderTest, SpansCountCodePoints) {
    const Read read("ä: ü # c\nöö: 'é x'\nlist:\n  - один\nmap: {k: [1, 22]}\n");
    const auto& members = read.root().members;
    EXPECT_EQ(place(read.root().span), "1:1+1");
    EXPECT_EQ(place(members[0].second.span), "1:4+1");
    EXPECT_EQ(place(members[1].first.span), "2:1+2");
    EXPECT_EQ(place(members[1].second.span), "2:5+5");
    EXPECT_EQ(place_in(members[1].second, "x"), "2:8+1");
    EXPECT_EQ(place(members[2].second.span), "3:1+4") << "a block list stands at its key";
    EXPECT_EQ(place(members[2].second.items[0].span), "4:5+4");
    EXPECT_EQ(place(members[3].second.span), "5:6+1") << "a flow map stands at its brace";
    EXPECT_EQ(place(members[3].second.find("k")->items[1].span), "5:14+2");
}

struct BlockCase {
    const char *name, *text, *part, *place;
};
class BlockScalarTest : public testing::TestWithParam<BlockCase> {};

TEST_P(BlockScalarTest, PointsIntoTheSource) {
    const Read read(GetParam().text);
    ASSERT_EQ(read.report, "");
    EXPECT_EQ(place_in(*read.root().find("q"), GetParam().part), GetParam().place);
}

constexpr BlockCase kBlocks[] = {
    {"Literal", "q: |\n  one\n    two {{ x }}\n", "{{ x }}", "3:9+7"},
    {"FirstLine", "q: |\n  one {{ x }}\n", "{{ x }}", "2:7+7"},
    {"CommentAtTheHeader", "q: | # note\n  one\n  {{ x }}\n", "{{ x }}", "3:3+7"},
    {"Strip", "q: |-\n    {{ x }}", "{{ x }}", "2:5+7"},
    {"BlankLinesInFront", "q: |\n\n\n  one {{ x }}\n", "{{ x }}", "4:7+7"},
    {"IndentationIndicator", "q: |2\n    one\n  {{ x }}\n", "{{ x }}", "3:3+7"},
    {"IndentedFirstLine", "q: |2\n    {{ x }}\n  one\n", "{{ x }}", "2:5+7"},
    {"AfterATag", "q: !text |\n  {{ x }}\n", "{{ x }}", "2:3+7"},
    {"TagOnItsOwnLine", "q: !text\n  \"{{ x }}\"\n", "{{ x }}", "2:4+7"},
    {"FoldedFirstLine", "q: >\n  one {{ x }}\n  two\n", "{{ x }}", "2:7+7"},
    {"Quoted", "q: \"one {{ x }}\"\n", "{{ x }}", "1:9+7"},
    {"FoldedSecondLine", "q: >\n  one\n  two {{ x }}\n", "{{ x }}", "3:7+7"},
    {"FoldedBehindAnEmptyLine", "q: >-\n\n  one\n\n  two {{ x }}\n", "{{ x }}", "5:7+7"},
    {"PlainSecondLine", "q: one\n  two {{ x }}\n", "{{ x }}", "2:7+7"},
    {"QuotedSecondLine", "q: \"one\n\n  two {{ x }}\"\n", "{{ x }}", "3:7+7"},
    {"LineFeedAsEscape", R"(q: "a\nb {{ x }}")", "{{ x }}", "1:10+7"},
    {"CharacterAsEscape", R"(q: "\u00e4\U0001F600 {{ x }}")", "{{ x }}", "1:22+7"},
    {"EscapedLineBreak", "q: \"one\\\n  two {{ x }}\"\n", "{{ x }}", "2:7+7"},
    {"DoubledQuote", "q: 'it''s {{ x }}'\n", "{{ x }}", "1:11+7"},
    {"Plain", "q: one {{ x }}\n", "{{ x }}", "1:8+7"},
    {"WithAnAnchor", "q: &a one {{ x }}\n", "{{ x }}", "1:11+7"},
    {"Nested", "q: |\n  a: |\n    {{ x }}\n", "{{ x }}", "3:5+7"},
    {"NotAscii", "q: |\n  äöü {{ x }}\n", "{{ x }}", "2:7+7"},
};
INSTANTIATE_TEST_SUITE_P(Cases, BlockScalarTest, testing::ValuesIn(kBlocks),
                         [](const auto& c) { return c.param.name; });

TEST(YamlReaderTest, CommentsBetweenAndBehindBlocks) {
    const Read read("a: |\n  one\n# less\n  # comment\nb: |\n  # no comment\n\n# end\n");
    EXPECT_EQ(read.root().find("a")->text, "one\n");
    EXPECT_EQ(read.root().find("b")->text, "# no comment\n");
}

TEST(YamlReaderTest, DocumentsAreSeparatedByDashes) {
    const Read read(
        "# comment\n---\na: 1\n--- # two\nb: 2\n...\n---\n---\n# nothing\n--- {c: 3}\n");
    EXPECT_EQ(read.report, "");
    ASSERT_EQ(read.documents.roots.size(), 3u);
    EXPECT_NE(read.root(2).find("c"), nullptr);
}

TEST(YamlReaderTest, AnchorsWithoutAliasAreHarmless) {
    const Read read("a: &x\n  b: &y 1\n");
    EXPECT_EQ(read.report, "");
    EXPECT_EQ(read.root().find("a")->find("b")->text, "1");
}

TEST(YamlReaderTest, MistakesThatLeaveTheTreeWholeAreAllReported) {
    const Read read("a: {{ x }}\na: !foo 1\nb: *c\n<<: 1\nd: 1\n");
    EXPECT_EQ(read.diagnostics.error_count(), 4u) << read.report;
    EXPECT_FALSE(read.documents.is_complete);
    // The alias has no anchor: this library stops there.
    const Read whole("x: &c 1\na: {{ x }}\na: !foo 1\nb: *c\n<<: 1\nd: 1\n");
    EXPECT_EQ(whole.diagnostics.error_count(), 5u) << whole.report;
    EXPECT_TRUE(whole.documents.is_complete);
    EXPECT_EQ(whole.root().find("d")->text, "1");
}

struct YamlErrorCase {
    const char *name, *text, *report;
};
class YamlErrorTest : public testing::TestWithParam<YamlErrorCase> {};

TEST_P(YamlErrorTest, PointsAtTheMistake) {
    EXPECT_EQ(Read(GetParam().text).report, GetParam().report);
}

constexpr YamlErrorCase kYamlErrors[] = {
    {"UnquotedSlot",
     "run:\n"
     "  response: {{ get('x') }} # note\n",
     "f.yaml:2:13: '{{ }}' without quotes is a map in YAML: quote the value [YAML_SYNTAX]\n"
     "  2 |   response: {{ get('x') }} # note\n"
     "    |             ^^^^^^^^^^^^^^\n"
     "  hint: write: response: \"{{ get('x') }}\" # note"},
    {"UnquotedSlotWithDoubleQuotes", "a: {{ get(\"x\") }} and 'more'\n",
     "f.yaml:1:4: '{{ }}' without quotes is a map in YAML: quote the value [YAML_SYNTAX]\n"
     "  1 | a: {{ get(\"x\") }} and 'more'\n"
     "    |    ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
     "  hint: write: a: '{{ get(\"x\") }} and ''more'''"},
    {"UnquotedSlotInAList", "params: [1, {{ get('x') }}, {{ y }}]\n",
     "f.yaml:1:13: '{{ }}' without quotes is a map in YAML: quote the value [YAML_SYNTAX]\n"
     "  1 | params: [1, {{ get('x') }}, {{ y }}]\n"
     "    |             ^^^^^^^^^^^^^^\n"
     "  hint: write: params: [1, \"{{ get('x') }}\", {{ y }}]\n"
     "\n"
     "f.yaml:1:29: '{{ }}' without quotes is a map in YAML: quote the value [YAML_SYNTAX]\n"
     "  1 | params: [1, {{ get('x') }}, {{ y }}]\n"
     "    |                             ^^^^^^^\n"
     "  hint: write: params: [1, {{ get('x') }}, \"{{ y }}\"]"},
    {"UnquotedSlotItem", "- {{ x }}\n",
     "f.yaml:1:3: '{{ }}' without quotes is a map in YAML: quote the value [YAML_SYNTAX]\n"
     "  1 | - {{ x }}\n"
     "    |   ^^^^^^^\n"
     "  hint: write: - \"{{ x }}\""},
    {"Alias",
     "a: &x 1\n"
     "b: *x\n",
     "f.yaml:2:4: YAML alias '*x' is not supported [YAML_SYNTAX]\n"
     "  2 | b: *x\n"
     "    |    ^^\n"
     "  hint: write the value out at this place"},
    {"AliasWithoutAnchor", "b: *x\n",
     "f.yaml:1:4: YAML alias '*x' is not supported [YAML_SYNTAX]\n"
     "  1 | b: *x\n"
     "    |    ^^\n"
     "  hint: write the value out at this place"},
    {"AliasCycle", "a: &x [1, *x]\n",
     "f.yaml:1:11: YAML alias '*x' is not supported [YAML_SYNTAX]\n"
     "  1 | a: &x [1, *x]\n"
     "    |           ^^\n"
     "  hint: write the value out at this place"},
    {"MergeKey",
     "a: 1\n"
     "<<: {b: 2}\n",
     "f.yaml:2:1: YAML merge key '<<' is not supported [YAML_SYNTAX]\n"
     "  2 | <<: {b: 2}\n"
     "    | ^^\n"
     "  hint: write the keys out"},
    {"DuplicateKey",
     "a: 1\n"
     "b: 2\n"
     "a: 3\n",
     "f.yaml:3:1: duplicate key 'a', first at line 1 [DUPLICATE_KEY]\n"
     "  3 | a: 3\n"
     "    | ^\n"
     "  hint: keep one of them"},
    {"DuplicateKeyOtherQuotes", "{a: 1, 'a': 2}\n",
     "f.yaml:1:8: duplicate key 'a', first at line 1 [DUPLICATE_KEY]\n"
     "  1 | {a: 1, 'a': 2}\n"
     "    |        ^^^\n"
     "  hint: keep one of them"},
    {"UnknownTag", "a: !env HOME\n",
     "f.yaml:1:4: unknown tag '!env' [NOT_SUPPORTED]\n"
     "  1 | a: !env HOME\n"
     "    |    ^^^^\n"
     "  hint: known tags: !expr, !text"},
    {"UnknownCollectionTag", "a: !!set {b}\n",
     "f.yaml:1:4: unknown tag '!!set' [NOT_SUPPORTED]\n"
     "  1 | a: !!set {b}\n"
     "    |    ^^^^^\n"
     "  hint: known tags: !expr, !text"},
    {"TagThatDoesNotFit", "a: !!int x\n",
     "f.yaml:1:10: 'x' is not of type 'int' [YAML_SYNTAX]\n"
     "  1 | a: !!int x\n"
     "    |          ^"},
    {"ListAsKey",
     "? [a]\n"
     ": b\n",
     "f.yaml:1:3: a key must be a text [YAML_SYNTAX]\n"
     "  1 | ? [a]\n"
     "    |   ^"},
    {"EmptyKey", ": x\n",
     "f.yaml:1:1: a key is missing before ':' [YAML_SYNTAX]\n"
     "  1 | : x\n"
     "    | ^"},
    {"TabIndentation",
     "a:\n"
     "	b: 1\n",
     "f.yaml:2:1: tab used as indentation [YAML_SYNTAX]\n"
     "  2 | 	b: 1\n"
     "    | ^\n"
     "  hint: indent with spaces"},
    {"TabAfterSpaces",
     "a:\n"
     "  b: 1\n"
     " 	c: 2\n",
     "f.yaml:3:2: tab used as indentation [YAML_SYNTAX]\n"
     "  3 |  	c: 2\n"
     "    |  ^\n"
     "  hint: indent with spaces"},
    {"TabBeforeDash",
     "a:\n"
     "	- 1\n",
     "f.yaml:2:1: tab used as indentation [YAML_SYNTAX]\n"
     "  2 | 	- 1\n"
     "    | ^\n"
     "  hint: indent with spaces"},
    {"TextBehindAList",
     "- a\n"
     "b: 1\n",
     "f.yaml:2:1: this text does not belong to the document above it [YAML_SYNTAX]\n"
     "  2 | b: 1\n"
     "    | ^^^^\n"
     "  hint: indent it to continue, or begin a new document with a line '---'"},
    {"TextBehindADocument",
     "a: 1\n"
     "...\n"
     "b: 1\n",
     "f.yaml:3:1: this text does not belong to the document above it [YAML_SYNTAX]\n"
     "  3 | b: 1\n"
     "    | ^^^^\n"
     "  hint: indent it to continue, or begin a new document with a line '---'"},
    {"TextBehindDots",
     "a: 1\n"
     "... b\n",
     "f.yaml:2:5: this text does not belong to the document above it [YAML_SYNTAX]\n"
     "  2 | ... b\n"
     "    |     ^\n"
     "  hint: indent it to continue, or begin a new document with a line '---'"},
    {"SecondDocumentInOneLine",
     "a: 1\n"
     "--- b: 2\n",
     "f.yaml:2:6: unexpected ':' [YAML_SYNTAX]\n"
     "  2 | --- b: 2\n"
     "    |      ^\n"
     "  hint: quote a text that contains ': ', and check the indentation here and above"},
    {"QuoteNeverClosed",
     "a: 'one\n"
     "b: 2\n",
     "f.yaml:1:4: the quote is never closed [YAML_SYNTAX]\n"
     "  1 | a: 'one\n"
     "    |    ^^^^\n"
     "  hint: add the closing quote"},
    {"DoubleQuoteNeverClosed", "a: \"one\\\"\n",
     "f.yaml:1:4: the quote is never closed [YAML_SYNTAX]\n"
     "  1 | a: \"one\\\"\n"
     "    |    ^^^^^^\n"
     "  hint: add the closing quote"},
    {"TextBehindAQuote", "a: 'x' y\n",
     "f.yaml:1:8: unexpected text after a value [YAML_SYNTAX]\n"
     "  1 | a: 'x' y\n"
     "    |        ^\n"
     "  hint: check the indentation, that a key ends with ':', and that nothing follows a "
     "closing quote"},
    {"ColonInAText", "a: b: c\n",
     "f.yaml:1:5: unexpected ':' [YAML_SYNTAX]\n"
     "  1 | a: b: c\n"
     "    |     ^\n"
     "  hint: quote a text that contains ': ', and check the indentation here and above"},
    {"KeyBelowAText",
     "a: 1\n"
     "  b: 2\n",
     "f.yaml:2:4: unexpected ':' [YAML_SYNTAX]\n"
     "  2 |   b: 2\n"
     "    |    ^\n"
     "  hint: quote a text that contains ': ', and check the indentation here and above"},
    {"LessIndentedBlock",
     "a: |\n"
     "    x\n"
     "  y\n"
     "b: 1\n",
     "f.yaml:3:3: unexpected text after a value [YAML_SYNTAX]\n"
     "  3 |   y\n"
     "    |   ^\n"
     "  hint: check the indentation, that a key ends with ':', and that nothing follows a "
     "closing quote"},
    {"ListNotClosed",
     "a: [1, 2\n"
     "b: 3\n",
     "f.yaml:1:4: '[' is not closed [YAML_SYNTAX]\n"
     "  1 | a: [1, 2\n"
     "    |    ^\n"
     "  hint: close it with ']'"},
    {"MapNotClosed",
     "a: {b: 1\n"
     "c: 2\n",
     "f.yaml:1:4: '{' is not closed [YAML_SYNTAX]\n"
     "  1 | a: {b: 1\n"
     "    |    ^\n"
     "  hint: close it with '}'"},
    {"IndexInAFlowMap", "a: {b: get('x')[0]}\n",
     "f.yaml:1:16: '[' ends an unquoted text inside '{' [YAML_SYNTAX]\n"
     "  1 | a: {b: get('x')[0]}\n"
     "    |                ^\n"
     "  hint: quote the text"},
    {"CoalesceInAFlowMap", "a: {b: get('x') ?? 1}\n",
     "f.yaml:1:17: '?' ends an unquoted text inside '{' [YAML_SYNTAX]\n"
     "  1 | a: {b: get('x') ?? 1}\n"
     "    |                 ^\n"
     "  hint: quote the text"},
    {"ConditionalInAFlowMap", "a: {b: get('x') ? 1 : 2}\n",
     "f.yaml:1:17: '?' ends an unquoted text inside '{' [YAML_SYNTAX]\n"
     "  1 | a: {b: get('x') ? 1 : 2}\n"
     "    |                 ^\n"
     "  hint: quote the text"},
    {"MemberOfNilInAFlowMap", "a: {b: get('x')?.y}\n",
     "f.yaml:1:16: '?' ends an unquoted text inside '{' [YAML_SYNTAX]\n"
     "  1 | a: {b: get('x')?.y}\n"
     "    |                ^\n"
     "  hint: quote the text"},
    {"ConditionalInAFlowList", "a: [b ? c : d]\n",
     "f.yaml:1:7: '?' ends an unquoted text inside '[' [YAML_SYNTAX]\n"
     "  1 | a: [b ? c : d]\n"
     "    |       ^\n"
     "  hint: quote the text"},
    {"ClosedTooOften", "a: [1]]\n",
     "f.yaml:1:7: closing bracket without an opening one [YAML_SYNTAX]\n"
     "  1 | a: [1]]\n"
     "    |       ^\n"
     "  hint: remove it or quote the text"},
    {"AtSign", "a: @x\n",
     "f.yaml:1:4: a text cannot begin with this character [YAML_SYNTAX]\n"
     "  1 | a: @x\n"
     "    |    ^\n"
     "  hint: quote the text"},
    {"Percent", "a: %x\n",
     "f.yaml:1:4: a text cannot begin with this character [YAML_SYNTAX]\n"
     "  1 | a: %x\n"
     "    |    ^\n"
     "  hint: quote the text"},
    {"BadEscape", "a: \"\\q\"\n",
     "f.yaml:1:7: unknown escape in double quotes [YAML_SYNTAX]\n"
     "  1 | a: \"\\q\"\n"
     "    |       ^\n"
     "  hint: write \\\\ for a backslash, or use single quotes"},
    {"TwoTags", "a: !text !expr x\n",
     "f.yaml:1:10: two tags on one value [YAML_SYNTAX]\n"
     "  1 | a: !text !expr x\n"
     "    |          ^\n"
     "  hint: keep one of them"},
    {"KeyWithoutColon",
     "a: 1\n"
     "foo\n",
     "f.yaml:2:1: unexpected text after a value [YAML_SYNTAX]\n"
     "  2 | foo\n"
     "    | ^\n"
     "  hint: check the indentation, that a key ends with ':', and that nothing follows a "
     "closing quote"},
    {"UnclosedAtTheEnd", "a: [[1",
     "f.yaml:1:5: '[' is not closed [YAML_SYNTAX]\n"
     "  1 | a: [[1\n"
     "    |     ^\n"
     "  hint: close it with ']'"},
    {"UnclosedMapAtTheEnd", "a: {b",
     "f.yaml:1:4: '{' is not closed [YAML_SYNTAX]\n"
     "  1 | a: {b\n"
     "    |    ^\n"
     "  hint: close it with '}'"},
    {"DashInAMap",
     "a: 1\n"
     "- b\n",
     "f.yaml:2:1: unexpected text after a value [YAML_SYNTAX]\n"
     "  2 | - b\n"
     "    | ^\n"
     "  hint: check the indentation, that a key ends with ':', and that nothing follows a "
     "closing quote"},
};
INSTANTIATE_TEST_SUITE_P(Cases, YamlErrorTest, testing::ValuesIn(kYamlErrors),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::workflow
