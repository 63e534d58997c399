#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "kdeps/base/text.hpp"
#include "kdeps/engine/run_context.hpp"
#include "kdeps/resources/kinds.hpp"
#include "kdeps/worker/worker_pool.hpp"

namespace kdeps::resources {

namespace {

using engine::CompileContext;
using engine::Output;
using engine::RunContext;
using workflow::Fields;
using workflow::FieldType;
using workflow::Node;

/// A python resource, compiled.
struct PythonPlan {
    worker::Script script;
    std::vector<expr::Expression> slots;
    std::vector<std::string> prefetched;  ///< Literal names the script calls get() with.
    std::vector<expr::Text> arguments;
};

constexpr const char* kStdout = "python.stdout";
constexpr const char* kStderr = "python.stderr";
constexpr const char* kExitCode = "python.exitCode";

void set_facets(RunContext& context, worker::ProcessOutput process) {
    context.set_facets({{kStdout, std::move(process.standard_output)},
                        {kStderr, std::move(process.standard_error)},
                        {kExitCode, process.exit_code}});
}

/// Answers a script's get(), set(), info() ... with the run's own functions.
class ScriptHost final : public worker::CallHost {
 public:
    explicit ScriptHost(RunContext& context) : context_(context) {}

    Value ask(const std::string& function, const std::vector<Value>& arguments) override {
        using F = expr::WorldFunction;
        static const std::pair<const char*, F> kFunctions[] = {
            {"get", F::Get},       {"set", F::Set}, {"info", F::Info},      {"input", F::Input},
            {"output", F::Output}, {"env", F::Env}, {"session", F::Session}};
        for (const auto& [name, world] : kFunctions) {
            if (function == name) return context_.call(world, arguments);
        }
        throw Error(ErrorCode::PythonFailed, fmt::format("a script cannot call '{}'", function));
    }
    void script_failed(worker::ProcessOutput process) override {
        set_facets(context_, std::move(process));
    }

 private:
    RunContext& context_;
};

class PythonStep final : public engine::Step {
 public:
    PythonStep(PythonPlan plan, std::shared_ptr<worker::WorkerPool> workers)
        : plan_(std::move(plan)), workers_(std::move(workers)) {}

    Output run(RunContext& context) const override {
        worker::Call call{.script = &plan_.script,
                          .slots = {},
                          .prefetched = {},
                          .request = context.request_value(),
                          .input = context.input_value(),
                          .arguments = {}};
        for (const auto& slot : plan_.slots) call.slots.push_back(slot.evaluate(context));
        for (const std::string& name : plan_.prefetched) {
            call.prefetched.emplace_back(name, context.find(name).value_or(Value()));
        }
        for (const auto& text : plan_.arguments) {
            call.arguments.push_back(to_text(text.evaluate(context)));
        }
        ScriptHost host(context);
        worker::CallResult result = workers_->call(call, host, context.deadline(), context.stop());
        set_facets(context, std::move(result.process));
        return {.value = std::move(result.value)};
    }

 private:
    PythonPlan plan_;
    std::shared_ptr<worker::WorkerPool> workers_;
};

/// Reads the fields of one `python` action.
class PythonCompiler {
 public:
    PythonCompiler(const workflow::Action& action, CompileContext& context,
                   std::shared_ptr<worker::WorkerPool> workers)
        : fields_(action.fields),
          span_(action.span),
          context_(context),
          workers_(std::move(workers)) {}

    std::unique_ptr<engine::Step> compile() {
        plan_.script.name = context_.resource().action_id;
        if (!read_source() || !check_source()) return nullptr;
        if (const Node* arguments = fields_.find("args")) {
            for (const Node& item : arguments->items) {
                plan_.arguments.push_back(context_.template_text(item));
            }
        }
        return std::make_unique<PythonStep>(std::move(plan_), std::move(workers_));
    }

 private:
    bool read_source() {
        const Node* script = fields_.find("script");
        const Node* file = fields_.find("scriptFile");
        if ((script != nullptr) == (file != nullptr)) {
            if (script != nullptr) {
                context_.diagnostics().error(ErrorCode::InvalidValue,
                                             "`script` and `scriptFile` exclude each other", span_);
            } else {
                context_.diagnostics().error(ErrorCode::MissingField,
                                             "python needs `script` or `scriptFile`", span_);
            }
            return false;
        }
        return script != nullptr ? read_inline(*script) : read_file(*file);
    }

    /// Takes every `{{ }}` out of the script: its value becomes a variable, never source.
    bool read_inline(const Node& node) {
        TextOrigin::Parts parts;
        try {
            for (const TemplatePiece& piece : split_template(node.text, node.origin)) {
                node.origin.advanced(node.text, piece.offset)
                    .append_parts(piece.is_slot ? piece.text.substr(0, 1) : piece.text,
                                  plan_.script.source.size(), parts);
                if (!piece.is_slot) {
                    plan_.script.source += piece.text;
                    continue;
                }
                const auto expression =
                    context_.expression(piece.text, node.origin.advanced(node.text, piece.offset),
                                        "a variable of the script");
                if (!expression) return false;
                const std::string name = worker::slot_name(plan_.slots.size());
                plan_.script.source += name;
                plan_.script.slot_names.push_back(name);
                plan_.slots.push_back(*expression);
            }
        } catch (Error& error) {
            error.detail().hint = "in Python source write two braces as `{ {`";
            context_.diagnostics().add(Severity::Error, error);
            return false;
        }
        plan_.script.origin = node.origin;
        plan_.script.origin.parts = std::make_shared<const TextOrigin::Parts>(std::move(parts));
        return true;
    }

    bool read_file(const Node& node) {
        const auto path = std::filesystem::path(context_.workflow().directory) / node.text;
        std::ifstream file(path, std::ios::binary);
        if (!file) {
            context_.diagnostics().error(ErrorCode::FileNotFound,
                                         fmt::format("cannot read '{}'", path.string()), node.span,
                                         "scriptFile is relative to the workflow's folder");
            return false;
        }
        std::ostringstream text;
        text << file.rdbuf();
        plan_.script.source = text.str();
        plan_.script.origin = {.file = node.text, .line = 1, .column = 1, .continuation_column = 1};
        return true;
    }

    bool check_source() {
        try {
            if (const auto issue = workers_->check(plan_.script)) {
                context_.diagnostics().error(ErrorCode::PythonSyntax, issue->message, issue->where);
                return false;
            }
            plan_.prefetched = workers_->literal_gets(plan_.script);
        } catch (const Error& error) {
            report_unchecked(error);
            return false;
        }
        for (const std::string& name : plan_.prefetched) context_.check_reference(name, span_);
        return true;
    }

    /// Told once, at the first script that cannot be checked for the same reason.
    void report_unchecked(Error error) {
        Diagnostics& diagnostics = context_.diagnostics();
        const bool is_told = std::ranges::any_of(diagnostics.all(), [&](const Diagnostic& known) {
            return std::string_view(known.error.what()) == error.what();
        });
        if (is_told) return;
        error.detail().where = span_;
        diagnostics.add(Severity::Error, std::move(error));
    }

    const Fields& fields_;
    SourceSpan span_;
    CompileContext& context_;
    std::shared_ptr<worker::WorkerPool> workers_;
    PythonPlan plan_;
};

const workflow::KindSchema& python_schema() {
    static const workflow::KindSchema kSchema{
        .name = "python",
        .help = "A Python script, run in a worker process.",
        .fields = {
            {.name = "script",
             .type = FieldType::Template,
             .help = "The source; `{{ }}` are bound variables, never source text."},
            {.name = "scriptFile",
             .type = FieldType::Text,
             .help = "A file with the source, relative to the workflow's folder."},
            {.name = "args", .type = FieldType::TextList, .help = "sys.argv[1:]"},
            {.name = "timeout",
             .type = FieldType::Duration,
             .help = "Then the worker is killed and the resource fails."},
        }};
    return kSchema;
}

class PythonKind final : public engine::ResourceKind {
 public:
    explicit PythonKind(WorkerProvider workers) : workers_(std::move(workers)) {}
    std::string_view name() const override { return "python"; }
    const workflow::KindSchema& schema() const override { return python_schema(); }
    std::optional<std::chrono::milliseconds> default_timeout(
        const workflow::Settings& settings) const override {
        return settings.defaults.python_timeout;
    }
    std::vector<expr::Facet> facets() const override {
        return {{kStdout, "what a script printed"},
                {kStderr, "what a script printed as errors"},
                {kExitCode, "the exit code of a script"}};
    }
    std::unique_ptr<engine::Step> compile(const workflow::Action& action,
                                          CompileContext& context) const override {
        return PythonCompiler(action, context, workers_()).compile();
    }

 private:
    WorkerProvider workers_;
};

}  // namespace

std::unique_ptr<engine::ResourceKind> python_kind(WorkerProvider workers) {
    return std::make_unique<PythonKind>(std::move(workers));
}

}  // namespace kdeps::resources
