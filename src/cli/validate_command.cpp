#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <vector>

#include <fmt/core.h>

#include "commands.hpp"

namespace kdeps::cli {

namespace {

const char* kind_text(expr::TextKind kind) {
    switch (kind) {
        case expr::TextKind::Literal:
            return "text      ";
        case expr::TextKind::Expression:
            return "expression";
        case expr::TextKind::Template:
            return "template  ";
    }
    return "";
}

std::string one_line(const std::string& text) {
    const auto end = text.find('\n');
    return end == std::string::npos ? text : text.substr(0, end) + " ...";
}

std::string explanation_line(const engine::Explanation& item) {
    std::string why = item.verdict.reason;
    if (!item.sources.empty()) why += "; reads " + item.sources;
    if (!item.use.empty()) why += "; " + item.use;
    return fmt::format("{}:{}:{}: {}  {}  ({})\n", item.span.file, item.span.line, item.span.column,
                       kind_text(item.verdict.kind), one_line(item.text), why);
}

std::string explanations(const engine::Program& program) {
    std::vector<engine::Explanation> items = program.explanations();
    std::ranges::stable_sort(items, {}, [](const engine::Explanation& item) {
        return std::tuple(std::string_view(item.span.file), item.span.line, item.span.column);
    });
    std::string text;
    for (const engine::Explanation& item : items) text += explanation_line(item);
    return text;
}

}  // namespace

void write_output(const std::string& text) {
    const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (is_written && std::fflush(stdout) == 0) return;
    throw std::runtime_error(
        fmt::format("cannot write the output: {}", std::generic_category().message(errno)));
}

void print_diagnostics(const app::Loaded& loaded) {
    const std::string text = render(loaded.diagnostics, loaded.texts);
    if (!text.empty()) fmt::print(stderr, "{}\n", text);
}

int validate_command(const ValidateOptions& options) {
    app::Runtime runtime(null_sink());
    const app::Loaded loaded = app::load(options.path, {.strict = options.strict}, runtime);
    const app::Project& project = *loaded.project;
    if (options.explain) write_output(explanations(project.program()));
    print_diagnostics(loaded);
    if (!loaded.is_valid()) {
        const std::size_t count = loaded.diagnostics.error_count();
        fmt::print(stderr, "{}: {} {}\n", project.workflow().path, count,
                   count == 1 ? "error" : "errors");
        return kInvalidInput;
    }
    const workflow::Workflow& workflow = project.workflow();
    const std::string target =
        project.target().empty() ? "" : fmt::format(", target '{}'", project.target());
    std::string text =
        fmt::format("Validation successful: {}, {} resources, {} connections{}\n", workflow.path,
                    workflow.resources.size(), project.connections().all().size(), target);
    if (workflow.settings.api_server_mode) text += route_table(project);
    write_output(text);
    return kDone;
}

}  // namespace kdeps::cli
