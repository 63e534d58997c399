#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>

#include "kdeps/base/charge.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/expr/expression.hpp"
#include "kdeps/expr/scope.hpp"

namespace kdeps::expr {

/// Counts what one evaluation costs and ends it when its budget is spent or the Scope says so.
/// Charged is what an operation reads and makes, before it does so, in three measures:
///
/// - work: a step is worth kStepWork units, a byte that is read or written one, and digits that
///   are multiplied about one per nanosecond;
/// - memory: bytes that did not exist before; what is shared costs nothing;
/// - what a value prints as: shared parts cost nothing to keep, but print as often as they are
///   reached.
///
/// Errors: Error(ExpressionFailed) without a place; the evaluator adds it. Those of Scope::check().
class Meter {
 public:
    Meter(const Budget& budget, Scope& scope)
        : budget_(budget),
          scope_(scope),
          left_(saturated(budget.max_steps, kStepWork)),
          window_(std::min(left_, kWindow)) {
        left_ -= window_;
    }
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;

    void step() { work(kStepWork); }
    void steps(std::size_t count) { work(saturated(count, kStepWork)); }
    /// Bytes that are looked at.
    void read(std::size_t bytes) { work(bytes); }
    void read(const Value& value) { work(value.printed_bytes()); }
    /// Bytes that are made; which is work, too.
    void make(std::size_t bytes) {
        take(bytes);
        work(bytes);
    }
    /// Room for `count` elements of a list.
    void elements(std::size_t count) { take(saturated(count, sizeof(Value))); }
    /// A member of an object.
    void member(std::string_view name) { make(sizeof(Object::Member) + name.size()); }
    /// A sum, a product or a quotient of numbers of so many digits together.
    void sum(std::size_t digits) { make(2 * digits); }
    void product(std::size_t digits) {
        digits = std::min(digits, 2 * Decimal::kMaxFactorDigits);  // more are refused
        work(digits * digits / kDigitPairsPerUnit);
        make(2 * digits);
    }
    /// For the conversions of base, which tell what they make.
    [[nodiscard]] Charge charge() {
        return [this](std::size_t bytes) { make(bytes); };
    }

    /// A value from outside. An evaluation may print as much as it was given, and its budget.
    void given(const Value& value) { given_ = std::max(given_, value.printed_bytes()); }
    /// A value that was built or goes out.
    void kept(const Value& value) const {
        const std::size_t bytes = value.printed_bytes();
        if (bytes > given_ && bytes - given_ > budget_.max_bytes) fail_printed();
    }

 private:
    static constexpr std::size_t kStepWork = 256;
    static constexpr std::size_t kDigitPairsPerUnit = 32;
    /// Work between two looks at the Scope: about a millisecond.
    static constexpr std::size_t kWindow = std::size_t{1} << 20U;

    static std::size_t saturated(std::size_t count, std::size_t each) {
        return count > SIZE_MAX / each ? SIZE_MAX : count * each;
    }
    void take(std::size_t bytes) {
        if (bytes > budget_.max_bytes - made_) fail_bytes();
        made_ += bytes;
    }
    void work(std::size_t units) {
        if (units > window_) open_window(units);
        window_ -= units;
    }
    void open_window(std::size_t units);
    [[noreturn]] void fail_steps() const;
    [[noreturn]] void fail_bytes() const;
    [[noreturn]] void fail_printed() const;

    Budget budget_;
    Scope& scope_;
    std::size_t left_;    ///< Work beyond the window.
    std::size_t window_;  ///< Work before the next look at the Scope.
    std::size_t made_ = 0;
    std::size_t given_ = 0;
};

}  // namespace kdeps::expr
