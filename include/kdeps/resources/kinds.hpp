#pragma once

#include <functional>
#include <memory>

#include "kdeps/engine/kind.hpp"
#include "kdeps/resources/connections.hpp"
#include "kdeps/worker/worker_pool.hpp"

namespace kdeps::resources {

// Asked while a workflow is compiled: kinds exist before the workflow is read.

using ConnectionsProvider = std::function<Connections&()>;
/// Gives the worker pool of a workflow, which is only asked for when it has Python in it.
using WorkerProvider = std::function<std::shared_ptr<worker::WorkerPool>()>;

struct Services {
    ConnectionsProvider connections;
    WorkerProvider workers;
};

/// Every kind of action this program knows, in one list. A new kind is one line there.
[[nodiscard]] engine::KindRegistry builtin_kinds(Services services);
/// What may stand in a workflow of these kinds.
[[nodiscard]] workflow::Grammar grammar_of(const engine::KindRegistry& kinds);

[[nodiscard]] std::unique_ptr<engine::ResourceKind> sql_kind(ConnectionsProvider connections);
[[nodiscard]] std::unique_ptr<engine::ResourceKind> python_kind(WorkerProvider workers);
[[nodiscard]] std::unique_ptr<engine::ResourceKind> api_response_kind();

}  // namespace kdeps::resources
