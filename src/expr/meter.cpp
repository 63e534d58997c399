#include "meter.hpp"

#include <fmt/format.h>

#include "kdeps/base/error.hpp"

namespace kdeps::expr {

void Meter::open_window(std::size_t units) {
    left_ += window_;
    window_ = 0;
    if (units > left_) fail_steps();
    scope_.check();
    window_ = std::min(left_, std::max(units, kWindow));
    left_ -= window_;
}

void Meter::fail_steps() const {
    throw Error(ErrorCode::ExpressionFailed,
                fmt::format("expression takes more than {} steps", budget_.max_steps),
                {.hint = "let the database filter, count and sort large results"});
}

void Meter::fail_bytes() const {
    throw Error(ErrorCode::ExpressionFailed,
                fmt::format("expression builds more than {} bytes", budget_.max_bytes),
                {.hint = "let the database filter, count and sort large results"});
}

void Meter::fail_printed() const {
    throw Error(
        ErrorCode::ExpressionFailed,
        fmt::format("expression gives a value of more than {} bytes", given_ + budget_.max_bytes),
        {.hint = "give a large part once, not in every element"});
}

}  // namespace kdeps::expr
