#include <cstdio>

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

void print_explanations(const engine::Program& program) {
    for (const engine::Explanation& item : program.explanations()) {
        fmt::print("{}:{}:{}: {}  {}  ({})\n", item.span.file, item.span.line, item.span.column,
                   kind_text(item.verdict.kind), one_line(item.text), item.verdict.reason);
    }
}

}  // namespace

void print_diagnostics(const app::Project& project) {
    const std::string text = render(project.diagnostics(), project.texts());
    if (!text.empty()) fmt::print(stderr, "{}\n", text);
}

void print_error(const Error& error, const SourceTexts& texts) {
    fmt::print(stderr, "{}\n", render(error, texts));
    const std::string& context = error.detail().context;
    if (!context.empty()) fmt::print(stderr, "{}{}", context, context.ends_with('\n') ? "" : "\n");
}

int validate_command(const ValidateOptions& options) {
    const app::Project project(options.path, {.strict = options.strict}, null_sink());
    if (options.explain) print_explanations(project.program());
    print_diagnostics(project);
    if (!project.is_valid()) {
        const std::size_t count = project.diagnostics().error_count();
        fmt::print(stderr, "{}: {} {}\n", project.workflow().path, count,
                   count == 1 ? "error" : "errors");
        return kInvalidInput;
    }
    const workflow::Workflow& workflow = project.workflow();
    fmt::print("Validation successful: {}, {} resources, {} connections, target '{}'\n",
               workflow.path, workflow.resources.size(), project.connections().all().size(),
               workflow.target);
    return kDone;
}

}  // namespace kdeps::cli
