#pragma once

#include <cstddef>

#include "kdeps/base/value.hpp"
#include "kdeps/expr/expression.hpp"

namespace kdeps::expr {

/// Counts what one evaluation costs and ends it when its budget is spent. Work is charged before
/// it is done, so that nothing large is built first and refused later.
///
/// Errors: Error(ExpressionFailed) without a place; the evaluator adds it.
class Meter {
 public:
    explicit Meter(const Budget& budget) : budget_(budget) {}

    void steps(std::size_t count) {
        if (count > budget_.max_steps - steps_) fail_steps();
        steps_ += count;
    }
    void step() { steps(1); }
    void bytes(std::size_t count) {
        if (count > budget_.max_bytes - bytes_) fail_bytes();
        bytes_ += count;
    }
    /// A list of `count` elements.
    void elements(std::size_t count) {
        if (count > budget_.max_bytes / sizeof(Value)) fail_bytes();
        bytes(count * sizeof(Value));
    }
    /// Everything that can be reached from `value`, as often as it is reached: a shared part that
    /// prints twice costs twice. A step per value, a byte per byte of text.
    void whole(const Value& value);

 private:
    [[noreturn]] void fail_steps() const;
    [[noreturn]] void fail_bytes() const;

    Budget budget_;
    std::size_t steps_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace kdeps::expr
