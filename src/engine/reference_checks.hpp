#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/expr/expression.hpp"
#include "kdeps/graph/graph.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::engine {

/// Names an expression may use without calling anything, besides actionIds.
inline constexpr const char* kFixedNames[] = {"request", "input", "error", "outputs", "workflow"};

/// Looks at the names that expressions and scripts ask for: resources that are not required, names
/// that are probably misspelt, unknown fields of info(). What it finds is a warning, an error when
/// strict.
class ReferenceChecks {
 public:
    ReferenceChecks(const workflow::Workflow& workflow, const graph::Graph& graph,
                    Diagnostics& diagnostics, bool strict);

    /// Selects the resource that asks (index into Workflow::resources).
    void enter(std::size_t resource);
    /// From here on the resource may have an output of its own.
    void output_exists() { has_output_ = true; }
    /// Whether result() means something from here on.
    void allow_results(bool are_allowed) { has_results_ = are_allowed; }
    void check(const expr::Expression& expression);
    /// `get(name)` without a hint.
    void check_get(const std::string& name, const SourceSpan& span);
    /// Tells of names that are one letter from a resource's and that nothing else brings.
    void report_misspelt();

 private:
    /// The inputs that one resource's `validations` name.
    void add_declared(const workflow::Node& validations);
    void check_call(const std::string& function, const std::string& name,
                    const std::optional<std::string>& hint, const SourceSpan& span);
    void check_output(const std::string& name, const SourceSpan& span);
    /// `failed(name)` and `error(name)`.
    void check_failure(const std::string& name, const SourceSpan& span);
    void check_info(const std::string& field, const SourceSpan& span);
    void check_required(graph::NodeId node, const SourceSpan& span);
    void check_own(const SourceSpan& span);
    void check_result(const SourceSpan& span);
    void report(ErrorCode code, const std::string& message, const SourceSpan& span,
                std::string hint);

    struct Suspect {
        std::string name;
        std::string meant;
        SourceSpan span;
    };

    const workflow::Workflow& workflow_;
    const graph::Graph& graph_;
    Diagnostics& diagnostics_;
    const bool strict_;
    std::size_t resource_ = 0;
    bool has_output_ = false;
    bool has_results_ = false;
    std::vector<graph::NodeId> ancestors_;  ///< Of the current resource, sorted.
    std::vector<std::string> action_ids_;
    std::set<std::string, std::less<>> brought_;  ///< By routes, declarations, set() and the run.
    std::vector<Suspect> suspects_;
};

}  // namespace kdeps::engine
