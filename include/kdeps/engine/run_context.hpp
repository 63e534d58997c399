#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kdeps/base/clock.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/base/value.hpp"
#include "kdeps/engine/memory_store.hpp"
#include "kdeps/engine/output.hpp"
#include "kdeps/engine/program.hpp"
#include "kdeps/engine/request.hpp"
#include "kdeps/expr/scope.hpp"

namespace kdeps::engine {

/// What all resources of one run share.
///
/// Threads: `outputs[i]` is written by the thread that runs resource i, before any dependent
///          starts, and only read after that; the rest is guarded by its own lock.
class Run {
 public:
    Run(const Program& program, const Request& request, MemoryStore& memory);

    [[nodiscard]] const Program& program() const { return program_; }
    [[nodiscard]] const Request& request() const { return request_; }
    [[nodiscard]] MemoryStore& memory() { return memory_; }

    void store(graph::NodeId resource, Output output);
    /// Null until the resource has ended, and for skipped ones.
    [[nodiscard]] const Output* output(graph::NodeId resource) const;

    /// Remembers what a resource failed with whose onError let the run go on.
    void store_failure(graph::NodeId resource, Value error);
    /// As error_object(); nullopt when it did not fail, or has not ended.
    [[nodiscard]] std::optional<Value> failure(graph::NodeId resource) const;

    void set_value(const std::string& key, Value value);
    [[nodiscard]] std::optional<Value> value(std::string_view key) const;
    void set_session(const std::string& key, Value value);
    [[nodiscard]] std::optional<Value> session(std::string_view key) const;
    [[nodiscard]] Object session_values() const;
    void warn(std::string text);
    [[nodiscard]] std::vector<std::string> take_warnings();

 private:
    const Program& program_;
    const Request& request_;
    MemoryStore& memory_;
    std::vector<std::optional<Output>> outputs_;
    mutable std::mutex mutex_;
    std::vector<std::pair<graph::NodeId, Value>> failures_;
    std::atomic<bool> has_values_ = false;  ///< Most runs set none and need not lock to see it.
    std::map<std::string, Value, std::less<>> values_;
    std::map<std::string, Value, std::less<>> session_;
    std::vector<std::string> warnings_;
};

/// What one resource sees while it runs; the Scope of its expressions.
///
/// `get(name)` looks in: the error being handled, values set in this run, session; then, if a
/// resource has that name, in its output alone (nil unless it is an ancestor that gave one, or the
/// resource itself), else in path parameters, query, body. Other places by hint only.
///
/// Threads: one caller at a time.
class RunContext final : public expr::Scope {
 public:
    RunContext(Run& run, graph::NodeId resource, Deadline deadline, std::stop_token stop);

    [[nodiscard]] const Request& request() const { return run_.request(); }
    [[nodiscard]] const CompiledResource& resource() const;
    [[nodiscard]] Deadline deadline() const { return deadline_; }
    [[nodiscard]] const std::stop_token& stop() const { return stop_; }
    /// Adds a line to the answer's `meta.warnings`.
    void warn(std::string text) { run_.warn(std::move(text)); }

    /// The failure that onError is handling; null outside.
    void set_error(const Error* error) { error_ = error; }
    void set_deadline(Deadline deadline) { deadline_ = deadline; }
    /// The result of the primary action, while `after` and the answer run.
    void set_own_output(const Output* output) { own_output_ = output; }
    /// What `result(statement)` gives while an action runs its statements; empty outside.
    using Results = std::function<Value(const Value& statement)>;
    void set_results(Results results) { results_ = std::move(results); }
    /// What the action gives beside its output, by the names of its kind's facets. They stay when
    /// it fails afterwards: onError and later resources can look at them.
    void set_facets(Object facets) { facets_ = std::move(facets); }
    [[nodiscard]] Object take_facets() { return std::exchange(facets_, {}); }

    [[nodiscard]] std::optional<Value> lookup(std::string_view name,
                                              std::optional<graph::NodeId> resource) override;
    [[nodiscard]] Value call(expr::WorldFunction function, std::span<const Value> arguments,
                             std::optional<graph::NodeId> resource) override;
    /// The same for a caller that is no expression, such as a script.
    [[nodiscard]] Value call(expr::WorldFunction function, std::span<const Value> arguments);
    [[nodiscard]] Value facet(std::string_view name, const Value& action_id,
                              std::optional<graph::NodeId> resource) override;
    /// Errors: Cancelled once stop is requested; ResourceTimeout at the deadline.
    void check() override;
    /// Sleeps, but not past the deadline and not once stop is requested.
    void pause(std::chrono::milliseconds span) const;
    /// `get(name)` without a hint; nullopt if nothing has that name.
    [[nodiscard]] std::optional<Value> find(std::string_view name);
    /// What the client sent under that name: path parameter, query, body.
    [[nodiscard]] std::optional<Value> client_value(std::string_view name) const;
    /// The `request` object.
    [[nodiscard]] Value request_value() const;
    /// The `input` object: the body if it is an object, else query and path parameters.
    [[nodiscard]] Value input_value() const;

 private:
    using Named = std::optional<graph::NodeId>;  ///< The resource that a name means, if one does.

    [[nodiscard]] std::optional<Value> find(std::string_view name, Named resource);
    [[nodiscard]] Value get(std::span<const Value> arguments, Named resource);
    /// The query parameters that the resource may read; empty: all.
    [[nodiscard]] const std::vector<std::string>& readable_params() const;
    [[nodiscard]] std::optional<Value> get_hinted(const std::string& name, std::string_view hint,
                                                  Named resource);
    [[nodiscard]] bool set(std::span<const Value> arguments);
    [[nodiscard]] Value info(const std::string& field) const;
    [[nodiscard]] Value input(std::span<const Value> arguments, Named resource);
    [[nodiscard]] Value error_value() const;
    /// What a resource failed with, for those that may see its output.
    [[nodiscard]] std::optional<Value> failure_of(Named resource) const;
    [[nodiscard]] const Output* output_of(Named resource) const;
    [[nodiscard]] std::optional<Value> output_value(Named resource) const;
    [[nodiscard]] bool is_ancestor(graph::NodeId node) const;
    [[nodiscard]] Value outputs_value() const;

    Run& run_;
    graph::NodeId resource_;
    Deadline deadline_;
    std::stop_token stop_;
    const Error* error_ = nullptr;
    const Output* own_output_ = nullptr;
    Object facets_;
    Results results_;
};

/// Whether the second argument of `get(name, hint)` names a place to look in.
[[nodiscard]] bool is_hint(std::string_view text);

/// `{sqlstate, outcome, failedIndex, appliedIndexes, errors}`, as far as they are known.
[[nodiscard]] Object error_details(const ErrorDetail& detail);
/// `{message, type, code, statusCode, resource, details}` as onError sees a failure.
[[nodiscard]] Value error_object(const Error& error);

}  // namespace kdeps::engine
