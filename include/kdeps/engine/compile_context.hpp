#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/engine/value_tree.hpp"
#include "kdeps/expr/expression.hpp"
#include "kdeps/expr/text.hpp"
#include "kdeps/graph/graph.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::engine {

class ReferenceChecks;

/// How one string of the workflow was understood, for `kdeps validate --explain`.
struct Explanation {
    SourceSpan span;
    std::string text;
    expr::Verdict verdict;
    std::string sources = {};  ///< What its expressions read.
    std::string use = {};      ///< What becomes of its value, where that is not plain.
};

/// What kinds need to compile their fields: the workflow, the resource at hand, and helpers that
/// turn mistakes into diagnostics instead of exceptions, so that all are reported at once.
///
/// Threads: one caller at a time.
class CompileContext {
 public:
    CompileContext(const workflow::Workflow& workflow, const graph::Graph& graph,
                   const expr::FunctionTable& functions, Diagnostics& diagnostics, bool strict);
    ~CompileContext();
    CompileContext(const CompileContext&) = delete;
    CompileContext& operator=(const CompileContext&) = delete;

    /// Selects the resource that later calls are about (index into Workflow::resources).
    void enter(std::size_t resource);
    /// What is compiled from here on runs after the resource's action.
    void output_exists();
    /// Whether what is compiled from here on may call result(). Its kind checks what that names.
    void allow_results(bool are_allowed);
    [[nodiscard]] const workflow::Resource& resource() const;
    [[nodiscard]] const workflow::Workflow& workflow() const { return workflow_; }
    [[nodiscard]] Diagnostics& diagnostics() { return diagnostics_; }

    /// A string by the text-or-expression rule.
    [[nodiscard]] expr::Text text(const workflow::Node& node);
    /// A string in which only `{{ }}` is evaluated.
    [[nodiscard]] expr::Text template_text(const workflow::Node& node);
    [[nodiscard]] expr::Text template_text(std::string_view text, const TextOrigin& origin,
                                           std::string use = {});
    /// A condition: always an expression. Booleans written in YAML are taken too.
    [[nodiscard]] expr::Text condition(const workflow::Node& node);
    /// The inside of a `{{ }}`, and what becomes of its value; nullopt after an error was reported.
    [[nodiscard]] std::optional<expr::Expression> expression(std::string_view text,
                                                             const TextOrigin& origin,
                                                             std::string use);
    /// For what is no string of its own.
    void explain(Explanation explanation) { explanations_.push_back(std::move(explanation)); }
    [[nodiscard]] ValueTree tree(const workflow::Node& node);
    /// For a `get(name)` outside expressions: warns (error when strict) when it is a resource that
    /// the current one does not require, directly or not, or nearly the name of one.
    void check_reference(const std::string& name, const SourceSpan& span);
    /// Reports what can only be said once every resource is compiled.
    void finish();

    [[nodiscard]] const std::vector<Explanation>& explanations() const { return explanations_; }

 private:
    void warn_of_misspelt_call(const Explanation& explanation);
    /// A scalar that YAML itself types.
    Value constant(const workflow::Node& node);
    expr::Text checked(expr::Text text);
    template <class Compile>
    expr::Text guarded(const Compile& compile);
    /// What an expression reads, as `output of 'users', 'id' of the request`.
    [[nodiscard]] std::string sources_of(const expr::Expression& expression) const;
    [[nodiscard]] std::string sources_of(const expr::Text& text) const;
    [[nodiscard]] std::string named_source(const std::string& name) const;
    /// What `get(name, hint)` and its like read; empty for a function that reads nothing.
    [[nodiscard]] std::string call_source(const expr::LiteralCall& call) const;

    const workflow::Workflow& workflow_;
    const expr::FunctionTable functions_;
    Diagnostics& diagnostics_;
    bool strict_;
    std::size_t resource_ = 0;
    std::unique_ptr<ReferenceChecks> references_;
    std::vector<std::string> known_names_;
    std::vector<Explanation> explanations_;
};

}  // namespace kdeps::engine
