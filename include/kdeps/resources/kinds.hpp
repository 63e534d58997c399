#pragma once

#include <functional>
#include <memory>

#include "kdeps/engine/kind.hpp"
#include "kdeps/resources/connections.hpp"
#include "kdeps/worker/worker_pool.hpp"

namespace kdeps::resources {

/// Gives the worker pool of a workflow, which is only asked for when it has Python in it.
using WorkerProvider = std::function<std::shared_ptr<worker::WorkerPool>()>;

/// Every kind of action this program knows, in one list. A new kind is one line here.
void register_builtin_kinds(engine::KindRegistry& registry, Connections& connections,
                            WorkerProvider workers);
/// The schemas alone, for reading a workflow before anything exists that could run it.
[[nodiscard]] workflow::Grammar builtin_grammar();

[[nodiscard]] std::unique_ptr<engine::ResourceKind> sql_kind(Connections& connections);
[[nodiscard]] std::unique_ptr<engine::ResourceKind> python_kind(WorkerProvider workers);
[[nodiscard]] std::unique_ptr<engine::ResourceKind> api_response_kind();

[[nodiscard]] const workflow::KindSchema& sql_schema();
[[nodiscard]] const workflow::KindSchema& python_schema();

}  // namespace kdeps::resources
