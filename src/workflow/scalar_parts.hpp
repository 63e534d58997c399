#pragma once

#include <string_view>

#include "scalar.hpp"

namespace kdeps::workflow {

/// The parts of a scalar's text that stand in the source as they are: between escapes, doubled
/// quotes and line breaks that were folded.
[[nodiscard]] TextOrigin::Parts scalar_parts(const SourceText& source, const ScalarToken& token,
                                             std::string_view value);

}  // namespace kdeps::workflow
