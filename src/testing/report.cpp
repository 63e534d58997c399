#include "kdeps/testing/report.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "report_text.hpp"

namespace kdeps::testing {

namespace {

/// The text with each line indented.
std::string indented(std::string_view text, std::string_view indent) {
    std::string out;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        out += fmt::format("{}{}\n", indent, line);
    }
    return out;
}

std::string place(const SourceSpan& where) {
    return fmt::format("{}:{}", where.file, where.line);
}

/// As errors are shown: the message with its place, the line of the file, carets.
std::string mismatch_text(const Mismatch& mismatch, const SourceTexts& texts) {
    const SourceSpan& where = mismatch.where;
    std::string text =
        fmt::format("{}:{}: {}: {}\n", place(where), where.column, mismatch.path, mismatch.message);
    const std::string_view line = texts.line(where.file, where.line);
    if (line.empty()) return text;
    const std::string number = std::to_string(where.line);
    const auto column = static_cast<std::size_t>(where.column - 1);
    const auto length = static_cast<std::size_t>(std::max(where.length, 1));
    return text + fmt::format("  {} | {}\n  {} | {}{}\n", number, line,
                              std::string(number.size(), ' '), std::string(column, ' '),
                              std::string(length, '^'));
}

/// The body, cut where it is long.
std::string body_text(const std::string& body) {
    constexpr std::size_t kMost = 2000;
    if (body.size() <= kMost) return body;
    return fmt::format("{}...\n({} bytes)", std::string_view(body).substr(0, kMost), body.size());
}

std::string answer_text(const FailedStep& step) {
    std::string text = fmt::format("{} was answered {}", step.request, step.status);
    return text + (step.body.empty() ? "\n" : ":\n" + indented(body_text(step.body), "  "));
}

double seconds(std::chrono::microseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::string failure_text(const TestResult& result, const SourceTexts& texts) {
    std::string text;
    if (result.error) text += render(*result.error, texts) + "\n";
    if (result.failure) {
        for (const Mismatch& mismatch : result.failure->mismatches) {
            text += mismatch_text(mismatch, texts);
        }
        text += answer_text(*result.failure);
    }
    for (const std::string& line : result.log) text += "log: " + line + "\n";
    return text;
}

std::string failure_line(const TestResult& result) {
    if (result.error) return result.error->what();
    const Mismatch& first = result.failure->mismatches.front();
    return first.path + ": " + first.message;
}

std::string report(const TestResult& result, const SourceTexts& texts) {
    const Test& test = *result.test;
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(result.duration);
    const std::string line =
        fmt::format("{}  {}: {} ({} ms)\n", result.has_passed() ? "ok  " : "FAIL", place(test.span),
                    test.name, millis.count());
    return result.has_passed() ? line : line + indented(failure_text(result, texts), "  ");
}

std::string summary(std::span<const TestResult> results, std::chrono::microseconds duration) {
    const auto passed =
        static_cast<std::size_t>(std::ranges::count_if(results, &TestResult::has_passed));
    return fmt::format("{} {}: {} passed, {} failed ({:.2f} s)\n", results.size(),
                       results.size() == 1 ? "test" : "tests", passed, results.size() - passed,
                       seconds(duration));
}

}  // namespace kdeps::testing
