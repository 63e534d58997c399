#include "kdeps/engine/request_inputs.hpp"

#include <algorithm>
#include <forward_list>
#include <memory>
#include <utility>

#include "kdeps/base/text.hpp"
#include "kdeps/engine/program.hpp"
#include "kdeps/engine/run_context.hpp"
#include "kdeps/inputs/check.hpp"

namespace kdeps::engine {
namespace {

using inputs::Rule;
using workflow::InputPlace;

constexpr std::string_view kEveryValue = "[]";

/// `id` of `id[]`, which asks for all values that came under a name.
std::string_view without_all(std::string_view name) {
    return name.ends_with(kEveryValue) ? name.substr(0, name.size() - kEveryValue.size()) : name;
}

/// The input that a mistake is about, of which `address.zip` is a part.
std::string_view input_of(const InputMistake& mistake) {
    return std::string_view(mistake.field).substr(0, mistake.field.find_first_of(".["));
}

/// A mistake that two declarations of an input find is told once.
void drop_repetitions(InputMistakes& mistakes, std::size_t known) {
    const auto is_known = [&](const InputMistake& mistake) {
        return std::any_of(mistakes.begin(), mistakes.begin() + static_cast<std::ptrdiff_t>(known),
                           [&](const InputMistake& other) {
                               return other.field == mistake.field && other.in == mistake.in &&
                                      other.type == mistake.type;
                           });
    };
    const auto repeated = std::remove_if(mistakes.begin() + static_cast<std::ptrdiff_t>(known),
                                         mistakes.end(), is_known);
    mistakes.erase(repeated, mistakes.end());
}

}  // namespace

/// One request on its way to what is declared.
class RequestInputs::Conversion {
 public:
    Conversion(const RequestInputs& inputs, Request& request)
        : inputs_(inputs),
          request_(request),
          active_(inputs.active_for(request)),
          has_marked_(has_marked(request.query) || (body() != nullptr && has_marked(*body()))) {}

    InputMistakes run() {
        for (const Input& input : inputs_.inputs_) {
            if (is_active(input)) convert(input);
        }
        if (is_closed()) refuse_unknown();
        if (body_) request_.body = Value(*std::move(body_));
        return std::move(mistakes_);
    }

 private:
    enum class Part { Path, Query, Body, Header };
    struct Found {
        Part part;
        const Value* value;
    };
    using FoundParts = SmallVector<Found, 2>;

    [[nodiscard]] bool is_active(const Input& input) const {
        return std::ranges::any_of(input.uses, [&](const Use& use) { return active_[use.source]; });
    }

    [[nodiscard]] const Object* body() const {
        const bool is_object = request_.body.kind() == Kind::Object && !request_.body.is_row();
        return is_object ? &request_.body.as_object() : nullptr;
    }

    void convert(const Input& input) {
        const FoundParts parts = find(input);
        const bool is_absent = parts.empty() || parts.front().value->is_null();
        const Value* fallback = is_absent ? default_of(input) : nullptr;
        if (fallback != nullptr) {
            const Part part = parts.empty() ? part_of_default(input) : parts.front().part;
            return store(input, part, *fallback);
        }
        if (is_absent || inputs::is_missing(*parts.front().value)) {
            if (const Rule* required = required_by(input)) {
                const Part part = parts.empty() ? expected_part(input) : parts.front().part;
                return inputs::add_missing(*required, path_of(input, part), mistakes_);
            }
        }
        for (const Found& found : parts) {
            if (!found.value->is_null()) check(input, found);
        }
    }

    void check(const Input& input, const Found& found) {
        const inputs::Path path = path_of(input, found.part);
        const Value* value = found.value;
        std::optional<Value> converted;
        for (const Use& use : input.uses) {
            if (!active_[use.source]) continue;
            const std::size_t known = mistakes_.size();
            if (auto changed = inputs::check(*use.rule, *value, path, mistakes_)) {
                converted = std::move(changed);
                value = &*converted;
            }
            if (mistakes_.size() > known) drop_repetitions(mistakes_, known);
        }
        if (converted) {
            store(input, found.part, *std::move(converted));
        } else if (has_marked_ && found.part != Part::Header && found.part != Part::Path) {
            store(input, found.part, Value(*value));  // under both of its names
        }
    }

    [[nodiscard]] inputs::Path path_of(const Input& input, Part part) const {
        return {.in = name_of(part), .name = input.name};
    }

    [[nodiscard]] const Rule* required_by(const Input& input) const {
        for (const Use& use : input.uses) {
            if (active_[use.source] && use.rule->is_required) return use.rule;
        }
        return nullptr;
    }

    [[nodiscard]] const Value* default_of(const Input& input) const {
        for (const Use& use : input.uses) {
            if (active_[use.source] && use.rule->fallback) return &*use.rule->fallback;
        }
        return nullptr;
    }

    [[nodiscard]] bool is_array(const Input& input) const {
        return std::ranges::any_of(input.uses, [&](const Use& use) {
            return active_[use.source] && use.rule->type == inputs::Type::Array;
        });
    }

    /// Everywhere that it was sent, what `get` gives first: no reader gets a value unchecked.
    [[nodiscard]] FoundParts find(const Input& input) {
        FoundParts parts;
        const auto add = [&parts](Part part, const Value* value) {
            if (value != nullptr) parts.push_back({part, value});
        };
        if (input.place == InputPlace::Header) {
            auto value = request_.header(input.name);
            if (value) add(Part::Header, keep(ClientText{*std::move(value)}));
            return parts;
        }
        add(Part::Path, request_.path_parameters.find(input.name));
        const bool wants_all = is_array(input);
        add(Part::Query, find_in(request_.query, request_.repeated_query, input.name, wants_all));
        if (input.place == InputPlace::Anywhere && body() != nullptr) {
            add(Part::Body, find_in(*body(), request_.repeated_form, input.name, wants_all));
        }
        return parts;
    }

    /// Whether a name ends with `[]`.
    static bool has_marked(const Object& part) {
        return std::ranges::any_of(
            part, [](const auto& member) { return member.first.ends_with(kEveryValue); });
    }

    /// A list is all that came under its name, with `[]` or without. What is no list must not come
    /// with `[]`: it is seen as the list that it would be read as.
    const Value* find_in(const Object& part, const Repeated& repeated, const std::string& name,
                         bool wants_all) {
        const Value* plain = wants_all ? find_under(part, repeated, name) : part.find(name);
        if (!has_marked_) return plain;
        const Value* marked = find_under(part, repeated, name + std::string(kEveryValue));
        if (plain == nullptr || marked == nullptr) return plain != nullptr ? plain : marked;
        Value::List both;
        for (const Value* value : {plain, marked}) {
            if (value->kind() == Kind::List) {
                both.insert(both.end(), value->as_list().begin(), value->as_list().end());
            } else {
                both.push_back(*value);
            }
        }
        return keep(std::move(both));
    }

    const Value* find_under(const Object& part, const Repeated& repeated, const std::string& key) {
        const auto values = repeated.find(key);
        return values != repeated.end() ? keep(values->second) : part.find(key);
    }

    const Value* keep(Value value) { return &kept_.emplace_front(std::move(value)); }

    [[nodiscard]] Part part_of_default(const Input& input) const {
        if (input.place == InputPlace::Header) return Part::Header;
        return input.place == InputPlace::Anywhere && body() != nullptr ? Part::Body : Part::Query;
    }

    /// Where a client should have put what is nowhere.
    [[nodiscard]] Part expected_part(const Input& input) const {
        const std::string& method = request_.method;
        const bool has_body = method == "POST" || method == "PUT" || method == "PATCH";
        return input.place == InputPlace::Anywhere && has_body ? Part::Body
                                                               : part_of_default(input);
    }

    [[nodiscard]] std::string_view name_of(Part part) const {
        if (!request_.has_http()) return "input";
        switch (part) {
            case Part::Path:
                return "path";
            case Part::Body:
                return "body";
            case Part::Header:
                return "header";
            default:
                return "query";
        }
    }

    void store(const Input& input, Part part, Value value) {
        if (part == Part::Header) {
            request_.typed_headers.set(to_lower(input.name), std::move(value));
        } else if (part == Part::Path) {
            request_.path_parameters.set(input.name, std::move(value));
        } else if (part == Part::Query) {
            put(request_.query, request_.repeated_query, input.name, std::move(value));
        } else {
            if (!body_) body_ = *body();
            put(*body_, request_.repeated_form, input.name, std::move(value));
        }
    }

    /// `name[]` must not give what was sent when `name` gives what it was converted to.
    static void put(Object& part, Repeated& repeated, const std::string& name, Value value) {
        if (!repeated.empty()) repeated.erase(name);
        if (value.kind() == Kind::List) {
            const std::string all = name + std::string(kEveryValue);
            repeated.erase(all);
            if (part.find(all) != nullptr) part.set(all, value);
        }
        part.set(name, std::move(value));
    }

    [[nodiscard]] bool is_closed() const {
        for (std::size_t i = 0; i < inputs_.sources_.size(); ++i) {
            const auto& declared = inputs_.sources_[i].resource->declared;
            if (active_[i] && !declared.declarations.allows_additional) return true;
        }
        return false;
    }

    void refuse_unknown() {
        refuse_unknown(request_.query, inputs_.known_in_query_, Part::Query);
        if (body() != nullptr) refuse_unknown(*body(), inputs_.known_in_body_, Part::Body);
    }

    void refuse_unknown(const Object& part, const std::set<std::string, std::less<>>& known,
                        Part name) {
        for (const auto& [member, value] : part) {
            if (known.contains(without_all(member))) continue;
            inputs::add_unknown({.in = name_of(name), .name = member}, mistakes_);
        }
    }

    const RequestInputs& inputs_;
    Request& request_;
    const Active active_;
    const bool has_marked_;          ///< Any name, which few requests have: then each input looks.
    std::optional<Object> body_;     ///< With what was converted; empty while nothing was.
    std::forward_list<Value> kept_;  ///< What was put together to be looked at.
    InputMistakes mistakes_;
};

RequestInputs::RequestInputs(const std::vector<CompiledResource>& resources,
                             const std::vector<graph::NodeId>& needed) {
    for (const graph::NodeId node : needed) {
        const CompiledResource& resource = resources[node];
        if (!resource.declared.has_checks()) continue;
        const workflow::Declarations& declarations = resource.declared.declarations;
        for (const auto& declaration : declarations.inputs) add(declaration, sources_.size());
        known_in_query_.insert(declarations.readable_params.begin(),
                               declarations.readable_params.end());
        has_filters_ |= !resource.guard.methods.empty() || !resource.guard.routes.empty();
        sources_.push_back({node, &resource});
    }
}

void RequestInputs::add(const workflow::InputDeclaration& declaration, std::size_t source) {
    const auto& [name, place, rule, span] = declaration;
    if (place != InputPlace::Header) known_in_query_.insert(name);
    if (place == InputPlace::Anywhere) known_in_body_.insert(name);
    const auto known = std::ranges::find_if(inputs_, [&](const Input& input) {
        const bool is_header = place == InputPlace::Header;
        return input.place == place &&
               (is_header ? equals_ignoring_case(input.name, declaration.name)
                          : input.name == declaration.name);
    });
    if (known != inputs_.end()) {
        known->uses.push_back({&rule, source});
    } else {
        inputs_.push_back({name, place, {{&rule, source}}});
    }
}

RequestInputs::Active RequestInputs::active_for(const Request& request) const {
    Active active(sources_.size(), true);
    if (!has_filters_) return active;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        active[i] = sources_[i].resource->guard.admits(request);
    }
    return active;
}

InputMistakes RequestInputs::convert(Request& request) const {
    return Conversion(*this, request).run();
}

void RequestInputs::require(Run& run, InputMistakes mistakes, Deadline deadline,
                            const std::stop_token& stop) const {
    const std::size_t wrong = mistakes.size();
    const auto is_wrong = [&](const std::string& name) {
        return std::any_of(mistakes.begin(), mistakes.begin() + static_cast<std::ptrdiff_t>(wrong),
                           [&](const InputMistake& mistake) { return input_of(mistake) == name; });
    };
    ErrorDetail detail;
    for (const Source& source : sources_) {
        const auto& conditions = source.resource->declared.conditions;
        if (conditions.empty() || !source.resource->guard.admits(run.request())) continue;
        RunContext context(run, source.node, deadline, stop);
        for (const InputCondition& rule : conditions) {
            if (rule.reads_all && wrong > 0) continue;
            if (std::ranges::any_of(rule.names, is_wrong)) continue;
            try {
                if (rule.condition.evaluate_condition(context)) continue;
            } catch (const Error& error) {
                if (error.code() != ErrorCode::ExpressionFailed) throw;
                detail.context = render(error);  // the author wants to know; the client sent it
            }
            mistakes.push_back({.field = {},
                                .in = {},
                                .type = "custom",
                                .message = rule.message ? to_text(rule.message->evaluate(context))
                                                        : "a rule of the inputs does not hold",
                                .value = std::nullopt});
        }
    }
    if (mistakes.empty()) return;
    detail.mistakes = std::make_shared<const InputMistakes>(std::move(mistakes));
    throw Error(ErrorCode::ValidationFailed, "input validation failed", std::move(detail));
}

}  // namespace kdeps::engine
