// Input that was made to hurt: it must be refused quickly, with a place, and never crash.

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "loading.hpp"
#include "source_text.hpp"
#include "yaml_reader.hpp"

namespace kdeps::workflow::test {
namespace {

std::string repeated(const std::string& part, std::size_t count) {
    std::string text;
    text.reserve(part.size() * count);
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
}

/// The first error of a text that is read as one file, without source lines.
std::string first_error(const std::string& text) {
    const SourceText source("f.yaml", text);
    Diagnostics diagnostics;
    (void)read_yaml(source, diagnostics);
    return diagnostics.all().empty() ? "" : render(diagnostics.all().front().error);
}

/// The first error of a file with these bytes.
std::string first_error_of_bytes(const std::string& bytes) {
    const kdeps::test::TempDir folder;
    const std::string path = folder.write("f.yaml", bytes);
    Diagnostics diagnostics;
    const auto source = read_source(path, "f.yaml", diagnostics);
    EXPECT_EQ(source.has_value(), diagnostics.all().empty());
    return diagnostics.all().empty() ? "" : render(diagnostics.all().front().error);
}

TEST(HostileInputTest, Depth) {
    const std::string message = "nested deeper than 100 levels [YAML_SYNTAX]";
    EXPECT_EQ(first_error(repeated("[", 200) + repeated("]", 200)), "f.yaml:1:101: " + message);
    EXPECT_EQ(first_error(repeated("- ", 100'000)), "f.yaml:1:201: " + message);
    for (const char* part : {"[", "{a: ", "? ", "[{"}) {
        EXPECT_NE(first_error(repeated(part, 50'000)).find(message), std::string::npos) << part;
    }
    EXPECT_EQ(first_error(repeated("[", 100) + repeated("]", 100)), "");
}

TEST(HostileInputTest, ManyValues) {
    EXPECT_EQ(first_error("[" + repeated("a,", 99'998) + "a]"), "");
    EXPECT_EQ(first_error("[" + repeated("a,", 110'000) + "]"),
              "f.yaml:1:200002: the file has more than 100,000 values [YAML_SYNTAX]\n"
              "  hint: split it");
}

TEST(HostileInputTest, ManyDocuments) {
    EXPECT_NE(first_error(repeated("--- a\n", 100'001)), "");
    EXPECT_EQ(first_error(repeated("---\n", 1000)), "");
}

TEST(HostileInputTest, AliasBomb) {
    std::string bomb = "a0: &a0 x\n";
    for (int i = 1; i < 20; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + ", " + last +
                "]\n";
    }
    EXPECT_EQ(first_error(bomb),
              "f.yaml:2:10: YAML alias '*a0' is not supported [YAML_SYNTAX]\n"
              "  hint: write the value out at this place");
}

TEST(HostileInputTest, ManyKeysOfOneName) {
    const SourceText source("f.yaml", repeated("a: 1\n", 5'000));
    Diagnostics diagnostics;
    (void)read_yaml(source, diagnostics);
    EXPECT_EQ(diagnostics.error_count(), 4'999u);
}

TEST(HostileInputTest, HugeScalarsAndLines) {
    const std::string huge = repeated("x", 300'000);
    EXPECT_EQ(first_error("a: " + huge), "");
    EXPECT_EQ(first_error("a: \"" + huge + "\""), "");
    EXPECT_EQ(first_error("a: |\n  " + huge), "");
    EXPECT_NE(first_error("a: '" + huge), "");
    EXPECT_EQ(first_error("{" + huge + ": 1}").substr(0, 7), "f.yaml:") << "keys have a limit";
}

struct BytesCase {
    const char* name;
    std::string bytes, report;
};
class BytesTest : public testing::TestWithParam<BytesCase> {};

TEST_P(BytesTest, AreCheckedFirst) {
    EXPECT_EQ(first_error_of_bytes(GetParam().bytes), GetParam().report);
}

const BytesCase kBytes[] = {
    {"Fine", "a: \xC3\xA4\t\r\n", ""},
    {"Nul", std::string("a: 1\nb: \0\n", 10),
     "f.yaml:2:4: control character U+0000 [YAML_SYNTAX]\n"
     "  hint: remove it, or write it as an escape in double quotes"},
    {"Escape", "\xC3\xA4: \x1B[31m",
     "f.yaml:1:4: control character U+001B [YAML_SYNTAX]\n"
     "  hint: remove it, or write it as an escape in double quotes"},
    {"C1", "a: \xC2\x9B",
     "f.yaml:1:4: control character U+009B [YAML_SYNTAX]\n"
     "  hint: remove it, or write it as an escape in double quotes"},
    {"LoneCarriageReturn", "a: 1\rb: 2",
     "f.yaml:1:5: carriage return without line feed [YAML_SYNTAX]\n"
     "  hint: end lines with LF or CR LF"},
    {"Latin1", "a: \xE4 b",
     "f.yaml:1:4: byte 0xE4 is not valid UTF-8 [YAML_SYNTAX]\n"
     "  hint: save the file as UTF-8"},
    {"Overlong", "a: \xC0\x80",
     "f.yaml:1:4: byte 0xC0 is not valid UTF-8 [YAML_SYNTAX]\n"
     "  hint: save the file as UTF-8"},
    {"Surrogate", "\xED\xA0\x80",
     "f.yaml:1:1: byte 0xED is not valid UTF-8 [YAML_SYNTAX]\n"
     "  hint: save the file as UTF-8"},
    {"Utf16",
     std::string("\xFF\xFE"
                 "a\0:\0",
                 6),
     "f.yaml:1:1: byte 0xFF is not valid UTF-8 [YAML_SYNTAX]\n"
     "  hint: save the file as UTF-8"},
    {"TooLarge", std::string((1u << 20) + 1, ' '),
     "f.yaml:1:1: the file is larger than 1 MiB [YAML_SYNTAX]\n"
     "  hint: split it: every file in resources/ is read"},
    {"JustFits", std::string(1u << 20, ' '), ""},
};
INSTANTIATE_TEST_SUITE_P(Cases, BytesTest, testing::ValuesIn(kBytes),
                         [](const auto& c) { return std::string(c.param.name); });

constexpr const char* kSeed = R"yaml(apiVersion: kdeps.io/v1
kind: Workflow
metadata: {name: fuzz, version: "1.0.0", targetActionId: results}
settings:
  apiServer:
    portNum: 3000
    auth: {token: "${KDEPS_NO_SUCH_VARIABLE:-x}"}
    routes:
      - path: /api/v1/data
        methods: [GET, POST]
  sqlConnections:
    analytics: # comment
      connection: 'postgres://user:pass@localhost:5432/analytics'
      pool: {maxConnections: 10, maxIdleTime: 30m}
---
actionId: query
sql:
  connectionName: analytics
  query: |
    SELECT *
      FROM t WHERE a = {{ get('x') }}
  paramsBatch: [[1, "two"], [!expr x, ~]]
---
metadata:
  actionId: results
  requires: [query]
run:
  onError: {action: retry, maxRetries: 3, retryDelay: 1s}
  apiResponse:
    success: true
    response: {a: get('query'), b: "{{ x }}", c: <span v-pre>"d"</span>}
)yaml";

/// One random change: a byte, a deletion, a copied piece, or a piece that means something in YAML.
std::string mutated(std::string text, std::mt19937& random) {
    static const std::string kPieces[] = {
        "{{", "}}", ": ", "- ",  "\n", "---\n", "\t",   "[",  "]", "{",  "}",       "'",
        "\"", "|",  ">",  "&a ", "*a", "!x ",   "<<: ", "? ", "#", "${", "\xC3\xA4"};
    const auto below = [&random](std::size_t bound) {
        return static_cast<std::size_t>(random()) % (bound == 0 ? 1 : bound);
    };
    const std::size_t at = below(text.size());
    switch (below(5)) {
        case 0:
            if (!text.empty()) text[at] = static_cast<char>(random() & 0xFF);
            break;
        case 1:
            text.erase(at, below(20));
            break;
        case 2:
            text.insert(below(text.size()), text.substr(at, below(40)));
            break;
        case 3:
            text.insert(at, kPieces[below(std::size(kPieces))]);
            break;
        default:
            text.insert(at, repeated(" ", below(6)));
    }
    return text;
}

TEST(HostileInputTest, RandomChangesNeverCrash) {
    std::mt19937 random(20240115);
    const kdeps::test::TempDir folder;
    constexpr std::size_t kRounds = 500;
    std::size_t clean = 0;
    for (std::size_t round = 0; round < kRounds; ++round) {
        std::string text = kSeed;
        const std::size_t changes = 1 + random() % 6;
        for (std::size_t i = 0; i < changes; ++i) text = mutated(std::move(text), random);
        const std::string path = folder.write("workflow.yaml", text);
        Diagnostics diagnostics;
        SourceTexts texts;
        const Workflow workflow = load(path, small_grammar(), {}, diagnostics, texts);
        const std::string report = render(diagnostics, texts);
        EXPECT_EQ(report.empty(), diagnostics.all().empty());
        for (const Diagnostic& found : diagnostics.all()) {
            ASSERT_TRUE(found.error.detail().where.has_value()) << found.error.what();
            EXPECT_FALSE(found.error.detail().where->file.empty()) << found.error.what();
        }
        if (diagnostics.error_count() == 0) ++clean;
    }
    EXPECT_GT(clean, 0u) << "some changes are harmless";
    EXPECT_LT(clean, kRounds);
}

}  // namespace
}  // namespace kdeps::workflow::test
