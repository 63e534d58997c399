#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kdeps::graph {

using NodeId = std::size_t;

/// Names and arrows. An arrow goes from a node to what it depends on.
///
/// Threads: build in one thread, then read from any.
class Graph {
 public:
    NodeId add_node(std::string name);
    /// REQUIRES: both nodes exist. A repeated arrow counts once.
    void add_dependency(NodeId node, NodeId depends_on);

    [[nodiscard]] std::size_t size() const { return nodes_.size(); }
    [[nodiscard]] const std::string& name(NodeId node) const { return nodes_[node].name; }
    /// The first node of that name.
    [[nodiscard]] std::optional<NodeId> find(std::string_view name) const;
    [[nodiscard]] std::span<const NodeId> dependencies(NodeId node) const;
    [[nodiscard]] std::span<const NodeId> dependents(NodeId node) const;

    /// A cycle as the path `a, b, a` that starts at the first node (in order of adding) on it;
    /// empty if there is none.
    [[nodiscard]] std::vector<NodeId> find_cycle() const;
    /// `target` and everything it needs, each after its dependencies; ties in the order of the
    /// dependency list. REQUIRES: no cycle.
    [[nodiscard]] std::vector<NodeId> closure(NodeId target) const;
    /// Everything `node` depends on, directly or not, sorted by id; never `node` itself.
    [[nodiscard]] std::vector<NodeId> ancestors(NodeId node) const;
    /// The nodes `target` does not need: neither it nor its ancestors, sorted by id.
    [[nodiscard]] std::vector<NodeId> unreachable_from(NodeId target) const;

 private:
    struct Entry {
        std::string name;
        std::vector<NodeId> dependencies;
        std::vector<NodeId> dependents;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    /// For every node whether it is `node` or one of its ancestors.
    [[nodiscard]] std::vector<bool> reachable_from(NodeId node) const;

    std::vector<Entry> nodes_;
    std::unordered_map<std::string, NodeId, Hash, std::equal_to<>> ids_;
};

/// `a -> b -> a`.
[[nodiscard]] std::string path_text(const Graph& graph, std::span<const NodeId> path);

}  // namespace kdeps::graph
