#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdeps::expr {

struct Function;  // one row, private to this module (src/expr/functions.hpp)

/// What a resource gives beside its output. Expressions read it by a function of the same name:
/// `python.stdout(actionId)`.
struct Facet {
    std::string name;  ///< `space.word`
    std::string help;
};

/// Name and one-line help of a function, for hints and the reference pages.
struct FunctionInfo {
    std::string name;
    std::size_t min_arguments;
    std::size_t max_arguments;
    std::string help;
};

/// What an expression may name: the functions of this module, those that read facets, and
/// resources. Immutable; cheap to copy.
///
/// Threads: safe to share.
class FunctionTable {
 public:
    FunctionTable();
    /// REQUIRES: no facet is called as another one or as a function of this module.
    explicit FunctionTable(std::vector<Facet> facets);
    /// The same functions, with these resources.
    [[nodiscard]] FunctionTable with_resources(const std::vector<std::string>& names) const;

    [[nodiscard]] const Function* find(std::string_view name) const;
    /// The place of a resource in the list of their names.
    [[nodiscard]] std::optional<std::size_t> resource(std::string_view name) const;
    /// The functions `space.name`, and `space` itself if it takes no argument: `session.get('x')`
    /// looks like one of its methods. Empty when `space` is no such word.
    [[nodiscard]] std::vector<const Function*> in_space(std::string_view space) const;
    [[nodiscard]] const std::vector<std::string>& names() const;
    [[nodiscard]] std::vector<FunctionInfo> describe() const;

 private:
    struct Rows;
    struct Resources;
    std::shared_ptr<const Rows> rows_;
    std::shared_ptr<const Resources> resources_;  ///< Null: there are none.
};

}  // namespace kdeps::expr
