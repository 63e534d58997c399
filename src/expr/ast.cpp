#include "ast.hpp"

#include <utility>

namespace kdeps::expr {

SourceSpan Source::span(const Range& range) const {
    return origin.span(text, range.offset, range.length);
}

void Source::fail(ErrorCode code, const Range& range, const std::string& message,
                  std::string hint) const {
    throw Error(code, message, {.where = span(range), .hint = std::move(hint)});
}

std::optional<Value> constant_value(const Node& node) {
    if (node.kind == NodeKind::Literal) return node.value;
    if (node.kind != NodeKind::List && node.kind != NodeKind::Map) return std::nullopt;
    Value::List values;
    for (const Node* child : node.children) {
        std::optional<Value> value = constant_value(*child);
        if (!value) return std::nullopt;
        values.push_back(*std::move(value));
    }
    if (node.kind == NodeKind::List) return Value(std::move(values));
    Object object;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
        if (values[i].kind() != Kind::String) return std::nullopt;
        object.set(values[i].as_string(), std::move(values[i + 1]));
    }
    return Value(std::move(object));
}

}  // namespace kdeps::expr
