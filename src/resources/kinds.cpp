#include "kdeps/resources/kinds.hpp"

namespace kdeps::resources {

void register_builtin_kinds(engine::KindRegistry& registry, Connections& connections,
                            WorkerProvider workers) {
    registry.add(sql_kind(connections));
    registry.add(python_kind(std::move(workers)));
    registry.add(api_response_kind());
}

workflow::Grammar builtin_grammar() {
    return {.kinds = {{"sql", &sql_schema()}, {"python", &python_schema()}},
            .connection = &connection_schema()};
}

}  // namespace kdeps::resources
