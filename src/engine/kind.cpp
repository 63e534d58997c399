#include "kdeps/engine/kind.hpp"

#include <stdexcept>
#include <utility>

#include <fmt/core.h>

namespace kdeps::engine {

void KindRegistry::add(std::unique_ptr<ResourceKind> kind) {
    if (find(kind->name()) != nullptr) {
        throw std::logic_error(fmt::format("kind '{}' is registered twice", kind->name()));
    }
    kinds_.push_back(std::move(kind));
}

const ResourceKind* KindRegistry::find(std::string_view name) const {
    for (const auto& kind : kinds_) {
        if (kind->name() == name) return kind.get();
    }
    return nullptr;
}

std::vector<workflow::RegisteredKind> KindRegistry::registered() const {
    std::vector<workflow::RegisteredKind> all;
    for (const auto& kind : kinds_) {
        if (!kind->answers()) all.push_back({std::string(kind->name()), &kind->schema()});
    }
    return all;
}

expr::FunctionTable KindRegistry::functions() const {
    std::vector<expr::Facet> all;
    for (const auto& kind : kinds_) {
        for (expr::Facet& facet : kind->facets()) all.push_back(std::move(facet));
    }
    return expr::FunctionTable(std::move(all));
}

}  // namespace kdeps::engine
