#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kdeps/base/source.hpp"
#include "kdeps/base/value.hpp"

namespace kdeps::workflow {

/// A YAML node with its place. Plain scalars are typed by the YAML 1.2 core schema.
struct Node {
    enum class Kind { Null, Bool, Int, Float, String, List, Map };

    Kind kind = Kind::Null;
    std::string text;         ///< Scalars: the text (for Int and Float as written).
    bool quoted = false;      ///< Quoted or block scalar: never anything but String.
    std::string tag;          ///< "expr", "text" or empty.
    bool is_secret = false;   ///< A scalar that stands where secrets do: no message may quote it.
    std::vector<Node> items;  ///< List.
    std::vector<std::pair<Node, Node>> members;  ///< Map, in file order, keys unique.
    /// Of a scalar: its token, quotes included, clipped to its first line. Of a map or list in
    /// block form: the key it belongs to, else its first key or dash. Of an empty value: its key.
    SourceSpan span;
    /// Of `text`.
    TextOrigin origin;

    /// The value of a key, or null when this is no map or has no such key.
    [[nodiscard]] const Node* find(std::string_view key) const;
    [[nodiscard]] bool is_null() const { return kind == Kind::Null; }
    [[nodiscard]] bool is_scalar() const { return kind != Kind::List && kind != Kind::Map; }
    [[nodiscard]] bool is_map() const { return kind == Kind::Map; }
    [[nodiscard]] bool is_list() const { return kind == Kind::List; }
};

/// The value of a scalar as the YAML 1.2 core schema has it: nil, a boolean, an integer (`0x1F` and
/// `0o17` too), a decimal with its own digits, a double for `.inf` and `.nan`, or a text. nullopt
/// for a number that no value holds: over 200,000 digits, or over 64 bits in `0x` and `0o`.
///
/// REQUIRES: is_scalar().
[[nodiscard]] std::optional<Value> scalar_value(const Node& node);

/// `'abc'`: a scalar's text for a message; `this text` where it is long or may be a secret.
[[nodiscard]] std::string quoted_text(const Node& node);

/// "nothing", "boolean", "number", "text", "list" or "map", for messages.
[[nodiscard]] std::string_view kind_name(Node::Kind kind);

}  // namespace kdeps::workflow
