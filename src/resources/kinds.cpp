#include "kdeps/resources/kinds.hpp"

#include <utility>

namespace kdeps::resources {

engine::KindRegistry builtin_kinds(Services services) {
    engine::KindRegistry kinds;
    kinds.add(sql_kind(std::move(services.connections)));
    kinds.add(python_kind(std::move(services.workers)));
    kinds.add(api_response_kind());
    return kinds;
}

workflow::Grammar grammar_of(const engine::KindRegistry& kinds) {
    return {.kinds = kinds.registered(), .connection = &connection_schema()};
}

}  // namespace kdeps::resources
