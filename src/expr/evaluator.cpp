#include "evaluator.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/base/small_vector.hpp"

#include "foreign.hpp"
#include "operators.hpp"
#include "utf8.hpp"

namespace kdeps::expr {
namespace {

[[noreturn]] void fail(const std::string& message, std::string hint = {}) {
    throw Error(ErrorCode::ExpressionFailed, message, {.hint = std::move(hint)});
}

/// Whether the node begins with the value of its first child and goes on from there.
bool continues_first_child(const Node& node) {
    switch (node.kind) {
        case NodeKind::Binary:
        case NodeKind::Compare:
        case NodeKind::Conditional:
        case NodeKind::Member:
        case NodeKind::Index:
        case NodeKind::Slice:
            return true;
        case NodeKind::Call:
            return !node.children.empty();
        default:
            return false;
    }
}

bool is_access(const Node& node) {
    return node.kind == NodeKind::Member || node.kind == NodeKind::Index ||
           node.kind == NodeKind::Slice;
}

bool is_list(const Value& value) {
    return value.kind() == Kind::List || value.kind() == Kind::Table;
}

Value unary(Operator op, const Value& operand, Meter& meter) {
    if (operand.kind() == Kind::Decimal) meter.sum(operand.as_decimal().digit_count());
    return apply_unary(op, operand);
}

/// A position that counts from the end if it is negative.
std::optional<std::size_t> place_of(const Value& key, std::size_t size) {
    if (key.kind() != Kind::Int) {
        fail(fmt::format("an index must be an int, not {}", kind_name(key.kind())));
    }
    const std::int64_t index = key.as_int();
    const auto length = static_cast<std::int64_t>(size);
    const std::int64_t place = index < 0 ? index + length : index;
    if (place < 0 || place >= length) return std::nullopt;
    return static_cast<std::size_t>(place);
}

Value element_at(const Value& container, const Value& key, Meter& meter) {
    const std::size_t size = length_of(container, meter);
    const std::optional<std::size_t> place = place_of(key, size);
    if (!place) {
        fail(fmt::format("index {} is out of range, there are {} elements", key.as_int(), size),
             size == 0 ? "first(x) and last(x) give nil for an empty list" : "");
    }
    if (is_list(container)) return container.element(*place);
    const std::string& text = container.as_string();
    meter.read(text.size());
    const std::size_t begin = byte_offset(text, *place);
    if (begin >= text.size()) return "";
    return text.substr(begin, code_point_length(text, begin));
}

/// A slice's bound, kept inside 0..size.
std::size_t bound_of(const Value& bound, std::size_t size) {
    if (bound.kind() != Kind::Int) {
        fail(fmt::format("a slice needs ints, not {}", kind_name(bound.kind())));
    }
    const auto length = static_cast<std::int64_t>(size);
    const std::int64_t at = bound.as_int() < 0 ? bound.as_int() + length : bound.as_int();
    return static_cast<std::size_t>(std::clamp<std::int64_t>(at, 0, length));
}

}  // namespace

// Chains that lean to the left, such as a + b + c or a.b.c, are as long as the author likes.
// They are walked in a loop; only real nesting, which the parser limits, uses the stack.
Value Evaluator::evaluate(const Node& node) {
    if (!continues_first_child(node)) return evaluate_alone(node);
    SmallVector<const Node*, 8> chain;
    const Node* at = &node;
    for (; continues_first_child(*at); at = at->children.front()) chain.push_back(at);
    Value value = evaluate_alone(*at);
    bool skips = false;  // `a?.b.c` is nil as a whole when a is nil
    for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
        skips = is_access(**link) && (skips || ((*link)->optional && value.is_null()));
        if (!skips) value = finish(**link, std::move(value));
    }
    return value;
}

Value Evaluator::evaluate_alone(const Node& node) {
    switch (node.kind) {
        case NodeKind::Literal:
            return node.value;
        case NodeKind::Local:
            return locals_[node.slot];
        case NodeKind::Element:
            return elements_.back().value;
        case NodeKind::ElementIndex:
            return static_cast<std::int64_t>(elements_.back().index);
        case NodeKind::Let:
            return let(node);
        default:
            return finish(node, {});
    }
}

Value Evaluator::let(const Node& node) {
    Value value = evaluate(*node.children[0]);
    locals_[node.slot] = std::move(value);
    return evaluate(*node.children[1]);
}

/// Gives a node's errors its place; those of parts inside it have theirs already.
Value Evaluator::finish(const Node& node, Value first) {
    try {
        meter_.step();
        Value result = finish_unplaced(node, std::move(first));
        meter_.kept(result);
        return result;
    } catch (Error& error) {
        if (!error.detail().where && error.code() == ErrorCode::ExpressionFailed) {
            error.detail().where = source_.span(node.mark);
        }
        throw;
    }
}

Value Evaluator::finish_unplaced(const Node& node, Value first) {
    switch (node.kind) {
        case NodeKind::Name:
            return name(node);
        case NodeKind::List:
            return list(node);
        case NodeKind::Map:
            return object(node);
        case NodeKind::Unary:
            return unary(node.op, evaluate(*node.children[0]), meter_);
        case NodeKind::Binary:
            return binary(node, std::move(first));
        case NodeKind::Compare:
            return comparison(node, std::move(first));
        case NodeKind::Conditional:
            return evaluate(*node.children[is_true(first) ? 1 : 2]);
        case NodeKind::Member:
            return member(node, first);
        case NodeKind::Index:
            return index(node, first);
        case NodeKind::Slice:
            return slice(node, first);
        default:
            break;
    }
    std::vector<Value> arguments;
    if (!node.children.empty()) arguments.push_back(std::move(first));
    return call(node, std::move(arguments));
}

Value Evaluator::name(const Node& node) {
    if (std::optional<Value> value = scope_.lookup(node.name, node.resource)) {
        meter_.given(*value);
        return *std::move(value);
    }
    const auto is_hyphen = [&](std::size_t at) {
        return at < source_.text.size() && source_.text[at] == '-';
    };
    const bool hyphen = is_hyphen(node.extent.end()) || is_hyphen(node.extent.offset - 1);
    fail(fmt::format("unknown name '{}'", node.name),
         hyphen ? "a name with a hyphen is read with get('...')"
                : fmt::format("text needs quotes, '{0}'; get('{0}') reads a value", node.name));
}

Value Evaluator::member(const Node& node, const Value& object) {
    if (object.kind() == Kind::Object) {
        return member_of(object, node.name, meter_).value_or(Value());
    }
    if (object.is_null()) {
        fail(fmt::format("nil has no member '{}'", node.name),
             fmt::format("write ?.{} where the value may be nil", node.name));
    }
    std::string hint = hint_for_member(node.name);
    if (hint.empty() && is_list(object)) {
        hint = fmt::format("take one element, x[0].{}, or all, map(x, .{})", node.name, node.name);
    }
    fail(fmt::format("{} has no member '{}'", kind_name(object.kind()), node.name),
         std::move(hint));
}

Value Evaluator::list(const Node& node) {
    meter_.elements(node.children.size());
    Value::List elements;
    elements.reserve(node.children.size());
    for (const Node* child : node.children) elements.push_back(evaluate(*child));
    return elements;
}

Value Evaluator::object(const Node& node) {
    Object members;
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
        const Value key = evaluate(*node.children[i]);
        const std::optional<Value> text = text_of(key, meter_);
        if (!text) fail(fmt::format("a key must be text, not {}", kind_name(key.kind())));
        meter_.member(text->as_string());
        members.set(text->as_string(), evaluate(*node.children[i + 1]));
    }
    return members;
}

/// `and`, `or` and `??` give the operand that decided and may not need the right one.
Value Evaluator::binary(const Node& node, Value left) {
    const Node& right = *node.children[1];
    switch (node.op) {
        case Operator::And:
            return is_true(left) ? evaluate(right) : left;
        case Operator::Or:
            return is_true(left) ? left : evaluate(right);
        case Operator::Coalesce:
            return left.is_null() ? evaluate(right) : left;
        default:
            break;
    }
    Value result = apply_binary(node.op, left, evaluate(right), meter_);
    return node.negated ? Value(!is_true(result)) : result;
}

Value Evaluator::comparison(const Node& node, Value left) {
    for (std::size_t i = 0; i < node.comparisons.size(); ++i) {
        Value right = evaluate(*node.children[i + 1]);
        if (!apply_comparison(node.comparisons[i], left, right, meter_)) return false;
        left = std::move(right);
    }
    return true;
}

Value Evaluator::index(const Node& node, const Value& object) {
    const Value key = evaluate(*node.children[1]);
    if (object.kind() == Kind::Object) {
        if (key.kind() == Kind::String) {
            return member_of(object, key.as_string(), meter_).value_or(Value());
        }
        fail(fmt::format("a member is named by a string, not {}", kind_name(key.kind())));
    }
    if (is_list(object) || object.kind() == Kind::String) return element_at(object, key, meter_);
    fail(fmt::format("{} has no elements", kind_name(object.kind())),
         object.is_null() ? "write ?.[...] where the value may be nil" : "");
}

Value Evaluator::slice(const Node& node, const Value& object) {
    if (!is_list(object) && object.kind() != Kind::String) {
        fail(fmt::format("{} has no slices", kind_name(object.kind())));
    }
    const std::size_t size = length_of(object, meter_);
    const auto bound = [&](const Node* child, std::size_t otherwise) {
        return child == nullptr ? otherwise : bound_of(evaluate(*child), size);
    };
    const std::size_t from = bound(node.children[1], 0);
    const std::size_t to = std::max(from, bound(node.children[2], size));
    if (object.kind() == Kind::String) {
        const std::string_view text = object.as_string();
        meter_.read(text.size());
        const std::size_t begin = byte_offset(text, from);
        const std::string_view part =
            text.substr(begin, byte_offset(text.substr(begin), to - from));
        meter_.make(part.size());
        return part;
    }
    meter_.steps(to - from);
    meter_.elements(to - from);
    Value::List elements;
    elements.reserve(to - from);
    for (std::size_t i = from; i < to; ++i) elements.push_back(object.element(i));
    return elements;
}

/// The resource that the first argument names, which may have been computed.
std::optional<std::size_t> Evaluator::resource_of(const Node& call,
                                                  const std::vector<Value>& arguments) const {
    if (call.is_bound || arguments.empty()) return call.resource;
    const Value& name = arguments.front();
    return name.kind() == Kind::String ? functions_.resource(name.as_string()) : std::nullopt;
}

Value Evaluator::ask_scope(const Node& node, const std::vector<Value>& arguments) {
    const Function& function = *node.function;
    for (const Value& argument : arguments) meter_.kept(argument);
    const auto resource = resource_of(node, arguments);
    Value answer = function.world ? scope_.call(*function.world, arguments, resource)
                                  : scope_.facet(function.name, arguments.front(), resource);
    meter_.given(answer);
    return answer;
}

Value Evaluator::call(const Node& node, std::vector<Value> arguments) {
    const Function& function = *node.function;
    const bool has_predicate = function.shape == Shape::PerElement && node.children.size() > 1;
    for (std::size_t i = has_predicate ? 2 : 1; i < node.children.size(); ++i) {
        arguments.push_back(evaluate(*node.children[i]));
    }
    if (function.run == nullptr) return ask_scope(node, arguments);
    Predicate predicate;
    if (has_predicate) {
        predicate = [this, &body = *node.children[1]](const Value& element, std::size_t place) {
            elements_.push_back({element, place});
            Value result = evaluate(body);
            elements_.pop_back();
            return result;
        };
    }
    Context context{meter_, predicate};
    try {
        return function.run(context, arguments);
    } catch (const BadArgument& bad) {
        const std::size_t child = bad.index + (has_predicate && bad.index > 0 ? 1 : 0);
        std::string message =
            fmt::format("argument {} of {}() must be {}", child + 1, function.name, bad.expected);
        if (!bad.is_right_kind) {
            message += fmt::format(", not {}", kind_name(arguments[bad.index].kind()));
        }
        throw Error(ErrorCode::ExpressionFailed, message,
                    {.where = source_.span(node.children[child]->extent), .hint = bad.hint});
    } catch (Error& error) {
        // The caller's mistakes that oneOf() and ident() report.
        const bool is_mistake = error.code() == ErrorCode::BadRequest;
        if (is_mistake && !error.detail().where) error.detail().where = source_.span(node.mark);
        throw;
    }
}

}  // namespace kdeps::expr
