#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kdeps/db/connection.hpp"
#include "kdeps/engine/compile_context.hpp"
#include "kdeps/engine/run_context.hpp"
#include "kdeps/expr/text.hpp"
#include "kdeps/workflow/schema.hpp"

namespace kdeps::resources {

/// How many rows a statement must give or change, `expect` in YAML, and what the answer is if it
/// does not.
///
/// Threads: immutable; require() may run in several threads at once, each with its own context.
class Expectation {
 public:
    /// Reads the fields of an `expect`; nullopt after mistakes were reported.
    [[nodiscard]] static std::optional<Expectation> compile(const workflow::Fields& fields,
                                                            engine::CompileContext& context);

    /// Errors: PreflightFailed with the status and message that the author chose. `statement` is
    ///         what the message calls it by otherwise.
    void require(const db::Result& result, const std::string& statement,
                 engine::RunContext& context) const;
    [[nodiscard]] const std::optional<expr::Text>& message() const { return message_; }

 private:
    enum class Comparison { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };

    bool read_rows(const workflow::Node& node, Diagnostics& diagnostics);
    [[nodiscard]] bool is_met_by(std::int64_t rows) const;
    /// Whether every number of rows meets it, or none does.
    [[nodiscard]] bool is_idle() const;

    Comparison comparison_ = Comparison::Equal;
    std::int64_t rows_ = 0;
    std::string text_;  ///< `1`, `> 0`
    int status_ = 409;
    std::optional<expr::Text> message_;
};

}  // namespace kdeps::resources
