#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "kdeps/base/value.hpp"

namespace kdeps::expr {

/// Functions whose answer comes from outside the expression. The function table of this module
/// gives their names and argument counts; a Scope gives their meaning.
enum class WorldFunction {
    Get,      ///< get(name), get(name, hint or default)
    Set,      ///< set(key, value), set(key, value, store)
    Info,     ///< info(field)
    Input,    ///< input(name), input(name, kind)
    Output,   ///< output(actionId)
    Failed,   ///< failed(actionId)
    Failure,  ///< error(actionId)
    Env,      ///< env(name)
    Session,  ///< session()
    RequestData,
    RequestParams,  ///< request.params(name)
    RequestHeader,  ///< request.header(name)
    Result,         ///< result(statement): of one that ran before, within an action
};

/// Where an expression gets everything that is not written in it. A name comes with the place of
/// the resource that has it among those of the FunctionTable, if there is one.
///
/// Threads: one evaluation at a time per Scope.
class Scope {
 public:
    virtual ~Scope() = default;
    /// The value of a bare name (`input`, `request`, `error`, `outputs`, an actionId, ...);
    /// nullopt if the name means nothing here.
    [[nodiscard]] virtual std::optional<Value> lookup(std::string_view name,
                                                      std::optional<std::size_t> resource) = 0;
    /// `resource` is the one that the first argument names.
    ///
    /// Errors: Error(ExpressionFailed) for arguments of the wrong kind.
    [[nodiscard]] virtual Value call(WorldFunction function, std::span<const Value> arguments,
                                     std::optional<std::size_t> resource) = 0;
    /// A facet of a resource by its function's name; nil if there is none.
    ///
    /// Errors: Error(ExpressionFailed) if `action_id` is no text.
    [[nodiscard]] virtual Value facet(std::string_view name, const Value& action_id,
                                      std::optional<std::size_t> resource) = 0;
    /// Asked about once in a millisecond of an evaluation. Throws what shall end it, e.g. at the
    /// end of the time that a run has.
    virtual void check() {}
};

}  // namespace kdeps::expr
