#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/input_mistake.hpp"
#include "kdeps/base/small_vector.hpp"
#include "kdeps/engine/request.hpp"
#include "kdeps/expr/text.hpp"
#include "kdeps/graph/graph.hpp"
#include "kdeps/workflow/declarations.hpp"

namespace kdeps::engine {

struct CompiledResource;
class Run;

/// One entry of `validations.expr`, compiled.
struct InputCondition {
    expr::Text condition;
    std::optional<expr::Text> message = std::nullopt;
    std::vector<std::string> names = {};  ///< The inputs that it reads by name.
    bool reads_all = false;               ///< It looks at `input` or `request` as a whole.
};

/// What one resource declares about inputs, compiled.
struct DeclaredInputs {
    workflow::Declarations declarations;
    std::vector<InputCondition> conditions;
    [[nodiscard]] bool has_checks() const {
        return declarations.has_checks() || !conditions.empty();
    }
};

/// The declarations of a target and all that it requires, merged: what a request is checked
/// against, and converted to, before anything of it runs. Those of a resource whose `methods` or
/// `routes` do not fit the request do not count.
///
/// Threads: immutable after construction.
class RequestInputs {
 public:
    /// `resources` are a program's, which outlives this; `needed` are those of one target.
    RequestInputs(const std::vector<CompiledResource>& resources,
                  const std::vector<graph::NodeId>& needed);

    [[nodiscard]] bool empty() const { return sources_.empty(); }
    /// Converts what is declared, in place, and fills in defaults. What is wrong stays as sent.
    [[nodiscard]] InputMistakes convert(Request& request) const;
    /// Evaluates the conditions, but for those on inputs that are wrong already.
    ///
    /// Errors: ValidationFailed with every mistake, those of convert() too; Cancelled and
    ///         ResourceTimeout as of RunContext::check().
    void require(Run& run, InputMistakes mistakes, Deadline deadline,
                 const std::stop_token& stop) const;

 private:
    struct Source {
        graph::NodeId node;
        const CompiledResource* resource;
    };
    struct Use {
        const inputs::Rule* rule;
        std::size_t source;  ///< Index into sources_.
    };
    struct Input {
        std::string name;
        workflow::InputPlace place;
        SmallVector<Use, 2> uses;
    };
    /// Which sources count for a request, in their order.
    using Active = SmallVector<bool, 8>;
    class Conversion;

    [[nodiscard]] Active active_for(const Request& request) const;
    void add(const workflow::InputDeclaration& declaration, std::size_t source);

    std::vector<Source> sources_;
    std::vector<Input> inputs_;
    bool has_filters_ = false;  ///< Whether any source has `methods` or `routes`.
    std::set<std::string, std::less<>> known_in_body_;
    std::set<std::string, std::less<>> known_in_query_;
};

/// Reports declarations of one target that no request can meet together, with both places.
void report_contradictions(const std::vector<CompiledResource>& resources,
                           const std::vector<graph::NodeId>& needed, Diagnostics& diagnostics);

}  // namespace kdeps::engine
