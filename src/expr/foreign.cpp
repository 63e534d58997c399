#include "foreign.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

#include "functions.hpp"

namespace kdeps::expr {
namespace {

struct Foreign {
    std::string_view name;
    std::string_view hint;
};

constexpr std::array kFunctions = {
    Foreign{"typeof", "use type(x)"},
    Foreign{"contains", "it is an operator: text contains part, or x in list"},
    Foreign{"startsWith", "it is an operator: text startsWith prefix"},
    Foreign{"endsWith", "it is an operator: text endsWith suffix"},
    Foreign{"includes", "use text contains part, or x in list"},
    Foreign{"slice", "use x[1:3]"},
    Foreign{"substring", "use x[1:3]"},
    Foreign{"substr", "use x[1:3]"},
    Foreign{"length", "use len(x)"},
    Foreign{"size", "use len(x)"},
    Foreign{"bool", "use a comparison, for example x == 'true' or x != 0"},
    Foreign{"format", "join text with '+', or write it around {{ }}"},
    Foreign{"sprintf", "join text with '+', or write it around {{ }}"},
    Foreign{"formatDate", "format dates in SQL; info('now') gives the current time"},
    Foreign{"date", "dates are text here; info('now') gives the current time"},
    Foreign{"now", "use info('now')"},
    Foreign{"duration", "compute with dates in SQL"},
    Foreign{"timezone", "compute with dates in SQL"},
    Foreign{"reduce", "sum, join, groupBy, min and max cover its usual cases"},
    Foreign{"number", "use int(x), float(x) or decimal(x)"},
    Foreign{"parseInt", "use int(x)"},
    Foreign{"parseFloat", "use float(x)"},
    Foreign{"toString", "use str(x)"},
    Foreign{"toUpperCase", "use upper(x)"},
    Foreign{"toLowerCase", "use lower(x)"},
    Foreign{"coalesce", "use a ?? b, or default(a, b)"},
    Foreign{"isNull", "use x == nil"},
    Foreign{"exists", "use x != nil"},
    Foreign{"range", "use 1..3"},
    Foreign{"file", "files are not readable from expressions"},
};

constexpr std::array kMethods = {
    Foreign{"includes", "use text contains part, or x in list"},
    Foreign{"contains", "it is an operator: text contains part"},
    Foreign{"startsWith", "it is an operator: text startsWith prefix"},
    Foreign{"startswith", "use text startsWith prefix"},
    Foreign{"endsWith", "it is an operator: text endsWith suffix"},
    Foreign{"endswith", "use text endsWith suffix"},
    Foreign{"toLowerCase", "use lower(x)"},
    Foreign{"toUpperCase", "use upper(x)"},
    Foreign{"toString", "use str(x)"},
    Foreign{"toFixed", "use round(x, digits)"},
    Foreign{"strip", "use trim(x)"},
    Foreign{"length", "use len(x)"},
    Foreign{"size", "use len(x)"},
    Foreign{"slice", "use x[1:3]"},
    Foreign{"substring", "use x[1:3]"},
    Foreign{"some", "use any(list, predicate)"},
    Foreign{"every", "use all(list, predicate)"},
    Foreign{"items", "use toPairs(x)"},
    Foreign{"append", "use concat(list, [x])"},
    Foreign{"push", "use concat(list, [x])"},
    Foreign{"get", "use x['key'] ?? fallback"},
    Foreign{"stringify", "use json(x)"},
    Foreign{"parse", "use fromJSON(x)"},
};

constexpr std::array kMembers = {
    Foreign{"length", "use len(x)"},
    Foreign{"size", "use len(x)"},
    Foreign{"count", "use len(x)"},
};

std::string look_up(std::span<const Foreign> table, std::string_view name) {
    for (const Foreign& row : table) {
        if (row.name == name) return std::string(row.hint);
    }
    return {};
}

constexpr std::size_t kShortestPrefix = 3;

/// The longest function that `name` only continues or begins: `uppercase`, `conc`; or null.
const Function* function_with_prefix(std::string_view name, const FunctionTable& functions) {
    const std::string wanted = to_lower(name);
    const Function* found = nullptr;
    for (const std::string& known : functions.names()) {
        const std::string candidate = to_lower(known);
        if (std::min(candidate.size(), wanted.size()) < kShortestPrefix) continue;
        if (!wanted.starts_with(candidate) && !candidate.starts_with(wanted)) continue;
        if (found == nullptr || candidate.size() > found->name.size()) {
            found = functions.find(known);
        }
    }
    return found;
}

}  // namespace

std::string hint_for_function(std::string_view name) {
    return look_up(kFunctions, name);
}

std::string hint_for_similar_function(std::string_view name, const FunctionTable& functions) {
    std::vector<std::string> foreign;
    for (const Foreign& row : kFunctions) foreign.emplace_back(row.name);
    if (const auto near = closest(name, foreign)) return hint_for_function(*near);
    if (name.find('.') != std::string_view::npos) return {};
    const Function* function = function_with_prefix(name, functions);
    return function == nullptr ? std::string() : fmt::format("did you mean '{}'?", function->name);
}

std::string hint_for_method(std::string_view name, const FunctionTable& functions) {
    if (std::string hint = look_up(kMethods, name); !hint.empty()) return hint;
    const Function* function = functions.find(name);
    if (function == nullptr) return "values have no methods: write f(x), not x.f()";
    return fmt::format("use {}{}", function->name, function->parameters);
}

std::string hint_for_space(std::string_view name, const FunctionTable& functions) {
    std::string hint;
    for (const Function* function : functions.in_space(name.substr(0, name.find('.')))) {
        hint += hint.empty() ? "known: " : ", ";
        hint += fmt::format("{}{}", function->name, function->parameters);
    }
    return hint;
}

std::string hint_for_member(std::string_view name) {
    return look_up(kMembers, name);
}

}  // namespace kdeps::expr
