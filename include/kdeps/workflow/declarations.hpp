#pragma once

#include <string>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/inputs/rule.hpp"
#include "kdeps/workflow/node.hpp"

namespace kdeps::workflow {

/// Where a declared input is looked for.
enum class InputPlace {
    Anywhere,  ///< Path, then query, then body: `fields`, `properties`, `rules`.
    Query,     ///< Path, then query: `params`.
    Header,    ///< `headers`
};

struct InputDeclaration {
    std::string name;
    InputPlace place;
    inputs::Rule rule;
    SourceSpan span;
};

/// What one resource asks of the request's inputs.
struct Declarations {
    std::vector<InputDeclaration> inputs;
    /// `params` and `headers` as lists: all that the resource may read of the query and headers;
    /// without a list everything.
    std::vector<std::string> readable_params;
    std::vector<std::string> readable_headers;
    bool allows_additional = true;  ///< Whether inputs that nobody declares are taken.

    /// Whether anything is to be checked.
    [[nodiscard]] bool has_checks() const { return !inputs.empty() || !allows_additional; }
};

/// Reads what a `validations` map declares. Limits that no value can meet, a default that its own
/// rule refuses, patterns that cannot be read and the like go to `diagnostics`; what
/// validations_schema() reports is left out silently.
[[nodiscard]] Declarations read_declarations(const Node& validations, Diagnostics& diagnostics);

}  // namespace kdeps::workflow
