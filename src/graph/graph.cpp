#include "kdeps/graph/graph.hpp"

#include <algorithm>

namespace kdeps::graph {

namespace {

enum class Mark : unsigned char { New, Open, Done };

/// One node of a depth-first walk; an explicit stack of these stands in for recursion, so that a
/// long chain of nodes cannot exhaust the thread's stack.
struct Step {
    NodeId node;
    std::size_t next = 0;  ///< Index of the dependency to look at next.
};

/// `cycle` turned so that its smallest id comes first, and closed by repeating that id.
std::vector<NodeId> closed_path(std::vector<NodeId> cycle) {
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
    cycle.push_back(cycle.front());
    return cycle;
}

/// The nodes of `path` from `first` on.
std::vector<NodeId> nodes_from(const std::vector<Step>& path, NodeId first) {
    std::vector<NodeId> nodes;
    auto step = std::find_if(path.begin(), path.end(),
                             [&](const Step& candidate) { return candidate.node == first; });
    for (; step != path.end(); ++step) nodes.push_back(step->node);
    return nodes;
}

}  // namespace

NodeId Graph::add_node(std::string name) {
    const NodeId id = nodes_.size();
    ids_.try_emplace(name, id);
    nodes_.push_back({std::move(name), {}, {}});
    return id;
}

void Graph::add_dependency(NodeId node, NodeId depends_on) {
    auto& forward = nodes_[node].dependencies;
    auto& backward = nodes_[depends_on].dependents;
    // Looking in the shorter list keeps a node with very many arrows cheap.
    const bool known = forward.size() <= backward.size()
                           ? std::find(forward.begin(), forward.end(), depends_on) != forward.end()
                           : std::find(backward.begin(), backward.end(), node) != backward.end();
    if (known) return;
    forward.push_back(depends_on);
    backward.push_back(node);
}

std::optional<NodeId> Graph::find(std::string_view name) const {
    const auto found = ids_.find(name);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

std::span<const NodeId> Graph::dependencies(NodeId node) const {
    return nodes_[node].dependencies;
}

std::span<const NodeId> Graph::dependents(NodeId node) const {
    return nodes_[node].dependents;
}

std::vector<NodeId> Graph::find_cycle() const {
    std::vector<Mark> marks(size(), Mark::New);
    std::vector<Step> path;
    for (NodeId start = 0; start < size(); ++start) {
        if (marks[start] != Mark::New) continue;
        marks[start] = Mark::Open;
        path.push_back({start});
        while (!path.empty()) {
            auto& [node, next] = path.back();
            if (next == dependencies(node).size()) {
                marks[node] = Mark::Done;
                path.pop_back();
                continue;
            }
            const NodeId dependency = dependencies(node)[next++];
            if (marks[dependency] == Mark::Open) return closed_path(nodes_from(path, dependency));
            if (marks[dependency] == Mark::Done) continue;
            marks[dependency] = Mark::Open;
            path.push_back({dependency});
        }
    }
    return {};
}

std::vector<NodeId> Graph::closure(NodeId target) const {
    std::vector<NodeId> order;
    std::vector<bool> seen(size(), false);
    std::vector<Step> path = {{target}};
    seen[target] = true;
    while (!path.empty()) {
        auto& [node, next] = path.back();
        if (next == dependencies(node).size()) {
            order.push_back(node);
            path.pop_back();
            continue;
        }
        const NodeId dependency = dependencies(node)[next++];
        if (seen[dependency]) continue;
        seen[dependency] = true;
        path.push_back({dependency});
    }
    return order;
}

std::vector<bool> Graph::reachable_from(NodeId node) const {
    std::vector<bool> seen(size(), false);
    std::vector<NodeId> open = {node};
    seen[node] = true;
    while (!open.empty()) {
        const NodeId current = open.back();
        open.pop_back();
        for (const NodeId dependency : dependencies(current)) {
            if (seen[dependency]) continue;
            seen[dependency] = true;
            open.push_back(dependency);
        }
    }
    return seen;
}

std::vector<NodeId> Graph::ancestors(NodeId node) const {
    const std::vector<bool> reachable = reachable_from(node);
    std::vector<NodeId> found;
    for (NodeId id = 0; id < size(); ++id) {
        if (reachable[id] && id != node) found.push_back(id);
    }
    return found;
}

std::vector<NodeId> Graph::unreachable_from(NodeId target) const {
    const std::vector<bool> reachable = reachable_from(target);
    std::vector<NodeId> found;
    for (NodeId id = 0; id < size(); ++id) {
        if (!reachable[id]) found.push_back(id);
    }
    return found;
}

std::string path_text(const Graph& graph, std::span<const NodeId> path) {
    std::string text;
    for (const NodeId node : path) {
        if (!text.empty()) text += " -> ";
        text += graph.name(node);
    }
    return text;
}

}  // namespace kdeps::graph
