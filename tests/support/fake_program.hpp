#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/engine/executor.hpp"
#include "kdeps/engine/program.hpp"
#include "kdeps/engine/run_context.hpp"

namespace kdeps::test {

using FakeAction = std::function<Value(engine::RunContext&)>;

/// A kind whose steps are functions of the test.
class FakeKind final : public engine::ResourceKind {
 public:
    FakeKind(std::string name, const std::map<std::string, FakeAction>& actions)
        : name_(std::move(name)), actions_(actions) {}
    std::string_view name() const override { return name_; }
    const workflow::KindSchema& schema() const override { return schema_; }
    std::unique_ptr<engine::Step> compile(const workflow::Action&,
                                          engine::CompileContext& context) const override {
        return std::make_unique<FakeStep>(actions_.at(context.resource().action_id));
    }

 private:
    class FakeStep final : public engine::Step {
     public:
        explicit FakeStep(FakeAction action) : action_(std::move(action)) {}
        engine::Output run(engine::RunContext& context) const override {
            return {.value = action_(context)};
        }

     private:
        FakeAction action_;
    };

    const std::string name_;
    const std::map<std::string, FakeAction>& actions_;
    workflow::KindSchema schema_{.name = "fake", .help = "", .fields = {}};
};

/// Remembers what it is told.
class RecordingSink final : public EventSink {
 public:
    void emit(const Event& event) noexcept override {
        const std::lock_guard lock(mutex_);
        events_.push_back(event);
    }
    bool wants(LogLevel) const noexcept override { return true; }
    template <class T>
    [[nodiscard]] std::vector<T> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<T> found;
        for (const Event& event : events_) {
            if (const T* match = std::get_if<T>(&event)) found.push_back(*match);
        }
        return found;
    }

 private:
    mutable std::mutex mutex_;
    std::vector<Event> events_;
};

/// A program built without YAML: resources with their requirements and a function each.
class FakeProgram {
 public:
    /// Adds a resource; `tweak` may set its onError, validations and so on.
    FakeProgram& add(const std::string& action_id, std::vector<std::string> depends_on,
                     FakeAction action,
                     const std::function<void(workflow::Resource&)>& tweak = nullptr) {
        actions_[action_id] = std::move(action);
        workflow::Resource resource;
        resource.action_id = action_id;
        for (std::string& name : depends_on) resource.depends_on.push_back({std::move(name), {}});
        resource.primary = workflow::Action{"fake", {}, {}};
        if (tweak) tweak(resource);
        workflow_.targets.push_back(action_id);
        workflow_.resources.push_back(std::move(resource));
        return *this;
    }
    /// What answers in the onError of the resource that was added last.
    FakeProgram& answer_error(FakeAction action) {
        workflow::Resource& resource = workflow_.resources.back();
        error_answers_[resource.action_id] = std::move(action);
        resource.error_response = workflow::Action{"answer", {}, {}};
        return *this;
    }
    /// A YAML-like node that lives as long as this program.
    workflow::Node* own(workflow::Node node) {
        nodes_.push_back(std::make_unique<workflow::Node>(std::move(node)));
        return nodes_.back().get();
    }

    /// Compiles on first use and runs `target`.
    engine::RunResult run(const std::string& target, Deadline deadline = Deadline::never(),
                          std::stop_token stop = {}) {
        compile();
        return executor_->run(*program_, program_->plan(target), request, deadline, stop);
    }
    Value value(const std::string& target) { return run(target).response.data; }

    engine::Request request;
    RecordingSink sink;
    std::size_t max_helpers = 16;

 private:
    void compile() {
        if (program_ != nullptr) return;
        engine::KindRegistry kinds;
        kinds.add(std::make_unique<FakeKind>("fake", actions_));
        kinds.add(std::make_unique<FakeKind>("answer", error_answers_));
        Diagnostics diagnostics;
        program_ = std::make_unique<engine::Program>(workflow_, kinds, false, diagnostics);
        if (diagnostics.error_count() > 0) throw diagnostics.all().front().error;
        executor_ = std::make_unique<engine::Executor>(sink, max_helpers);
    }

    std::map<std::string, FakeAction> actions_;
    std::map<std::string, FakeAction> error_answers_;
    std::vector<std::unique_ptr<workflow::Node>> nodes_;
    workflow::Workflow workflow_;
    std::unique_ptr<engine::Program> program_;
    std::unique_ptr<engine::Executor> executor_;
};

inline workflow::Node scalar(std::string text) {
    workflow::Node node;
    node.kind = workflow::Node::Kind::String;
    node.text = std::move(text);
    return node;
}

inline workflow::Node map(std::vector<std::pair<std::string, workflow::Node>> members) {
    workflow::Node node;
    node.kind = workflow::Node::Kind::Map;
    for (auto& [name, value] : members) node.members.emplace_back(scalar(name), std::move(value));
    return node;
}

inline workflow::Node list(std::vector<workflow::Node> items) {
    workflow::Node node;
    node.kind = workflow::Node::Kind::List;
    node.items = std::move(items);
    return node;
}

}  // namespace kdeps::test
