// Functions on lists and objects. A table is a list of rows.

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <unordered_map>
#include <vector>

#include "functions.hpp"
#include "operators.hpp"

namespace kdeps::expr {
namespace {

/// Index of the first element for which the predicate holds; from the end if `backwards`.
std::optional<std::size_t> search(Context& context, const Value& list, bool backwards = false) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::size_t index = backwards ? list.size() - 1 - i : i;
        context.meter.step();
        if (is_true(context.predicate(list.element(index), index))) return index;
    }
    return std::nullopt;
}

/// How many elements pass the predicate, or are true without one; stops behind `enough`.
std::size_t count_true(Context& context, const Value& list, std::size_t enough = kAnyNumber) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < list.size() && count < enough; ++i) {
        context.meter.step();
        const Value element = list.element(i);
        if (is_true(context.predicate ? context.predicate(element, i) : element)) ++count;
    }
    return count;
}

Value all(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    for (std::size_t i = 0; i < list.size(); ++i) {
        context.meter.step();
        if (!is_true(context.predicate(list.element(i), i))) return false;
    }
    return true;
}

Value any(Context& context, Arguments arguments) {
    return count_true(context, list_argument(arguments, 0), 1) == 1;
}

Value none(Context& context, Arguments arguments) {
    return count_true(context, list_argument(arguments, 0), 1) == 0;
}

Value one(Context& context, Arguments arguments) {
    return count_true(context, list_argument(arguments, 0), 2) == 1;
}

Value count(Context& context, Arguments arguments) {
    return static_cast<std::int64_t>(count_true(context, list_argument(arguments, 0)));
}

Value filter(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    Value::List kept;
    for (std::size_t i = 0; i < list.size(); ++i) {
        context.meter.step();
        Value element = list.element(i);
        if (!is_true(context.predicate(element, i))) continue;
        context.meter.elements(1);
        kept.push_back(std::move(element));
    }
    return kept;
}

Value map(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    context.meter.elements(list.size());
    Value::List mapped;
    mapped.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
        context.meter.step();
        mapped.push_back(context.predicate(list.element(i), i));
    }
    return mapped;
}

Value element_or_nil(const Value& list, std::optional<std::size_t> index) {
    return index ? list.element(*index) : Value();
}

Value index_or_minus_one(std::optional<std::size_t> index) {
    return index ? static_cast<std::int64_t>(*index) : std::int64_t{-1};
}

Value find(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    return element_or_nil(list, search(context, list));
}

Value find_last(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    return element_or_nil(list, search(context, list, true));
}

Value find_index(Context& context, Arguments arguments) {
    return index_or_minus_one(search(context, list_argument(arguments, 0)));
}

Value find_last_index(Context& context, Arguments arguments) {
    return index_or_minus_one(search(context, list_argument(arguments, 0), true));
}

Value sum(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    Value total = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        context.meter.step();
        const Value element = list.element(i);
        const Value part = context.predicate ? context.predicate(element, i) : element;
        total = apply_binary(Operator::Add, total, part, context.meter);
    }
    if (!total.is_number()) throw BadArgument{0, "a list of numbers", {}, true};
    return total;
}

/// The text of a number without zeros at its end, so that equal numbers have one.
std::string number_name(const Value& number, Meter& meter) {
    std::string text = printed(number, meter);
    if (number.kind() == Kind::Int) return text;
    if (const auto decimal = Decimal::parse(text)) text = decimal->to_string();
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

/// Groups in the order of their first elements. A number belongs to the group of an equal one,
/// whose name is the text of the first; else to the group that has its text as name.
class Groups {
 public:
    explicit Groups(Meter& meter) : meter_(meter) {}

    void add(const Value& key, Value element) {
        groups_[place_of(key)].second.push_back(std::move(element));
    }
    Object take() {
        Object object;
        for (auto& [name, members] : groups_) object.set(std::move(name), std::move(members));
        return object;
    }

 private:
    std::size_t place_of(const Value& key) {
        if (!key.is_number()) return named(printed(key, meter_));
        const auto [at, is_new] = numbers_.emplace(number_name(key, meter_), groups_.size());
        if (is_new) at->second = named(printed(key, meter_));
        return at->second;
    }
    std::size_t named(std::string name) {
        const auto [at, is_new] = names_.emplace(name, groups_.size());
        if (is_new) {
            meter_.member(name);
            meter_.make(2 * name.size());
            groups_.emplace_back(std::move(name), Value::List{});
        }
        return at->second;
    }

    Meter& meter_;
    std::vector<std::pair<std::string, Value::List>> groups_;
    std::unordered_map<std::string, std::size_t> names_;
    std::unordered_map<std::string, std::size_t> numbers_;
};

Value group_by(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    Groups groups(context.meter);
    context.meter.elements(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
        context.meter.step();
        Value element = list.element(i);
        const Value key = context.predicate(element, i);
        groups.add(key, std::move(element));
    }
    return groups.take();
}

/// Whether the order argument asks for descending order.
bool is_descending(Context& context, Arguments arguments, std::size_t index) {
    if (arguments.size() <= index) return false;
    const Value text = text_argument(context, arguments, index);
    const std::string& order = text.as_string();
    if (order != "asc" && order != "desc") {
        throw BadArgument{index, "'asc' or 'desc'", {}, true};
    }
    return order == "desc";
}

bool is_nan(const Value& value) {
    return value.kind() == Kind::Double && std::isnan(value.as_double());
}

/// nil comes before everything, NaN behind everything; else as `<` says.
bool comes_before(const Value& a, const Value& b, Meter& meter) {
    meter.step();
    if (a.is_null() || b.is_null()) return a.is_null() && !b.is_null();
    if (is_nan(a) || is_nan(b)) return !is_nan(a) && is_nan(b);
    return order(a, b, meter) < 0;
}

Value sorted(Context& context, const Value& list, const Value::List& keys, bool descending) {
    std::vector<std::size_t> places(list.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    context.meter.elements(list.size());
    std::ranges::stable_sort(places, [&](std::size_t a, std::size_t b) {
        const auto [first, second] = descending ? std::pair(b, a) : std::pair(a, b);
        return comes_before(keys[first], keys[second], context.meter);
    });
    Value::List result;
    result.reserve(list.size());
    for (std::size_t place : places) result.push_back(list.element(place));
    return result;
}

Value sort(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    const bool descending = is_descending(context, arguments, 1);
    return sorted(context, list, elements_of(list, context.meter), descending);
}

Value sort_by(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    const bool descending = is_descending(context, arguments, 1);
    return sorted(context, list, map(context, arguments.first(1)).as_list(), descending);
}

Value reverse(Context& context, Arguments arguments) {
    Value::List list = elements_of(list_argument(arguments, 0), context.meter);
    std::ranges::reverse(list);
    return list;
}

/// Equal values have equal hashes.
std::size_t hash_of(const Value& value, Meter& meter) {
    meter.read(value);
    if (value.is_number()) return std::hash<double>()(to_double(value) + 0.0);  // no -0.0
    if (value.kind() == Kind::String) return std::hash<std::string>()(value.as_string());
    if (is_temporal(value)) return std::hash<std::string>()(value.as_temporal().text);
    return value.size();
}

Value uniq(Context& context, Arguments arguments) {
    Value::List kept;
    std::unordered_map<std::size_t, std::vector<std::size_t>> seen;
    for (Value& element : elements_of(list_argument(arguments, 0), context.meter)) {
        context.meter.elements(1);
        std::vector<std::size_t>& alike = seen[hash_of(element, context.meter)];
        const bool known = std::ranges::any_of(
            alike, [&](std::size_t place) { return equal(kept[place], element, context.meter); });
        if (known) continue;
        alike.push_back(kept.size());
        kept.push_back(std::move(element));
    }
    return kept;
}

Value concat(Context& context, Arguments arguments) {
    Value::List result;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        Value::List part = elements_of(list_argument(arguments, i), context.meter);
        std::ranges::move(part, std::back_inserter(result));
    }
    return result;
}

void flatten_into(Value::List& out, const Value& list, Meter& meter) {
    for (Value& element : elements_of(list, meter)) {
        if (element.kind() == Kind::List || element.kind() == Kind::Table) {
            flatten_into(out, element, meter);
        } else {
            out.push_back(std::move(element));
        }
    }
}

Value flatten(Context& context, Arguments arguments) {
    Value::List result;
    flatten_into(result, list_argument(arguments, 0), context.meter);
    return result;
}

Value first(Context&, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    return list.size() == 0 ? Value() : list.element(0);
}

Value last(Context&, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    return list.size() == 0 ? Value() : list.element(list.size() - 1);
}

Value take(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    const std::size_t count = std::min(count_argument(arguments, 1), list.size());
    context.meter.steps(count);
    context.meter.elements(count);
    Value::List result;
    for (std::size_t i = 0; i < count; ++i) result.push_back(list.element(i));
    return result;
}

/// Elements whose member `key` is a number that is at least `min`.
Value where(Context& context, Arguments arguments) {
    const Value& list = list_argument(arguments, 0);
    const Value key = text_argument(context, arguments, 1);
    const Value& least = number_argument(arguments, 2);
    Value::List kept;
    for (std::size_t i = 0; i < list.size(); ++i) {
        context.meter.step();
        Value element = list.element(i);
        const std::optional<Value> value = member_of(element, key.as_string(), context.meter);
        if (!value || !value->is_number()) continue;
        if (!(order(*value, least, context.meter) >= 0)) continue;  // NaN is no number either
        context.meter.elements(1);
        kept.push_back(std::move(element));
    }
    return kept;
}

const Value& object_argument(Arguments arguments, std::size_t index) {
    if (arguments[index].kind() == Kind::Object) return arguments[index];
    throw BadArgument{index, "an object"};
}

/// Calls `visit(name, value)` for every member of the object that is the only argument.
template <class Visit>
void each_member(Context& context, Arguments arguments, const Visit& visit) {
    const Value& object = object_argument(arguments, 0);
    if (object.is_row()) context.meter.make(object.printed_bytes());  // its values are made anew
    object.for_each_member(visit);
}

Value keys(Context& context, Arguments arguments) {
    Value::List list;
    each_member(context, arguments, [&](const std::string& name, const Value&) {
        context.meter.member(name);
        list.emplace_back(name);
    });
    return list;
}

Value values(Context& context, Arguments arguments) {
    Value::List list;
    each_member(context, arguments, [&](const std::string&, const Value& value) {
        context.meter.elements(1);
        list.push_back(value);
    });
    return list;
}

Value to_pairs(Context& context, Arguments arguments) {
    Value::List list;
    each_member(context, arguments, [&](const std::string& name, const Value& value) {
        context.meter.elements(2);
        context.meter.member(name);
        list.emplace_back(Value::List{name, value});
    });
    return list;
}

Value from_pairs(Context& context, Arguments arguments) {
    Object object;
    for (const Value& pair : elements_of(list_argument(arguments, 0), context.meter)) {
        const bool fits =
            pair.kind() == Kind::List && pair.size() == 2 && pair.element(0).kind() == Kind::String;
        if (!fits) throw BadArgument{0, "a list of [name, value]", {}, true};
        context.meter.member(pair.element(0).as_string());
        object.set(pair.element(0).as_string(), pair.element(1));
    }
    return object;
}

constexpr std::array kListFunctions = {
    Function{"filter", 2, 2, "(list, predicate)", "the elements for which the predicate holds",
             filter, Shape::PerElement},
    Function{"map", 2, 2, "(list, expression)", "the expression for every element", map,
             Shape::PerElement},
    Function{"all", 2, 2, "(list, predicate)", "whether it holds for every element", all,
             Shape::PerElement},
    Function{"any", 2, 2, "(list, predicate)", "whether it holds for some element", any,
             Shape::PerElement},
    Function{"none", 2, 2, "(list, predicate)", "whether it holds for no element", none,
             Shape::PerElement},
    Function{"one", 2, 2, "(list, predicate)", "whether it holds for exactly one element", one,
             Shape::PerElement},
    Function{"find", 2, 2, "(list, predicate)", "the first such element, or nil", find,
             Shape::PerElement},
    Function{"findIndex", 2, 2, "(list, predicate)", "its index, or -1", find_index,
             Shape::PerElement},
    Function{"findLast", 2, 2, "(list, predicate)", "the last such element, or nil", find_last,
             Shape::PerElement},
    Function{"findLastIndex", 2, 2, "(list, predicate)", "its index, or -1", find_last_index,
             Shape::PerElement},
    Function{"count", 1, 2, "(list, predicate)", "how many elements pass, or are true", count,
             Shape::PerElement},
    Function{"sum", 1, 2, "(list, expression)", "the sum of the numbers", sum, Shape::PerElement},
    Function{"groupBy", 2, 2, "(list, expression)",
             "an object of lists by the expression's text; equal numbers in one", group_by,
             Shape::PerElement},
    Function{"sortBy", 2, 3, "(list, expression, order)",
             "sorted by the expression, 'asc' or 'desc'; nil first", sort_by, Shape::PerElement},
    Function{"sort", 1, 2, "(list, order)", "sorted, 'asc' or 'desc'; nil first", sort},
    Function{"reverse", 1, 1, "(list)", "from the last to the first", reverse},
    Function{"uniq", 1, 1, "(list)", "each value once", uniq},
    Function{"concat", 1, kAnyNumber, "(list, ...)", "all elements in one list", concat},
    Function{"flatten", 1, 1, "(list)", "lists inside the list dissolved", flatten},
    Function{"first", 1, 1, "(list)", "the first element, or nil", first},
    Function{"last", 1, 1, "(list)", "the last element, or nil", last},
    Function{"take", 2, 2, "(list, count)", "at most so many elements from the start", take},
    Function{"where", 3, 3, "(list, key, min)", "the elements whose number `key` is at least min",
             where},
    Function{"keys", 1, 1, "(object)", "the names of its members", keys},
    Function{"values", 1, 1, "(object)", "the values of its members", values},
    Function{"toPairs", 1, 1, "(object)", "a list of [name, value]", to_pairs},
    Function{"fromPairs", 1, 1, "(list)", "an object from a list of [name, value]", from_pairs},
};

}  // namespace

std::span<const Function> list_functions() {
    return kListFunctions;
}

}  // namespace kdeps::expr
