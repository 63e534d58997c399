#include "kdeps/engine/runner.hpp"

namespace kdeps::engine {

std::optional<std::string> failure_message(const Value& data) {
    for (const char* const name : {"message", "error"}) {
        const auto text = data.member(name);
        if (text && text->kind() == Kind::String) return text->as_string();
    }
    return std::nullopt;
}

}  // namespace kdeps::engine
