#include "kdeps/workflow/node.hpp"

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

namespace kdeps::workflow {

const Node* Node::find(std::string_view key) const {
    for (const auto& [name, value] : members) {
        if (name.text == key) return &value;
    }
    return nullptr;
}

std::string quoted_text(const Node& node) {
    constexpr std::size_t kMostShown = 40;
    if (node.is_secret || code_points(node.text) > kMostShown) return "this text";
    return fmt::format("'{}'", node.text);
}

std::string_view kind_name(Node::Kind kind) {
    switch (kind) {
        case Node::Kind::Null:
            return "nothing";
        case Node::Kind::Bool:
            return "boolean";
        case Node::Kind::Int:
        case Node::Kind::Float:
            return "number";
        case Node::Kind::String:
            return "text";
        case Node::Kind::List:
            return "list";
        case Node::Kind::Map:
            return "map";
    }
    return "nothing";
}

}  // namespace kdeps::workflow
