// The XML that CI servers read. There is no standard; these are the elements and attributes that
// Jenkins, GitLab and GitHub's actions understand.
#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/testing/report.hpp"

#include "report_text.hpp"

namespace kdeps::testing {

namespace {

/// XML 1.0 has no way to write most control characters, and takes UTF-8 alone.
void append_escaped(std::string_view text, std::string& out) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        const std::string_view letter = text.substr(0, std::max<std::size_t>(length, 1));
        text.remove_prefix(letter.size());
        const char c = letter.front();
        const bool is_control =
            static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r';
        if (length == 0 || is_control || letter == "\uFFFE" || letter == "\uFFFF") {
            out += "\uFFFD";
        } else if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else if (c == '"') {
            out += "&quot;";
        } else if (c == '\n' || c == '\r' || c == '\t') {
            out += fmt::format("&#{};", static_cast<int>(c));  // attributes would make it a space
        } else {
            out += letter;
        }
    }
}

std::string escaped(std::string_view text) {
    std::string out;
    append_escaped(text, out);
    return out;
}

struct Totals {
    std::size_t failures = 0;
    std::size_t errors = 0;
    double seconds = 0;
};

Totals totals_of(std::span<const TestResult* const> results) {
    Totals totals;
    for (const TestResult* result : results) {
        if (result->error) {
            ++totals.errors;
        } else if (result->failure) {
            ++totals.failures;
        }
        totals.seconds += std::chrono::duration<double>(result->duration).count();
    }
    return totals;
}

std::string attributes(std::span<const TestResult* const> results) {
    const Totals totals = totals_of(results);
    return fmt::format(R"(tests="{}" failures="{}" errors="{}" time="{:.3f}")", results.size(),
                       totals.failures, totals.errors, totals.seconds);
}

std::string test_element(const TestResult& result, const SourceTexts& texts) {
    const Test& test = *result.test;
    std::string text =
        fmt::format(R"(    <testcase classname="{}" name="{}" file="{}" line="{}" time="{:.3f}")",
                    escaped(test.span.file), escaped(test.name), escaped(test.span.file),
                    test.span.line, std::chrono::duration<double>(result.duration).count());
    if (result.has_passed()) return text + "/>\n";
    const char* element = result.error ? "error" : "failure";
    return text + fmt::format(">\n      <{0} message=\"{1}\">{2}</{0}>\n    </testcase>\n", element,
                              escaped(failure_line(result)), escaped(failure_text(result, texts)));
}

}  // namespace

std::string junit_xml(std::span<const TestResult> results, const std::string& name,
                      const SourceTexts& texts) {
    std::vector<const TestResult*> all;
    for (const TestResult& result : results) all.push_back(&result);
    std::string text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"{}\" {}>\n",
        escaped(name), attributes(all));
    for (auto begin = all.begin(); begin != all.end();) {
        const std::string& file = (*begin)->test->span.file;
        const auto end = std::find_if(begin, all.end(), [&](const TestResult* result) {
            return result->test->span.file != file;
        });
        const std::span<const TestResult* const> suite(begin, end);
        text += fmt::format("  <testsuite name=\"{}\" {}>\n", escaped(file), attributes(suite));
        for (const TestResult* result : suite) text += test_element(*result, texts);
        text += "  </testsuite>\n";
        begin = end;
    }
    return text + "</testsuites>\n";
}

}  // namespace kdeps::testing
