#include "kdeps/workflow/schema.hpp"

#include <string>

#include <gtest/gtest.h>

#include "source_text.hpp"
#include "yaml_reader.hpp"

namespace kdeps::workflow {
namespace {

const KindSchema& inner_schema() {
    static const KindSchema schema{
        "thing.inner",
        "",
        {{.name = "size", .type = FieldType::Integer, .help = "how large", .required = true}}};
    return schema;
}

const KindSchema& thing_schema() {
    static const KindSchema schema{
        "thing",
        "",
        {
            {.name = "text", .type = FieldType::Text, .help = "words"},
            {.name = "count",
             .type = FieldType::Integer,
             .help = "how many",
             .minimum = 1,
             .maximum = 9},
            {.name = "least", .type = FieldType::Integer, .help = "how few", .minimum = 0},
            {.name = "flag", .type = FieldType::Boolean, .help = "whether"},
            {.name = "status",
             .type = FieldType::Integer,
             .help = "a number",
             .minimum = 100,
             .maximum = 599,
             .or_expression = true},
            {.name = "timeout",
             .type = FieldType::Duration,
             .help = "how long",
             .aliases = {"timeoutDuration"},
             .minimum = 1,
             .maximum = 60'000},
            {.name = "bytes", .type = FieldType::ByteSize, .help = "how much", .minimum = 1},
            {.name = "format",
             .type = FieldType::Choice,
             .help = "which",
             .choices = {"json", "csv", "table"}},
            {.name = "names", .type = FieldType::TextList, .help = "who"},
            {.name = "headers", .type = FieldType::TextMap, .help = "what"},
            {.name = "inner", .type = FieldType::Map, .help = "parts", .nested = &inner_schema()},
            {.name = "list",
             .type = FieldType::MapList,
             .help = "parts",
             .nested = &inner_schema()},
            {.name = "anything", .type = FieldType::Any, .help = "all"},
            {.name = "later",
             .type = FieldType::Any,
             .help = "do it otherwise",
             .support = Support::Refused},
            {.name = "idle",
             .type = FieldType::Any,
             .help = "leave it out",
             .support = Support::Warned},
            {.name = "quiet", .type = FieldType::Any, .help = "", .support = Support::Ignored},
        }};
    return schema;
}

struct Checked {
    explicit Checked(const std::string& text) : source("f.yaml", text) {
        documents = read_yaml(source, diagnostics);
        fields = check_fields(*documents.roots.at(0), thing_schema(), diagnostics);
        texts.add("f.yaml", text);
        report = render(diagnostics, texts);
    }
    SourceText source;
    Diagnostics diagnostics;
    SourceTexts texts;
    Documents documents;
    Fields fields;
    std::string report;
};

TEST(FieldsTest, GiveTypedValues) {
    const Checked checked(
        "text: 12\ncount: \"5\"\nleast: 0x0F\nflag: yes\ntimeoutDuration: 30s\nbytes: 64KiB\n"
        "format: csv\nnames: [a, 1]\nheaders: {X-A: b}\ninner: {size: 1}\nlist: [{size: 2}]\n"
        "anything: ~\nquiet: 1\n");
    const Fields& fields = checked.fields;
    EXPECT_EQ(checked.report, "");
    EXPECT_EQ(fields.text("text"), "12");
    EXPECT_EQ(fields.integer("count"), 5);
    EXPECT_EQ(fields.integer("least"), 15);
    EXPECT_EQ(fields.flag("flag"), true);
    EXPECT_EQ(fields.duration("timeout"), std::chrono::seconds(30));
    EXPECT_EQ(fields.byte_size("bytes"), 65536u);
    EXPECT_EQ(fields.text_list("names"), (std::vector<std::string>{"a", "1"}));
    EXPECT_EQ(fields.map("inner")->integer("size"), 1);
    ASSERT_EQ(fields.map_list("list").size(), 1u);
    EXPECT_EQ(fields.map_list("list")[0].integer("size"), 2);
    ASSERT_NE(fields.find("anything"), nullptr);
    EXPECT_TRUE(fields.find("anything")->is_null());
}

TEST(FieldsTest, AbsentAndNullFieldsHaveNoValue) {
    const Checked checked("text:\nlist: ~\n");
    EXPECT_EQ(checked.report, "");
    EXPECT_EQ(checked.fields.find("text"), nullptr);
    EXPECT_EQ(checked.fields.text("text"), std::nullopt);
    EXPECT_EQ(checked.fields.integer("count"), std::nullopt);
    EXPECT_TRUE(checked.fields.map_list("list").empty());
    EXPECT_EQ(checked.fields.find("no such field"), nullptr);
    EXPECT_EQ(Fields().find("text"), nullptr);
}

TEST(FieldsTest, ASingleTextIsAListOfOne) {
    EXPECT_EQ(Checked("names: a").fields.text_list("names"), std::vector<std::string>{"a"});
}

TEST(FieldsTest, TextStandsForAnExpressionWhereOneIsAllowed) {
    EXPECT_EQ(Checked("status: get('status')").report, "");
    EXPECT_NE(Checked("status: 1000").report, "");
    EXPECT_NE(Checked("count: get('status')").report, "");
}

TEST(FieldsTest, UnsupportedKeysThatAreOffAreFine) {
    EXPECT_EQ(Checked("later: false\nidle: []").report, "");
}

struct FieldErrorCase {
    const char *name, *text, *report;
};
class FieldErrorTest : public testing::TestWithParam<FieldErrorCase> {};

TEST_P(FieldErrorTest, SaysWhatWasExpected) {
    EXPECT_EQ(Checked(GetParam().text).report, GetParam().report);
}

constexpr FieldErrorCase kFieldErrors[] = {
    {"UnknownKey", "coutn: 1\n",
     "warning: f.yaml:1:1: unknown key 'coutn' in thing [UNKNOWN_KEY]\n"
     "  1 | coutn: 1\n"
     "    | ^^^^^\n"
     "  hint: did you mean 'count'?"},
    {"UnknownKeyFarFromAll", "zzzzzz: 1\n",
     "warning: f.yaml:1:1: unknown key 'zzzzzz' in thing [UNKNOWN_KEY]\n"
     "  1 | zzzzzz: 1\n"
     "    | ^^^^^^\n"
     "  hint: known: text, count, least, flag, status, timeout, bytes, format, names, headers, "
     "..."},
    {"MissingField", "inner: {}\n",
     "f.yaml:1:8: missing 'size' in thing.inner [MISSING_FIELD]\n"
     "  1 | inner: {}\n"
     "    |        ^\n"
     "  hint: size: how large"},
    {"MissingFieldInAList",
     "list:\n"
     "  - size: 1\n"
     "  - other: 2\n",
     "warning: f.yaml:3:5: unknown key 'other' in thing.inner [UNKNOWN_KEY]\n"
     "  3 |   - other: 2\n"
     "    |     ^^^^^\n"
     "  hint: known: size\n"
     "\n"
     "f.yaml:3:5: missing 'size' in thing.inner [MISSING_FIELD]\n"
     "  3 |   - other: 2\n"
     "    |     ^^^^^\n"
     "  hint: size: how large"},
    {"ListAsText", "text: [a]\n",
     "f.yaml:1:7: 'text' in thing must be a text, not a list [INVALID_VALUE]\n"
     "  1 | text: [a]\n"
     "    |       ^"},
    {"TextAsNumber", "count: many\n",
     "f.yaml:1:8: 'count' in thing must be a whole number, not 'many' [INVALID_VALUE]\n"
     "  1 | count: many\n"
     "    |        ^^^^"},
    {"FractionAsNumber", "count: 1.5\n",
     "f.yaml:1:8: 'count' in thing must be a whole number, not '1.5' [INVALID_VALUE]\n"
     "  1 | count: 1.5\n"
     "    |        ^^^"},
    {"HugeNumber", "count: 99999999999999999999\n",
     "f.yaml:1:8: 'count' in thing must be a whole number, not '99999999999999999999' "
     "[INVALID_VALUE]\n"
     "  1 | count: 99999999999999999999\n"
     "    |        ^^^^^^^^^^^^^^^^^^^^"},
    {"TooLarge", "count: 10\n",
     "f.yaml:1:8: 'count' in thing must be between 1 and 9, not '10' [INVALID_VALUE]\n"
     "  1 | count: 10\n"
     "    |        ^^"},
    {"TooSmall", "least: -1\n",
     "f.yaml:1:8: 'least' in thing must be at least 0, not '-1' [INVALID_VALUE]\n"
     "  1 | least: -1\n"
     "    |        ^^"},
    {"TextAsFlag", "flag: maybe\n",
     "f.yaml:1:7: 'flag' in thing must be true or false, not 'maybe' [INVALID_VALUE]\n"
     "  1 | flag: maybe\n"
     "    |       ^^^^^"},
    {"NumberAsDuration", "timeout: 30\n",
     "f.yaml:1:10: 'timeout' in thing must be a duration, not '30' [INVALID_VALUE]\n"
     "  1 | timeout: 30\n"
     "    |          ^^\n"
     "  hint: durations have a unit: 300ms, 30s, 5m, 1h30m"},
    {"ZeroDuration", "timeout: 0s\n",
     "f.yaml:1:10: 'timeout' in thing must be longer than 0s, not '0s' [INVALID_VALUE]\n"
     "  1 | timeout: 0s\n"
     "    |          ^^"},
    {"LongDuration", "timeout: 2m\n",
     "f.yaml:1:10: 'timeout' in thing must be at most 1m, not '2m' [INVALID_VALUE]\n"
     "  1 | timeout: 2m\n"
     "    |          ^^"},
    {"TextAsBytes", "bytes: much\n",
     "f.yaml:1:8: 'bytes' in thing must be a size in bytes, not 'much' [INVALID_VALUE]\n"
     "  1 | bytes: much\n"
     "    |        ^^^^\n"
     "  hint: for example 512KiB or 64MiB"},
    {"UnknownChoice", "format: cvs\n",
     "f.yaml:1:9: 'format' in thing must be one of json, csv, table, not 'cvs' [INVALID_VALUE]\n"
     "  1 | format: cvs\n"
     "    |         ^^^\n"
     "  hint: did you mean 'csv'?"},
    {"ListAsChoice", "format: [csv]\n",
     "f.yaml:1:9: 'format' in thing must be one of json, csv, table, not a list [INVALID_VALUE]\n"
     "  1 | format: [csv]\n"
     "    |         ^"},
    {"MapAsTextList", "names: {a: b}\n",
     "f.yaml:1:8: 'names' in thing must be a list of texts, not a map [INVALID_VALUE]\n"
     "  1 | names: {a: b}\n"
     "    |        ^"},
    {"MapInATextList", "names: [a, {b: c}]\n",
     "f.yaml:1:12: an item of 'names' in thing must be a text, not a map [INVALID_VALUE]\n"
     "  1 | names: [a, {b: c}]\n"
     "    |            ^"},
    {"ListInATextMap", "headers: {X-A: [b]}\n",
     "f.yaml:1:16: 'X-A' in headers of thing must be a text, not a list [INVALID_VALUE]\n"
     "  1 | headers: {X-A: [b]}\n"
     "    |                ^"},
    {"TextAsMap", "inner: x\n",
     "f.yaml:1:8: 'inner' in thing must be a map, not a text [INVALID_VALUE]\n"
     "  1 | inner: x\n"
     "    |        ^"},
    {"TextAsMapList", "list: x\n",
     "f.yaml:1:7: 'list' in thing must be a list of maps, not a text [INVALID_VALUE]\n"
     "  1 | list: x\n"
     "    |       ^"},
    {"TextInAMapList", "list: [x]\n",
     "f.yaml:1:8: 'list' in thing must be a map, not a text [INVALID_VALUE]\n"
     "  1 | list: [x]\n"
     "    |        ^"},
    {"TextAsThing", "x\n",
     "f.yaml:1:1: thing must be a map, not a text [INVALID_VALUE]\n"
     "  1 | x\n"
     "    | ^"},
    {"NameAndAlias",
     "timeout: 1s\n"
     "timeoutDuration: 2s\n",
     "f.yaml:2:1: 'timeout' and 'timeoutDuration' in thing are the same setting [DUPLICATE_KEY]\n"
     "  2 | timeoutDuration: 2s\n"
     "    | ^^^^^^^^^^^^^^^\n"
     "  hint: keep 'timeout'"},
    {"Refused", "later: 1\n",
     "f.yaml:1:1: 'later' in thing is not supported [NOT_SUPPORTED]\n"
     "  1 | later: 1\n"
     "    | ^^^^^\n"
     "  hint: do it otherwise"},
    {"Warned", "idle: [1]\n",
     "warning: f.yaml:1:1: 'idle' in thing has no effect [NOT_SUPPORTED]\n"
     "  1 | idle: [1]\n"
     "    | ^^^^\n"
     "  hint: leave it out"},
    {"LongTextIsNotRepeated", "count: this text is much too long to be repeated\n",
     "f.yaml:1:8: 'count' in thing must be a whole number, not this text [INVALID_VALUE]\n"
     "  1 | count: this text is much too long to be repeated\n"
     "    |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"},
};
INSTANTIATE_TEST_SUITE_P(Cases, FieldErrorTest, testing::ValuesIn(kFieldErrors),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace kdeps::workflow
