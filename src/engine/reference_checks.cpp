#include "reference_checks.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "kdeps/base/text.hpp"
#include "kdeps/workflow/path_pattern.hpp"

#include "info.hpp"

namespace kdeps::engine {
namespace {

bool has_digit(std::string_view text) {
    return text.find_first_of("0123456789") != std::string_view::npos;
}

/// One letter more, less or other, or two neighbours swapped. Short names and numbered ones are
/// often that near on purpose.
bool is_one_letter_off(std::string_view a, std::string_view b) {
    constexpr std::size_t kShort = 3;
    if (std::min(a.size(), b.size()) <= kShort) return false;
    const auto [left, right] = std::ranges::mismatch(a, b);
    a.remove_prefix(static_cast<std::size_t>(left - a.begin()));
    b.remove_prefix(static_cast<std::size_t>(right - b.begin()));
    while (!a.empty() && !b.empty() && a.back() == b.back()) {
        a.remove_suffix(1);
        b.remove_suffix(1);
    }
    const bool is_swapped = a.size() == 2 && b.size() == 2 && a[0] == b[1] && a[1] == b[0];
    return is_swapped || (std::max(a.size(), b.size()) == 1 && !has_digit(a) && !has_digit(b));
}

/// The text of a constant argument.
std::optional<std::string> text_of(const expr::LiteralCall& call, std::size_t index) {
    if (call.arguments.size() <= index) return std::nullopt;
    const Value& argument = call.arguments[index];
    return argument.kind() == Kind::String ? std::optional(argument.as_string()) : std::nullopt;
}

}  // namespace

ReferenceChecks::ReferenceChecks(const workflow::Workflow& workflow, const graph::Graph& graph,
                                 Diagnostics& diagnostics, bool strict)
    : workflow_(workflow),
      graph_(graph),
      diagnostics_(diagnostics),
      strict_(strict),
      brought_(std::begin(kFixedNames), std::end(kFixedNames)) {
    for (const workflow::Resource& resource : workflow.resources) {
        action_ids_.push_back(resource.action_id);
        if (resource.validations != nullptr) add_declared(*resource.validations);
    }
    for (const workflow::Route& route : workflow.settings.api_server.routes) {
        for (std::string& name : workflow::PathPattern(route.path).parameter_names()) {
            brought_.insert(std::move(name));
        }
    }
}

void ReferenceChecks::add_declared(const workflow::Node& validations) {
    for (const char* const key : {"required", "fields", "properties", "params", "rules"}) {
        const workflow::Node* declared = validations.find(key);
        if (declared == nullptr) continue;
        if (declared->is_scalar()) brought_.insert(declared->text);
        for (const auto& [name, rule] : declared->members) brought_.insert(name.text);
        for (const workflow::Node& item : declared->items) {
            const workflow::Node* field = item.find("field");
            brought_.insert(field == nullptr ? item.text : field->text);
        }
    }
}

void ReferenceChecks::enter(std::size_t resource) {
    resource_ = resource;
    ancestors_ = graph_.ancestors(resource);
    has_output_ = false;
}

void ReferenceChecks::check(const expr::Expression& expression) {
    for (const expr::LiteralCall& call : expression.literal_calls()) {
        if (call.function == "result") check_result(call.span);
        const auto name = text_of(call, 0);
        if (!name) continue;
        if (call.reads_facet) {
            check_output(*name, call.span);
        } else {
            check_call(call.function, *name, text_of(call, 1), call.span);
        }
    }
    for (const std::string& name : expression.free_names()) check_get(name, expression.span());
}

void ReferenceChecks::check_call(const std::string& function, const std::string& name,
                                 const std::optional<std::string>& hint, const SourceSpan& span) {
    const bool is_get = function == "get";
    if (function == "set") brought_.insert(name);
    if (function == "output" || (is_get && hint == "output")) return check_output(name, span);
    if (function == "failed" || function == "error") return check_failure(name, span);
    if (function == "info" || (is_get && hint == "info")) return check_info(name, span);
    if (is_get && !hint) check_get(name, span);
}

void ReferenceChecks::check_output(const std::string& name, const SourceSpan& span) {
    if (const auto node = graph_.find(name)) return check_required(*node, span);
    report(ErrorCode::UnknownResource,
           fmt::format("there is no resource '{}', so the value is nil", name), span,
           did_you_mean(name, action_ids_));
}

void ReferenceChecks::check_failure(const std::string& name, const SourceSpan& span) {
    const auto node = graph_.find(name);
    if (!node) {
        return report(ErrorCode::UnknownResource,
                      fmt::format("there is no resource '{}', so it never failed", name), span,
                      did_you_mean(name, action_ids_));
    }
    if (*node == resource_) return;
    check_required(*node, span);
    const workflow::Node* handler = workflow_.resources[*node].on_error;
    const workflow::Node* action = handler == nullptr ? nullptr : handler->find("action");
    if (action != nullptr && action->text == "continue") return;
    report(
        ErrorCode::InvalidValue,
        fmt::format("a run does not go on when '{}' fails, so this never shows that it did", name),
        span, fmt::format("give '{}' an onError with `action: continue`", name));
}

void ReferenceChecks::check_info(const std::string& field, const SourceSpan& span) {
    if (is_info_field(field)) return;
    report(ErrorCode::InvalidValue,
           fmt::format("info() knows no field '{}', so the value is nil", field), span,
           did_you_mean(field, info_fields()));
}

void ReferenceChecks::check_get(const std::string& name, const SourceSpan& span) {
    if (const auto node = graph_.find(name)) return check_required(*node, span);
    for (const std::string& action_id : action_ids_) {
        if (is_one_letter_off(name, action_id)) suspects_.push_back({name, action_id, span});
    }
}

void ReferenceChecks::report_misspelt() {
    for (const Suspect& suspect : suspects_) {
        if (brought_.contains(suspect.name)) continue;
        report(
            ErrorCode::UnknownResource,
            fmt::format("'{}' is one letter from the resource '{}'", suspect.name, suspect.meant),
            suspect.span,
            fmt::format("write '{}', or get('{}', 'param') for what the request carries",
                        suspect.meant, suspect.name));
    }
    suspects_.clear();
}

void ReferenceChecks::check_required(graph::NodeId node, const SourceSpan& span) {
    if (std::ranges::binary_search(ancestors_, node)) return;
    if (node == resource_) return check_own(span);
    const std::string& reader = workflow_.resources[resource_].action_id;
    const std::string& read = workflow_.resources[node].action_id;
    report(ErrorCode::MissingRequirement,
           fmt::format("resource '{}' reads '{}' but does not require it, so the value is nil",
                       reader, read),
           span, fmt::format("add `requires: [{}]` to '{}'", read, reader));
}

void ReferenceChecks::check_own(const SourceSpan& span) {
    if (has_output_) return;
    const std::string& name = workflow_.resources[resource_].action_id;
    report(ErrorCode::MissingRequirement,
           fmt::format("resource '{}' reads its own output before it has one, so the value is nil",
                       name),
           span, fmt::format("get('{}', 'param') gives what the request carries", name));
}

void ReferenceChecks::check_result(const SourceSpan& span) {
    if (has_results_) return;
    diagnostics_.error(ErrorCode::InvalidValue,
                       "result() reads an earlier statement of `queries`, and this is not part of "
                       "any",
                       span, "get('actionId') gives the output of a resource");
}

void ReferenceChecks::report(ErrorCode code, const std::string& message, const SourceSpan& span,
                             std::string hint) {
    diagnostics_.add(strict_ ? Severity::Error : Severity::Warning,
                     Error(code, message, {.where = span, .hint = std::move(hint)}));
}

}  // namespace kdeps::engine
