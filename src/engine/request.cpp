#include "kdeps/engine/request.hpp"

#include "kdeps/base/text.hpp"

namespace kdeps::engine {

std::optional<std::string> Request::header(std::string_view name) const {
    for (const auto& [field, value] : headers) {
        if (equals_ignoring_case(field, name)) return value;
    }
    return std::nullopt;
}

}  // namespace kdeps::engine
