#include "kdeps/inputs/pattern.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include "kdeps/base/error.hpp"

namespace kdeps::inputs {
namespace {

re2::RE2::Options options() {
    re2::RE2::Options options;
    options.set_log_errors(false);
    return options;
}

}  // namespace

Pattern::Pattern(const std::string& text)
    : compiled_(std::make_unique<const re2::RE2>(text, options())) {
    if (compiled_->ok()) return;
    throw Error(ErrorCode::InvalidValue,
                fmt::format("the pattern cannot be read: {}", compiled_->error()),
                {.hint = "patterns have the syntax of RE2: no look-around, no back-references"});
}

Pattern::~Pattern() = default;

bool Pattern::is_in(std::string_view text) const {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

const std::string& Pattern::text() const {
    return compiled_->pattern();
}

}  // namespace kdeps::inputs
