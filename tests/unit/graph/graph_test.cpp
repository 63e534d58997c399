#include "kdeps/graph/graph.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace kdeps::graph {

namespace {

/// Builds from `a: b c; b: c; c` (each node, then what it depends on), one character per name.
Graph graph_of(std::string_view text) {
    Graph graph;
    std::map<char, NodeId> ids;
    bool is_node = true;
    for (const char c : text) {
        if (c == ';') is_node = true;
        if (!std::isalpha(static_cast<unsigned char>(c)) || !is_node) continue;
        ids[c] = graph.add_node(std::string(1, c));
        is_node = false;
    }
    char node = 0;
    for (const char c : text) {
        if (c == ';') node = 0;
        if (!std::isalpha(static_cast<unsigned char>(c))) continue;
        if (node != 0) {
            graph.add_dependency(ids.at(node), ids.at(c));
        } else {
            node = c;
        }
    }
    return graph;
}

std::string names(const Graph& graph, std::span<const NodeId> nodes) {
    std::string text;
    for (const NodeId node : nodes) text += graph.name(node);
    return text;
}

/// Every graph of `count` nodes: bit i * count + j of `arrows` says that i depends on j.
Graph graph_of_bits(std::size_t count, unsigned arrows) {
    Graph graph;
    for (std::size_t i = 0; i < count; ++i) graph.add_node(std::to_string(i));
    for (std::size_t i = 0; i < count * count; ++i) {
        if ((arrows >> i & 1U) != 0) graph.add_dependency(i / count, i % count);
    }
    return graph;
}

/// Whether a path of one arrow or more leads from one node to another, by repeated joining.
std::vector<std::vector<bool>> paths(const Graph& graph) {
    const std::size_t count = graph.size();
    std::vector<std::vector<bool>> reach(count, std::vector<bool>(count, false));
    for (NodeId i = 0; i < count; ++i) {
        for (const NodeId j : graph.dependencies(i)) reach[i][j] = true;
    }
    for (NodeId via = 0; via < count; ++via) {
        for (NodeId i = 0; i < count; ++i) {
            for (NodeId j = 0; j < count; ++j) {
                if (reach[i][via] && reach[via][j]) reach[i][j] = true;
            }
        }
    }
    return reach;
}

bool depends_on(const Graph& graph, NodeId node, NodeId dependency) {
    const auto all = graph.dependencies(node);
    return std::find(all.begin(), all.end(), dependency) != all.end();
}

void check_cycle(const Graph& graph) {
    const auto reach = paths(graph);
    bool has_cycle = false;
    for (NodeId i = 0; i < graph.size(); ++i) has_cycle = has_cycle || reach[i][i];
    const auto cycle = graph.find_cycle();
    ASSERT_EQ(!cycle.empty(), has_cycle);
    if (cycle.empty()) return;
    ASSERT_GE(cycle.size(), 2U);
    EXPECT_EQ(cycle.front(), cycle.back());
    EXPECT_EQ(cycle.front(), *std::min_element(cycle.begin(), cycle.end()));
    EXPECT_EQ(std::set(cycle.begin(), cycle.end()).size(), cycle.size() - 1) << "a node twice";
    for (std::size_t i = 0; i + 1 < cycle.size(); ++i) {
        EXPECT_TRUE(depends_on(graph, cycle[i], cycle[i + 1])) << path_text(graph, cycle);
    }
}

void check_reachability(const Graph& graph) {
    const auto reach = paths(graph);
    const bool has_cycle = !graph.find_cycle().empty();
    for (NodeId target = 0; target < graph.size(); ++target) {
        std::vector<NodeId> ancestors;
        std::vector<NodeId> others;
        for (NodeId id = 0; id < graph.size(); ++id) {
            if (id == target) continue;
            (reach[target][id] ? ancestors : others).push_back(id);
        }
        EXPECT_EQ(graph.ancestors(target), ancestors);
        EXPECT_EQ(graph.unreachable_from(target), others);
        if (has_cycle) continue;
        const auto order = graph.closure(target);
        EXPECT_EQ(order.back(), target);
        auto sorted = order;
        std::sort(sorted.begin(), sorted.end());
        ancestors.insert(std::lower_bound(ancestors.begin(), ancestors.end(), target), target);
        EXPECT_EQ(sorted, ancestors);
        for (std::size_t i = 0; i < order.size(); ++i) {
            for (std::size_t later = i; later < order.size(); ++later) {
                EXPECT_FALSE(depends_on(graph, order[i], order[later])) << "before its dependency";
            }
        }
    }
}

}  // namespace

struct CycleCase {
    const char *name, *graph, *path;
};
class CycleTest : public testing::TestWithParam<CycleCase> {};

TEST_P(CycleTest, ShowsThePath) {
    const Graph graph = graph_of(GetParam().graph);
    EXPECT_EQ(path_text(graph, graph.find_cycle()), GetParam().path);
}
constexpr CycleCase kCycles[] = {
    {"Empty", "", ""},
    {"Chain", "a: b; b: c; c", ""},
    {"Diamond", "a: b c; b: d; c: d; d", ""},
    {"Itself", "a: a", "a -> a"},
    {"Two", "a: b; b: a", "a -> b -> a"},
    {"StartsAtTheNodeAddedFirst", "x: c; a: b; b: c; c: a", "a -> b -> c -> a"},
    {"NotFromTheStart", "a: b; b: c; c: d; d: b", "b -> c -> d -> b"},
    {"InASecondPart", "a: b; b; c: d; d: c", "c -> d -> c"},
};
INSTANTIATE_TEST_SUITE_P(Cases, CycleTest, testing::ValuesIn(kCycles),
                         [](const auto& c) { return c.param.name; });

struct ClosureCase {
    const char *name, *graph, *target, *order;
};
class ClosureTest : public testing::TestWithParam<ClosureCase> {};

TEST_P(ClosureTest, PutsDependenciesFirst) {
    const Graph graph = graph_of(GetParam().graph);
    EXPECT_EQ(names(graph, graph.closure(graph.find(GetParam().target).value())), GetParam().order);
}
constexpr ClosureCase kClosures[] = {
    {"Alone", "a; b", "a", "a"},
    {"Chain", "a: b; b: c; c", "a", "cba"},
    {"OrderOfTheList", "a: c b; b; c", "a", "cba"},
    {"Diamond", "a: b c; b: d; c: d; d", "a", "dbca"},
    {"OnlyWhatIsNeeded", "a: b; b; c: b", "c", "bc"},
    {"SharedDeepDependency", "a: d b; b: c; c; d: c", "a", "cdba"},
};
INSTANTIATE_TEST_SUITE_P(Cases, ClosureTest, testing::ValuesIn(kClosures),
                         [](const auto& c) { return c.param.name; });

TEST(GraphTest, ARepeatedArrowCountsOnce) {
    const Graph graph = graph_of("a: b b; b");
    EXPECT_EQ(graph.dependencies(0).size(), 1U);
    EXPECT_EQ(graph.dependents(1).size(), 1U);
    EXPECT_EQ(names(graph, graph.dependents(1)), "a");
}

TEST(GraphTest, FindsNames) {
    Graph graph;
    graph.add_node("a");
    graph.add_node("b");
    graph.add_node("a");
    EXPECT_EQ(graph.find("a"), 0U);
    EXPECT_EQ(graph.find("b"), 1U);
    EXPECT_EQ(graph.find("c"), std::nullopt);
    EXPECT_EQ(graph.size(), 3U);
}

TEST(GraphTest, EveryGraphOfUpToThreeNodesAndSomeOfFour) {
    for (std::size_t count = 1; count <= 3; ++count) {
        for (unsigned arrows = 0; arrows < 1U << (count * count); ++arrows) {
            const Graph graph = graph_of_bits(count, arrows);
            check_cycle(graph);
            check_reachability(graph);
        }
    }
    for (unsigned arrows = 0; arrows < 1U << 16U; arrows += 127) {
        const Graph graph = graph_of_bits(4, arrows);
        check_cycle(graph);
        check_reachability(graph);
    }
}

TEST(GraphPropertyTest, RandomGraphs) {
    std::mt19937 random(20260131);
    for (int round = 0; round < 200; ++round) {
        Graph graph;
        const std::size_t count = random() % 25 + 2;
        for (std::size_t i = 0; i < count; ++i) graph.add_node(std::to_string(i));
        const bool acyclic = round % 2 == 0;
        for (std::size_t i = random() % (2 * count); i > 0; --i) {
            NodeId node = random() % count;
            NodeId dependency = random() % count;
            if (acyclic && node == dependency) continue;
            if (acyclic && node < dependency) std::swap(node, dependency);
            graph.add_dependency(node, dependency);
        }
        check_cycle(graph);
        check_reachability(graph);
    }
}

TEST(GraphTest, AHundredThousandNodesInAChainAndAStar) {
    constexpr std::size_t kCount = 100'000;
    Graph chain;
    Graph star;
    for (std::size_t i = 0; i < kCount; ++i) {
        chain.add_node(std::to_string(i));
        star.add_node(std::to_string(i));
        if (i > 0) chain.add_dependency(i - 1, i);
        if (i > 0) star.add_dependency(0, i);
    }
    EXPECT_TRUE(chain.find_cycle().empty());
    EXPECT_EQ(chain.closure(0).front(), kCount - 1);
    EXPECT_EQ(chain.ancestors(0).size(), kCount - 1);
    EXPECT_EQ(star.closure(0).size(), kCount);
    EXPECT_EQ(star.closure(0).front(), 1U);
    chain.add_dependency(kCount - 1, 0);
    EXPECT_EQ(chain.find_cycle().size(), kCount + 1);
}

}  // namespace kdeps::graph
