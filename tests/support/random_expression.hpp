#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "kdeps/expr/expression.hpp"

namespace kdeps::test {

/// Writes expressions that parse, of every operator and function, over the given names. The same
/// seed gives the same expressions.
class RandomExpression {
 public:
    RandomExpression(unsigned seed, std::vector<std::string> names)
        : random_(seed), names_(std::move(names)) {}

    std::string next(int depth = 4) {
        if (depth == 0) return leaf();
        switch (below(10)) {
            case 0:
            case 1:
                return "(" + next(depth - 1) + pick(kOperators) + next(depth - 1) + ")";
            case 2:
                return pick(kPrefixes) + ("(" + next(depth - 1) + ")");
            case 3:
                return "[" + next(depth - 1) + ", " + next(depth - 1) + "]";
            case 4:
                return "{a: " + next(depth - 1) + ", b: " + next(depth - 1) + "}";
            case 5:
                return "(" + next(depth - 1) + ")" + pick(kAccesses);
            case 6:
                return "(let v = " + next(depth - 1) + "; [v, v, " + next(depth - 1) + "])";
            case 7:
                return "map(1.." + std::to_string(1 + below(3000)) + ", " + inside(depth) + ")";
            default:
                return call(depth);
        }
    }

 private:
    static constexpr const char* kOperators[] = {
        " + ",  " - ",  " * ",  " / ",   " % ",  " ** ", " == ",       " != ",         " < ",
        " >= ", " in ", " .. ", " and ", " or ", " ?? ", " contains ", " startsWith ", " endsWith ",
    };
    static constexpr const char* kPrefixes[] = {"-", "not ", "+"};
    static constexpr const char* kAccesses[] = {"[0]", "[-1]", "[1:]", "[:2]",
                                                "?.a", ".n",   "['a']"};
    static constexpr const char* kLiterals[] = {
        "0",  "1",       "-3",   "1000",    "2.50", "1e40", "3e199990", "9999999999999999999",
        "''", "'a'",     "' x'", "'1e999'", "nil",  "true", "[]",       "{}",
        "7",  "'[[],1]'"};

    std::size_t below(std::size_t count) {
        return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
    }
    template <class Choices>
    std::string pick(const Choices& choices) {
        return choices[below(std::size(choices))];
    }
    std::string leaf() {
        if (inside_ > 0 && below(2) == 0) return below(3) == 0 ? "#index" : "#";
        return below(3) == 0 ? pick(kLiterals) : pick(names_);
    }
    std::string inside(int depth) {
        ++inside_;
        std::string body = next(depth - 1);
        --inside_;
        return body;
    }
    std::string call(int depth) {
        const expr::FunctionInfo& function = functions_[below(functions_.size())];
        const std::size_t most = std::min(function.max_arguments, function.min_arguments + 2);
        const std::size_t count = function.min_arguments + below(most - function.min_arguments + 1);
        const bool per_element = function.help.find("(list, predicate") != std::string::npos ||
                                 function.help.find("(list, expression") != std::string::npos;
        const bool is_choice = function.name == "oneOf" || function.name == "ident";
        std::string text = function.name + "(";
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) text += ", ";
            if (i == 1 && is_choice) {
                text += "['a', 'b']";
            } else if (function.name == "result") {
                text += "'a'";
            } else {
                text += i == 1 && per_element ? inside(depth) : next(depth - 1);
            }
        }
        return text + ")";
    }

    const std::vector<expr::FunctionInfo> functions_ = expr::FunctionTable().describe();
    std::mt19937 random_;
    std::vector<std::string> names_;
    int inside_ = 0;  ///< Predicates that are open.
};

}  // namespace kdeps::test
