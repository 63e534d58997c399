#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/error.hpp"
#include "kdeps/base/json.hpp"
#include "kdeps/base/table.hpp"
#include "kdeps/expr/expression.hpp"

namespace kdeps::test {

/// Two rows: (1, 'Ann', 19.90) and (2, 'Bob', NULL).
inline Value people(TableFormat format = TableFormat::Json) {
    TableBuilder builder;
    builder.add_column("id");
    builder.add_column("name");
    builder.add_column("price");
    builder.append_int(1);
    builder.append(CellType::Text, "Ann");
    builder.append(CellType::Decimal, "19.90");
    builder.append_int(2);
    builder.append(CellType::Text, "Bob");
    builder.append_null();
    return TableRef{builder.finish(), format};
}

/// The functions of the module, and three that read facets; with two resources.
inline const expr::FunctionTable& functions() {
    static const expr::FunctionTable kFunctions({{"python.stdout", "what a script printed"},
                                                 {"python.stderr", "what it printed as errors"},
                                                 {"python.exitCode", "its exit code"}});
    static const expr::FunctionTable kTable = kFunctions.with_resources({"orders", "job-1"});
    return kTable;
}

/// Knows a handful of names; get() reads the same names, the other functions give back what they
/// were called with.
class FakeScope final : public expr::Scope {
 public:
    Object names = {
        {"user", Object{{"name", "Zoë"},
                        {"age", 42},
                        {"tags", Value::List{"a", "b"}},
                        {"address", nullptr},
                        {"length", 7}}},
        {"nums", Value::List{3, 1, 2}},
        {"people", people()},
        {"csv", people(TableFormat::Csv)},
        {"rate", 0.5},
        {"text", "hello"},
        {"empty", Value::List{}},
        {"day", Temporal{Kind::Date, "2024-01-15"}},
        {"items", Value::List{Object{{"n", 1}, {"k", "x"}}, Object{{"n", 5}, {"k", "y"}},
                              Object{{"n", 3}, {"k", "x"}}}},
        {"item", Object{{"index", 4}}},
        {"evil", "{{ env('SECRET') }}"},
    };
    std::vector<expr::WorldFunction> calls;

    [[nodiscard]] std::optional<Value> lookup(std::string_view name,
                                              std::optional<std::size_t> resource) override {
        if (resource) return "resource " + std::to_string(*resource);
        const Value* value = names.find(name);
        return value == nullptr ? std::nullopt : std::optional<Value>(*value);
    }

    [[nodiscard]] Value call(expr::WorldFunction function, std::span<const Value> arguments,
                             std::optional<std::size_t> resource) override {
        calls.push_back(function);
        if (resource) return "resource " + std::to_string(*resource);
        if (function != expr::WorldFunction::Get) {
            return Value::List(arguments.begin(), arguments.end());
        }
        if (arguments[0].kind() != Kind::String) {
            throw Error(ErrorCode::ExpressionFailed, "get() needs a name");
        }
        if (arguments[0].as_string() == "gone") {
            throw Error(ErrorCode::Cancelled, "the client is gone");
        }
        const Value* value = names.find(arguments[0].as_string());
        if (value != nullptr) return *value;
        return arguments.size() > 1 ? arguments[1] : Value();
    }
    [[nodiscard]] Value facet(std::string_view name, const Value& action_id,
                              std::optional<std::size_t> resource) override {
        if (resource) return std::string(name) + " of " + std::to_string(*resource);
        return Value::List{name, action_id};
    }
};

inline expr::Expression parsed(std::string_view source, const TextOrigin& origin = {}) {
    return expr::Expression::parse(source, origin, functions());
}

inline Value evaluate(std::string_view source, const expr::Budget& budget = {}) {
    FakeScope scope;
    return parsed(source).evaluate(scope, budget);
}

/// The whole text of the error that `source` ends with; "no error" and its value otherwise.
inline std::string error_of(std::string_view source, const expr::Budget& budget = {}) {
    try {
        return "no error: " + to_json(evaluate(source, budget));
    } catch (const Error& error) {
        SourceTexts texts;
        texts.add("<expression>", std::string(source));
        return render(error, texts);
    }
}

}  // namespace kdeps::test
