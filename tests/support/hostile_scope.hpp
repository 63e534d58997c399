#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/error.hpp"
#include "kdeps/base/table.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/expr/scope.hpp"

namespace kdeps::test {

/// Values that are dear to copy, to read or to compute with. Counts how often it is asked whether
/// to go on, which is the measure of work that knows no clock.
class HostileScope final : public expr::Scope {
 public:
    explicit HostileScope(std::size_t bytes = std::size_t{1} << 20U) {
        const std::string ascii(bytes, 'a');
        std::string letters;
        while (letters.size() < bytes) letters += "\xC3\xA9";
        std::string zeros = "[0";
        while (zeros.size() < bytes) zeros += ",[]";
        names_ = {
            {"ascii", ascii},
            {"other", ascii + "b"},
            {"letters", letters},
            {"digits", std::string(19'000, '7')},
            {"zeros", zeros + "]"},
            {"number", *Decimal::parse(std::string(19'000, '7'))},
            {"factor", *Decimal::parse("1.5e4930")},
            {"fraction", *Decimal::parse("0." + std::string(19'000, '3'))},
            {"ints", ints(bytes / 100)},
            {"texts", Value::List(1'000, Value(ascii))},
            {"object", members(bytes / 1'000)},
            {"rows", table(ascii)},
            {"csv", TableRef{table(ascii).as_table().table, TableFormat::Csv}},
            {"bytes", Bytes{ascii}},
            {"day", Temporal{Kind::Date, "2024-01-15"}},
            {"none", nullptr},
        };
    }

    std::size_t checks = 0;
    std::optional<std::size_t> patience = std::nullopt;  ///< Checks after which it says stop.

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& [name, value] : names_) all.push_back(name);
        return all;
    }
    [[nodiscard]] std::optional<Value> lookup(std::string_view name,
                                              std::optional<std::size_t>) override {
        const Value* value = names_.find(name);
        return value == nullptr ? std::nullopt : std::optional(*value);
    }
    /// What the largest of them prints as.
    [[nodiscard]] std::size_t largest() const {
        std::size_t bytes = 0;
        for (const auto& [name, value] : names_) bytes = std::max(bytes, value.printed_bytes());
        return bytes;
    }
    [[nodiscard]] Value call(expr::WorldFunction, std::span<const Value>,
                             std::optional<std::size_t>) override {
        return {};
    }
    [[nodiscard]] Value facet(std::string_view, const Value&, std::optional<std::size_t>) override {
        return {};
    }
    void check() override {
        if (patience && checks >= *patience) throw Error(ErrorCode::Cancelled, "told to stop");
        ++checks;
    }

 private:
    static Value ints(std::size_t count) {
        Value::List list;
        for (std::size_t i = 0; i < count; ++i) list.emplace_back(static_cast<std::int64_t>(i));
        return list;
    }
    static Value members(std::size_t count) {
        Object object;
        for (std::size_t i = 0; i < count; ++i) object.set("member" + std::to_string(i), 1);
        return object;
    }
    static Value table(const std::string& text) {
        TableBuilder builder;
        for (const char* name : {"a", "n", "doc"}) builder.add_column(name);
        for (std::int64_t i = 0; i < 3; ++i) {
            builder.append(CellType::Text, text);
            builder.append_int(i);
            builder.append(CellType::Json, "[1,2,{\"a\":" + std::to_string(i) + "}]");
        }
        return TableRef{builder.finish()};
    }

    Object names_;
};

}  // namespace kdeps::test
