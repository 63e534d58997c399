#include <array>

#include "kdeps/base/text.hpp"

#include "field_values.hpp"
#include "scalar.hpp"

namespace kdeps::workflow {

const FieldSpec* find_spec(const KindSchema& schema, std::string_view name) {
    for (const FieldSpec& spec : schema.fields) {
        if (spec.name == name) return &spec;
        for (const std::string& alias : spec.aliases) {
            if (alias == name) return &spec;
        }
    }
    return nullptr;
}

const Node* find_value(const Node& map, const FieldSpec& spec) {
    const Node* value = map.find(spec.name);
    for (const std::string& alias : spec.aliases) {
        if (value == nullptr) value = map.find(alias);
    }
    if (value != nullptr && value->is_null() && spec.type != FieldType::Any) return nullptr;
    return value;
}

const std::pair<Node, Node>* find_member(const Node& map, std::string_view key) {
    for (const auto& member : map.members) {
        if (member.first.text == key) return &member;
    }
    return nullptr;
}

std::optional<bool> boolean_of(const Node& node) {
    constexpr std::array<std::string_view, 4> kTrue = {"true", "yes", "on", "1"};
    constexpr std::array<std::string_view, 4> kFalse = {"false", "no", "off", "0"};
    if (!node.is_scalar()) return std::nullopt;
    for (const std::string_view word : kTrue) {
        if (equals_ignoring_case(node.text, word)) return true;
    }
    for (const std::string_view word : kFalse) {
        if (equals_ignoring_case(node.text, word)) return false;
    }
    return std::nullopt;
}

std::optional<std::int64_t> integer_of(const Node& node) {
    if (node.kind == Node::Kind::Int) return core_int(node.text);
    return node.kind == Node::Kind::String ? parse_int64(node.text) : std::nullopt;
}

std::optional<std::chrono::milliseconds> duration_of(const Node& node) {
    return node.is_scalar() ? parse_duration(node.text) : std::nullopt;
}

std::optional<std::size_t> byte_size_of(const Node& node) {
    return node.is_scalar() ? parse_byte_size(node.text) : std::nullopt;
}

const Node* Fields::find(std::string_view name) const {
    if (node_ == nullptr || schema_ == nullptr || !node_->is_map()) return nullptr;
    const FieldSpec* spec = find_spec(*schema_, name);
    return spec == nullptr ? nullptr : find_value(*node_, *spec);
}

std::optional<std::string> Fields::text(std::string_view name) const {
    const Node* value = find(name);
    if (value == nullptr || !value->is_scalar() || value->is_null()) return std::nullopt;
    return value->text;
}

std::optional<std::int64_t> Fields::integer(std::string_view name) const {
    const Node* value = find(name);
    return value == nullptr ? std::nullopt : integer_of(*value);
}

std::optional<bool> Fields::flag(std::string_view name) const {
    const Node* value = find(name);
    return value == nullptr ? std::nullopt : boolean_of(*value);
}

std::optional<std::chrono::milliseconds> Fields::duration(std::string_view name) const {
    const Node* value = find(name);
    return value == nullptr ? std::nullopt : duration_of(*value);
}

std::optional<std::size_t> Fields::byte_size(std::string_view name) const {
    const Node* value = find(name);
    return value == nullptr ? std::nullopt : byte_size_of(*value);
}

std::vector<std::string> Fields::text_list(std::string_view name) const {
    const Node* value = find(name);
    if (value == nullptr || value->is_null() || value->is_map()) return {};
    if (value->is_scalar()) return {value->text};
    std::vector<std::string> texts;
    for (const Node& item : value->items) {
        if (item.is_scalar()) texts.push_back(item.text);
    }
    return texts;
}

std::optional<Fields> Fields::map(std::string_view name) const {
    const Node* value = find(name);
    if (value == nullptr || !value->is_map()) return std::nullopt;
    return Fields(value, find_spec(*schema_, name)->nested);
}

std::vector<Fields> Fields::map_list(std::string_view name) const {
    const Node* value = find(name);
    std::vector<Fields> maps;
    if (value == nullptr) return maps;
    for (const Node& item : value->items) {
        if (item.is_map()) maps.emplace_back(&item, find_spec(*schema_, name)->nested);
    }
    return maps;
}

}  // namespace kdeps::workflow
