#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kdeps/workflow/schema.hpp"

namespace kdeps::workflow {

/// The field of a schema that goes by this name or alias, or null.
[[nodiscard]] const FieldSpec* find_spec(const KindSchema& schema, std::string_view name);
/// The value of a field in a map under its name or an alias; null pointer when absent, and when
/// null unless the field takes anything.
[[nodiscard]] const Node* find_value(const Node& map, const FieldSpec& spec);
/// A key of a map with its value, or null.
[[nodiscard]] const std::pair<Node, Node>* find_member(const Node& map, std::string_view key);

/// Whether texts, lists and maps stand where the schema has them, also in nested maps; what the
/// texts say does not matter.
[[nodiscard]] bool is_well_shaped(const Node& map, const KindSchema& schema);

// What a node says as a value of a type, or nullopt when it is none.
[[nodiscard]] std::optional<bool> boolean_of(const Node& node);
[[nodiscard]] std::optional<std::int64_t> integer_of(const Node& node);
[[nodiscard]] std::optional<std::chrono::milliseconds> duration_of(const Node& node);
[[nodiscard]] std::optional<std::size_t> byte_size_of(const Node& node);

}  // namespace kdeps::workflow
