#pragma once

#include <memory>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/node.hpp"

#include "source_text.hpp"

namespace kdeps::workflow {

struct Documents {
    std::vector<std::unique_ptr<Node>> roots;  ///< Without empty documents.
    /// False when reading stopped early, so that something the author wrote may be missing.
    bool is_complete = true;
};

/// Reads every document of a file into nodes with places.
///
/// Values:  the node tree is finite and bounded: no aliases, at most 100 levels, 100,000 nodes.
/// Errors:  every mistake is added to `diagnostics`; a syntax error ends the file.
[[nodiscard]] Documents read_yaml(const SourceText& source, Diagnostics& diagnostics);

}  // namespace kdeps::workflow
