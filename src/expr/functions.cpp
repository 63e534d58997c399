#include "functions.hpp"

#include <array>
#include <map>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/error.hpp"
#include "kdeps/expr/function_table.hpp"

#include "operators.hpp"

namespace kdeps::expr {
namespace {

constexpr Function world(std::string_view name, std::size_t min, std::size_t max,
                         std::string_view parameters, std::string_view help,
                         WorldFunction function) {
    return {name, min, max, parameters, help, nullptr, Shape::Plain, function};
}

using enum WorldFunction;
constexpr std::array kWorldFunctions = {
    world("get", 1, 2, "(name, hint or default)",
          "a value by name: set values, session, outputs, path parameter, query, body", Get),
    world("set", 2, 3, "(key, value, store)", "stores a value for this run; returns true", Set),
    world("info", 1, 1, "(field)", "a fact about the run: now, method, path, requestId, ...", Info),
    world("input", 1, 2, "(name, kind)", "a value of the request", Input),
    world("output", 1, 1, "(actionId)", "the output of a resource", Output),
    world("failed", 1, 1, "(actionId)",
          "whether a resource failed and its onError let the run go on", Failed),
    world("error", 1, 1, "(actionId)",
          "what it failed with: message, code, ...; nil if it did not fail or did not run",
          Failure),
    world("env", 1, 1, "(name)", "an environment variable", Env),
    world("session", 0, 0, "()", "all values of the session", Session),
    world("request.data", 0, 0, "()", "the body of the request", RequestData),
    world("request.params", 1, 1, "(name)", "a query parameter", RequestParams),
    world("request.header", 1, 1, "(name)", "a request header", RequestHeader),
    Function{"result", 1, 1, "(statement)",
             "in `queries`: what an earlier statement gave, by its number from 0 or its name",
             nullptr, Shape::Statement, Result},
};

Function facet_row(const Facet& facet) {
    return {facet.name, 1, 1, "(actionId)", facet.help, nullptr, Shape::Facet};
}

}  // namespace

struct FunctionTable::Rows {
    explicit Rows(std::vector<Facet> own) : facets(std::move(own)) {
        for (const Facet& facet : facets) facet_rows.push_back(facet_row(facet));
        for (std::span<const Function> family :
             {std::span<const Function>(kWorldFunctions), value_functions(), text_functions(),
              list_functions(), number_functions(), std::span<const Function>(facet_rows)}) {
            for (const Function& function : family) add(function);
        }
    }
    void add(const Function& function) {
        if (!by_name.emplace(function.name, &function).second) {
            throw std::logic_error(fmt::format("function '{}' exists twice", function.name));
        }
        all.push_back(&function);
        names.emplace_back(function.name);
    }

    const std::vector<Facet> facets;   ///< Own what their rows show.
    std::vector<Function> facet_rows;  ///< Complete before anything points at one.
    std::vector<const Function*> all;
    std::unordered_map<std::string_view, const Function*> by_name;
    std::vector<std::string> names;
};

/// Places by name.
struct FunctionTable::Resources : std::map<std::string, std::size_t, std::less<>> {};

FunctionTable::FunctionTable() {
    static const auto kRows = std::make_shared<const Rows>(std::vector<Facet>());
    rows_ = kRows;
}

FunctionTable::FunctionTable(std::vector<Facet> facets)
    : rows_(std::make_shared<const Rows>(std::move(facets))) {}

FunctionTable FunctionTable::with_resources(const std::vector<std::string>& names) const {
    auto places = std::make_shared<Resources>();
    for (std::size_t i = 0; i < names.size(); ++i) places->emplace(names[i], i);
    FunctionTable table = *this;
    table.resources_ = std::move(places);
    return table;
}

std::optional<std::size_t> FunctionTable::resource(std::string_view name) const {
    if (resources_ == nullptr) return std::nullopt;
    const auto found = resources_->find(name);
    return found == resources_->end() ? std::nullopt : std::optional(found->second);
}

const Function* FunctionTable::find(std::string_view name) const {
    const auto found = rows_->by_name.find(name);
    return found == rows_->by_name.end() ? nullptr : found->second;
}

std::vector<const Function*> FunctionTable::in_space(std::string_view space) const {
    std::vector<const Function*> members;
    for (const Function* function : rows_->all) {
        const std::string_view name = function->name;
        const bool is_member =
            name.starts_with(space) && name.substr(space.size()).starts_with('.');
        const bool is_space = name == space && function->max_arguments == 0;
        if (is_member || is_space) members.push_back(function);
    }
    return members;
}

const std::vector<std::string>& FunctionTable::names() const {
    return rows_->names;
}

std::vector<FunctionInfo> FunctionTable::describe() const {
    std::vector<FunctionInfo> rows;
    for (const Function* function : rows_->all) {
        rows.push_back(
            {std::string(function->name), function->min_arguments, function->max_arguments,
             fmt::format("{}{}: {}", function->name, function->parameters, function->help)});
    }
    return rows;
}

Value text_argument(Context& context, Arguments arguments, std::size_t index) {
    if (std::optional<Value> text = text_of(arguments[index], context.meter)) {
        context.meter.read(text->as_string().size());
        return *std::move(text);
    }
    throw BadArgument{index, "text", "str(x) gives the text of any value"};
}

std::int64_t int_argument(Arguments arguments, std::size_t index) {
    const Value& value = arguments[index];
    if (value.is_number() && value.kind() != Kind::Double) {
        if (const auto integer = to_decimal(value).to_int64()) return *integer;
    }
    throw BadArgument{index, "an int"};
}

std::size_t count_argument(Arguments arguments, std::size_t index) {
    const std::int64_t value = int_argument(arguments, index);
    if (value < 0) throw BadArgument{index, "an int that is not negative", {}, true};
    return static_cast<std::size_t>(value);
}

const Value& list_argument(Arguments arguments, std::size_t index) {
    const Value& value = arguments[index];
    if (value.kind() == Kind::List || value.kind() == Kind::Table) return value;
    throw BadArgument{
        index, "a list",
        value.is_null() ? "a value that may be nil can have a default: default(x, [])" : ""};
}

const Value& number_argument(Arguments arguments, std::size_t index) {
    const Value& value = arguments[index];
    if (value.is_number()) return value;
    throw BadArgument{index, "a number",
                      value.kind() == Kind::String
                          ? "int(x), float(x) and decimal(x) turn text into a number"
                          : ""};
}

Value::List elements_of(const Value& list, Meter& meter) {
    meter.steps(list.size());
    meter.elements(list.size());
    if (list.kind() == Kind::List) return list.as_list();
    Value::List rows;
    rows.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) rows.push_back(list.element(i));
    return rows;
}

}  // namespace kdeps::expr
