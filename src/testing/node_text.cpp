#include "node_text.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/text.hpp"

namespace kdeps::testing {

namespace {

using workflow::Node;

/// The NAME of `env('NAME')`.
std::optional<std::string> variable_in(std::string_view slot) {
    slot = trim(slot);
    if (!slot.starts_with("env(") || !slot.ends_with(')')) return std::nullopt;
    slot = trim(slot.substr(4, slot.size() - 5));
    if (slot.size() < 3 || slot.front() != slot.back()) return std::nullopt;
    if (slot.front() != '\'' && slot.front() != '"') return std::nullopt;
    return std::string(slot.substr(1, slot.size() - 2));
}

void check_text(const Node& node, const std::vector<std::string>& saved, Diagnostics& diagnostics) {
    try {
        for (const TemplatePiece& piece : split_template(node.text, node.origin)) {
            if (!piece.is_slot || variable_in(piece.text)) continue;
            const std::string name(trim(piece.text));
            if (std::ranges::find(saved, name) != saved.end()) continue;
            diagnostics.error(
                ErrorCode::InvalidValue, fmt::format("no earlier step saves '{}'", name),
                node.origin.span(node.text, piece.offset, piece.text.size()),
                saved.empty() ? "an earlier step may have `save: {name: $.data.id}`; variables are "
                                "env('NAME')"
                              : did_you_mean(name, saved));
        }
    } catch (const Error& error) {
        diagnostics.add(Severity::Error, error);
    }
}

Value slot_value(const Node& node, const TemplatePiece& piece, const Names& names) {
    const auto variable = variable_in(piece.text);
    if (!variable) return *names.saved.find(trim(piece.text));
    if (auto value = names.environment.find(*variable)) return *std::move(value);
    throw Error(ErrorCode::InvalidValue, fmt::format("variable '{}' is not set", *variable),
                {.where = node.origin.span(node.text, piece.offset, piece.text.size()),
                 .hint = "set it in the environment, or in .env beside the workflow"});
}

Value tree(const Node& node, const std::function<Value(const Node&)>& leaf) {
    if (node.is_list()) {
        Value::List items;
        for (const Node& item : node.items) items.push_back(tree(item, leaf));
        return items;
    }
    if (node.is_map()) {
        Object members;
        for (const auto& [key, value] : node.members) members.set(key.text, tree(value, leaf));
        return members;
    }
    return leaf(node);
}

/// Numbers that no value holds are texts.
Value scalar(const Node& node) {
    return workflow::scalar_value(node).value_or(Value(node.text));
}

}  // namespace

void check_slots(const Node& node, const std::vector<std::string>& saved,
                 Diagnostics& diagnostics) {
    if (node.kind == Node::Kind::String) check_text(node, saved, diagnostics);
    for (const Node& item : node.items) check_slots(item, saved, diagnostics);
    for (const auto& member : node.members) check_slots(member.second, saved, diagnostics);
}

std::string filled(const Node& node, const Names& names) {
    std::string text;
    for (const TemplatePiece& piece : split_template(node.text, node.origin)) {
        text += piece.is_slot ? to_text(slot_value(node, piece, names)) : std::string(piece.text);
    }
    return text;
}

Value value_of(const Node& node, const Names& names) {
    return tree(node, [&](const Node& leaf) {
        if (leaf.kind != Node::Kind::String) return scalar(leaf);
        const auto pieces = split_template(leaf.text, leaf.origin);
        const bool is_whole = pieces.size() == 1 && pieces.front().is_slot;
        return is_whole ? slot_value(leaf, pieces.front(), names) : Value(filled(leaf, names));
    });
}

Value value_of(const Node& node) {
    return tree(node, scalar);
}

}  // namespace kdeps::testing
