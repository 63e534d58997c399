#include "kdeps/workflow/requirement_graph.hpp"

namespace kdeps::workflow {

graph::Graph requirement_graph(const Workflow& workflow) {
    graph::Graph graph;
    for (const Resource& resource : workflow.resources) graph.add_node(resource.action_id);
    for (graph::NodeId id = 0; id < workflow.resources.size(); ++id) {
        for (const Requirement& needed : workflow.resources[id].depends_on) {
            if (const auto node = graph.find(needed.action_id)) graph.add_dependency(id, *node);
        }
    }
    return graph;
}

}  // namespace kdeps::workflow
