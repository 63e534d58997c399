#pragma once

#include "kdeps/graph/graph.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::workflow {

/// The resources and what each of them requires.
///
/// Shape:   node i is `workflow.resources[i]`; requirements that no resource bears are left out.
[[nodiscard]] graph::Graph requirement_graph(const Workflow& workflow);

}  // namespace kdeps::workflow
