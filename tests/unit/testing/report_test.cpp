#include "kdeps/testing/report.hpp"

#include <array>

#include <gtest/gtest.h>

namespace kdeps::testing {
namespace {

using namespace std::chrono_literals;

class ReportTest : public ::testing::Test {
 protected:
    ReportTest() {
        texts.add("t.yaml", "- name: a\n  status: 200\n");
        passed.name = "passes <&>";
        failed.name = "fails";
        broken.name = "breaks";
        for (testing::Test* test : {&passed, &failed, &broken}) test->span = {.file = "t.yaml"};
        results[0].test = &passed;
        results[1].test = &failed;
        results[1].duration = 2ms;
        results[1].failure = {
            .request = "GET /a",
            .status = 500,
            .body = "no\x01",
            .mismatches = {{{.file = "t.yaml", .line = 2, .column = 11, .length = 3},
                            "status",
                            "expected 200, found 500"}}};
        results[2].test = &broken;
        results[2].error = Error(ErrorCode::QueryFailed, "no such table");
        results[2].log = {"a line"};
    }

    SourceTexts texts;
    testing::Test passed, failed, broken;
    std::array<TestResult, 3> results;
};

TEST_F(ReportTest, TellsWhatDiffersAndWhere) {
    EXPECT_EQ(report(results[0], texts), "ok    t.yaml:1: passes <&> (0 ms)\n");
    EXPECT_EQ(report(results[1], texts),
              "FAIL  t.yaml:1: fails (2 ms)\n"
              "  t.yaml:2:11: status: expected 200, found 500\n"
              "    2 |   status: 200\n"
              "      |           ^^^\n"
              "  GET /a was answered 500:\n"
              "    no\x01\n");
    EXPECT_EQ(report(results[2], texts),
              "FAIL  t.yaml:1: breaks (0 ms)\n"
              "  no such table [QUERY_FAILED]\n"
              "  log: a line\n");
}

TEST_F(ReportTest, CountsTests) {
    EXPECT_EQ(summary(results, 1500ms), "3 tests: 1 passed, 2 failed (1.50 s)\n");
    EXPECT_EQ(summary(std::span(results).first(1), 0ms), "1 test: 1 passed, 0 failed (0.00 s)\n");
}

TEST_F(ReportTest, WritesWhatXmlCanHold) {
    const std::string xml = junit_xml(results, "a \"b\"", texts);
    EXPECT_EQ(xml.substr(0, xml.find("      <failure")),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<testsuites name=\"a &quot;b&quot;\" tests=\"3\" failures=\"1\" errors=\"1\" "
              "time=\"0.002\">\n"
              "  <testsuite name=\"t.yaml\" tests=\"3\" failures=\"1\" errors=\"1\" "
              "time=\"0.002\">\n"
              "    <testcase classname=\"t.yaml\" name=\"passes &lt;&amp;&gt;\" file=\"t.yaml\" "
              "line=\"1\" time=\"0.000\"/>\n"
              "    <testcase classname=\"t.yaml\" name=\"fails\" file=\"t.yaml\" line=\"1\" "
              "time=\"0.002\">\n");
    EXPECT_NE(xml.find("<failure message=\"status: expected 200, found 500\">"), xml.npos);
    EXPECT_NE(xml.find("no\uFFFD&#10;</failure>"), xml.npos);
    EXPECT_NE(xml.find("<error message=\"no such table\">no such table [QUERY_FAILED]"), xml.npos);
}

}  // namespace
}  // namespace kdeps::testing
