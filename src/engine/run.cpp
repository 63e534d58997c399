#include <algorithm>

#include "kdeps/engine/run_context.hpp"

namespace kdeps::engine {

Run::Run(const Program& program, const Request& request, MemoryStore& memory)
    : program_(program), request_(request), memory_(memory), outputs_(program.resources().size()) {}

void Run::store(graph::NodeId resource, Output output) {
    outputs_[resource] = std::move(output);
}

const Output* Run::output(graph::NodeId resource) const {
    const auto& slot = outputs_[resource];
    return slot ? &*slot : nullptr;
}

void Run::store_failure(graph::NodeId resource, Value error) {
    const std::lock_guard lock(mutex_);
    failures_.emplace_back(resource, std::move(error));
}

std::optional<Value> Run::failure(graph::NodeId resource) const {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::ranges::find(failures_, resource, &std::pair<graph::NodeId, Value>::first);
    return found == failures_.end() ? std::nullopt : std::optional(found->second);
}

void Run::set_value(const std::string& key, Value value) {
    const std::lock_guard lock(mutex_);
    values_[key] = std::move(value);
    has_values_ = true;
}

std::optional<Value> Run::value(std::string_view key) const {
    if (!has_values_) return std::nullopt;
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
}

void Run::set_session(const std::string& key, Value value) {
    const std::lock_guard lock(mutex_);
    session_[key] = std::move(value);
    has_values_ = true;
}

std::optional<Value> Run::session(std::string_view key) const {
    if (!has_values_) return std::nullopt;
    const std::lock_guard lock(mutex_);
    const auto found = session_.find(key);
    return found == session_.end() ? std::nullopt : std::optional(found->second);
}

Object Run::session_values() const {
    const std::lock_guard lock(mutex_);
    Object object;
    for (const auto& [key, value] : session_) object.set(key, value);
    return object;
}

void Run::warn(std::string text) {
    const std::lock_guard lock(mutex_);
    warnings_.push_back(std::move(text));
}

std::vector<std::string> Run::take_warnings() {
    const std::lock_guard lock(mutex_);
    return std::move(warnings_);
}

}  // namespace kdeps::engine
