#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/engine/kind.hpp"
#include "kdeps/engine/request_inputs.hpp"
#include "kdeps/engine/value_tree.hpp"
#include "kdeps/expr/text.hpp"
#include "kdeps/graph/graph.hpp"
#include "kdeps/workflow/path_pattern.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::engine {

/// `onError`, compiled.
struct ErrorHandler {
    enum class Action { Fail, Continue, Retry };
    std::optional<Action> action;  ///< Absent in the form that only has an answer.
    std::vector<expr::Text> when;  ///< Empty: always.
    std::vector<expr::Text> expressions;
    std::optional<ValueTree> fallback;
    std::int64_t max_attempts = 1;
    std::optional<expr::Text> retry_delay;
    std::unique_ptr<Step> response;  ///< Answers instead.
};

/// `validations`, compiled: when a resource is skipped or refused before it runs.
struct Guard {
    std::vector<std::string> methods;
    std::vector<workflow::PathPattern> routes;
    std::vector<expr::Text> skip;
    std::vector<expr::Text> check;
    std::vector<std::string> required;
    std::optional<int> error_status;
    std::optional<expr::Text> error_message;

    /// Whether `methods` and `routes` let a request in; without one to look at, they do.
    [[nodiscard]] bool admits(const Request& request) const;
    /// Whether there may be a request that both let in.
    [[nodiscard]] bool may_meet(const Guard& other) const;
};

struct CompiledResource {
    std::string action_id;
    std::string kind;  ///< Of the primary action, or of what answers, or "expr".
    SourceSpan span;
    std::vector<graph::NodeId> ancestors;  ///< Sorted.
    Guard guard;
    DeclaredInputs declared;
    std::vector<expr::Text> before;
    std::vector<expr::Text> after;
    std::unique_ptr<Step> primary;
    std::unique_ptr<Step> response;
    std::optional<ErrorHandler> on_error;
    std::optional<std::chrono::milliseconds> timeout;         ///< Of everything it does.
    std::optional<std::chrono::milliseconds> action_timeout;  ///< Of the primary action alone.
};

/// What one target needs, in the order of a possible sequential run.
struct RunPlan {
    struct Entry {
        graph::NodeId resource;
        std::size_t dependency_count;         ///< How many entries must end before this one.
        std::vector<std::size_t> dependents;  ///< Indexes into entries.
    };
    std::vector<Entry> entries;  ///< The last one is the target.
    graph::NodeId target;
    std::shared_ptr<const RequestInputs> inputs = nullptr;  ///< Null when nothing is declared.
};

/// A workflow, checked and compiled: nothing is parsed or searched by name while it runs.
///
/// Threads: immutable; shared by all runs.
class Program {
 public:
    /// Compiles every resource, and a plan for each of the workflow's targets. Mistakes go to
    /// `diagnostics`; a program with errors is never run.
    Program(const workflow::Workflow& workflow, const KindRegistry& kinds, bool strict,
            Diagnostics& diagnostics);

    [[nodiscard]] const std::vector<CompiledResource>& resources() const { return resources_; }
    [[nodiscard]] std::optional<graph::NodeId> find(std::string_view action_id) const;
    /// The plan of one of the workflow's targets.
    ///
    /// Errors: Error(UnknownTarget) with "did you mean".
    [[nodiscard]] const RunPlan& plan(std::string_view target) const;
    /// What the resource's action does from now on: for tests. REQUIRES: it has an action, and the
    /// program is not shared yet.
    void replace_action(graph::NodeId resource, std::unique_ptr<Step> action);
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& version() const { return version_; }
    [[nodiscard]] const std::string& description() const { return description_; }
    [[nodiscard]] const workflow::Environment& environment() const { return environment_; }
    [[nodiscard]] const std::vector<Explanation>& explanations() const { return explanations_; }

 private:
    [[nodiscard]] RunPlan make_plan(graph::NodeId target) const;

    std::vector<CompiledResource> resources_;
    graph::Graph graph_;
    std::map<std::string, RunPlan, std::less<>> plans_;  ///< By target.
    std::string name_;
    std::string version_;
    std::string description_;
    workflow::Environment environment_;
    std::vector<Explanation> explanations_;
};

}  // namespace kdeps::engine
