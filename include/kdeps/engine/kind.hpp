#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/engine/compile_context.hpp"
#include "kdeps/engine/output.hpp"
#include "kdeps/expr/function_table.hpp"
#include "kdeps/workflow/schema.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::engine {

class RunContext;

/// One action of a resource, compiled: everything that needs no request is done.
///
/// Threads: run() may be called from several threads at once, each with its own RunContext.
class Step {
 public:
    virtual ~Step() = default;
    /// The context's deadline is that of the action: its `timeout` has been taken into account.
    ///
    /// Errors: any Error; the executor adds the resource's name and place.
    [[nodiscard]] virtual Output run(RunContext& context) const = 0;
};

/// A kind of action: its grammar and how it is compiled. The engine knows no kind by itself.
class ResourceKind {
 public:
    virtual ~ResourceKind() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;  ///< The key in YAML.
    [[nodiscard]] virtual const workflow::KindSchema& schema() const = 0;
    /// Whether its output answers the request: then it is no action of its own, but may stand
    /// beside one and in onError.
    [[nodiscard]] virtual bool answers() const { return false; }
    /// The longest time that an action may take which says no `timeout` itself.
    [[nodiscard]] virtual std::optional<std::chrono::milliseconds> default_timeout(
        const workflow::Settings& /*settings*/) const {
        return std::nullopt;
    }
    /// What its steps may give by RunContext::set_facets().
    [[nodiscard]] virtual std::vector<expr::Facet> facets() const { return {}; }
    /// Mistakes go to `context.diagnostics()`; the Step is then never run.
    [[nodiscard]] virtual std::unique_ptr<Step> compile(const workflow::Action& action,
                                                        CompileContext& context) const = 0;
};

/// The kinds a program may use, in an explicit list.
class KindRegistry {
 public:
    /// REQUIRES: no kind of that name was added before.
    void add(std::unique_ptr<ResourceKind> kind);
    [[nodiscard]] const ResourceKind* find(std::string_view name) const;
    /// Those that are actions of their own, for the grammar of a workflow.
    [[nodiscard]] std::vector<workflow::RegisteredKind> registered() const;
    /// What expressions may call where these kinds are known.
    [[nodiscard]] expr::FunctionTable functions() const;

 private:
    std::vector<std::unique_ptr<ResourceKind>> kinds_;
};

}  // namespace kdeps::engine
