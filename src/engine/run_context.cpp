#include "kdeps/engine/run_context.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include <fmt/core.h>

#include "kdeps/base/input_mistake.hpp"
#include "kdeps/base/text.hpp"

#include "info.hpp"

namespace kdeps::engine {

namespace {

const std::string& text_argument(std::span<const Value> arguments, std::size_t index,
                                 std::string_view function) {
    const Value& argument = arguments[index];
    if (argument.kind() != Kind::String) {
        throw Error(ErrorCode::ExpressionFailed, fmt::format("{}() needs a name in quotes, not {}",
                                                             function, kind_name(argument.kind())));
    }
    return argument.as_string();
}

constexpr std::string_view kHints[] = {"memory", "session", "output", "param", "query", "header",
                                       "info",   "data",    "body",   "env",   "value"};

std::optional<Value> member_of(const Object& object, std::string_view name) {
    const Value* found = object.find(name);
    return found == nullptr ? std::nullopt : std::optional(*found);
}

std::optional<Value> member_of(const Value& body, std::string_view name) {
    return body.member(name);
}

/// What one part of the request carries under a name. `id[]` is the list of all that it has under
/// `id[]` or else under `id`, also when that is one.
template <class Part>
std::optional<Value> sent(const Part& part, const Repeated& repeated, std::string_view name) {
    constexpr std::string_view kAll = "[]";
    if (!name.ends_with(kAll)) return member_of(part, name);
    for (const std::string_view key : {name, name.substr(0, name.size() - kAll.size())}) {
        if (const auto all = repeated.find(key); all != repeated.end()) return Value(all->second);
        auto value = member_of(part, key);
        if (!value || value->is_null()) continue;
        const bool is_list = value->kind() == Kind::List || value->kind() == Kind::Table;
        return is_list ? value : Value(Value::List{*std::move(value)});
    }
    return std::nullopt;
}

/// What is declared is what it was converted to.
std::optional<Value> header_value(const Request& request, std::string_view name) {
    if (!request.typed_headers.empty()) {
        if (const Value* typed = request.typed_headers.find(to_lower(name))) return *typed;
    }
    auto value = request.header(name);
    return value ? std::optional(Value(*std::move(value))) : std::nullopt;
}

/// Whether a list of names that a resource may read lets it read this one; an empty one does.
bool is_readable(const std::vector<std::string>& readable, std::string_view name) {
    if (name.ends_with("[]")) name.remove_suffix(2);
    return readable.empty() || std::ranges::find(readable, name) != readable.end();
}

bool is_readable_header(const std::vector<std::string>& readable, std::string_view name) {
    return readable.empty() || std::ranges::any_of(readable, [&](const std::string& known) {
               return equals_ignoring_case(known, name);
           });
}

Object readable_part(const Object& part, const std::vector<std::string>& readable) {
    if (readable.empty()) return part;
    Object members;
    for (const auto& [name, value] : part) {
        if (is_readable(readable, name)) members.set(name, value);
    }
    return members;
}

Object headers_object(const Request& request, const std::vector<std::string>& readable) {
    Object headers;
    for (const auto& [name, value] : request.headers) {
        if (!is_readable_header(readable, name) || headers.find(name) != nullptr) continue;
        headers.set(name, header_value(request, name).value_or(Value()));
    }
    return headers;
}

Value mistake_object(const InputMistake& mistake) {
    Object object;
    if (!mistake.field.empty()) object.set("field", mistake.field);
    if (!mistake.in.empty()) object.set("in", mistake.in);
    object.set("type", mistake.type);
    object.set("message", mistake.message);
    if (mistake.value) object.set("value", *mistake.value);
    return Value(std::move(object));
}

}  // namespace

bool is_hint(std::string_view text) {
    return std::find(std::begin(kHints), std::end(kHints), text) != std::end(kHints);
}

Object error_details(const ErrorDetail& detail) {
    Object details;
    if (!detail.sqlstate.empty()) details.set("sqlstate", detail.sqlstate);
    if (detail.outcome != Outcome::NotApplicable) {
        details.set("outcome", outcome_name(detail.outcome));
    }
    if (detail.failed_index) details.set("failedIndex", Value::from_unsigned(*detail.failed_index));
    if (!detail.applied_indexes.empty()) {
        Value::List indexes;
        for (const std::size_t index : detail.applied_indexes) {
            indexes.push_back(Value::from_unsigned(index));
        }
        details.set("appliedIndexes", std::move(indexes));
    }
    if (detail.mistakes != nullptr) {
        Value::List errors;
        for (const InputMistake& mistake : *detail.mistakes) {
            errors.push_back(mistake_object(mistake));
        }
        details.set("errors", std::move(errors));
    }
    return details;
}

Value error_object(const Error& error) {
    const ErrorDetail& detail = error.detail();
    Object details = error_details(detail);
    Object object;
    object.set("message", std::string(error.what()));
    object.set("type", "execution_error");
    object.set("code", std::string(error_name(error.code())));
    if (detail.http_status) object.set("statusCode", *detail.http_status);
    if (!detail.resource.empty()) object.set("resource", detail.resource);
    if (!details.empty()) object.set("details", Value(std::move(details)));
    return Value(std::move(object));
}

RunContext::RunContext(Run& run, graph::NodeId resource, Deadline deadline, std::stop_token stop)
    : run_(run), resource_(resource), deadline_(deadline), stop_(std::move(stop)) {}

const CompiledResource& RunContext::resource() const {
    return run_.program().resources()[resource_];
}

std::optional<Value> RunContext::lookup(std::string_view name,
                                        std::optional<graph::NodeId> resource) {
    if (name == "request") return request_value();
    if (name == "input") return input_value();
    if (name == "outputs") return outputs_value();
    if (name == "error" && error_ != nullptr) return error_value();
    if (name == "workflow") {
        const Program& program = run_.program();
        return Value(Object{{"name", program.name()}, {"version", program.version()}});
    }
    // `{{ name }}` is short for `{{ get('name') }}`: what nobody sent is nil there too.
    return find(name, resource).value_or(Value());
}

Value RunContext::call(expr::WorldFunction function, std::span<const Value> arguments,
                       std::optional<graph::NodeId> resource) {
    using F = expr::WorldFunction;
    switch (function) {
        case F::Get:
            return get(arguments, resource);
        case F::Set:
            return Value(set(arguments));
        case F::Info:
            return info(text_argument(arguments, 0, "info"));
        case F::Input:
            return input(arguments, resource);
        case F::Output:
            (void)text_argument(arguments, 0, "output");
            return output_value(resource).value_or(Value());
        case F::Failed:
            (void)text_argument(arguments, 0, "failed");
            return Value(failure_of(resource).has_value());
        case F::Failure:
            (void)text_argument(arguments, 0, "error");
            return failure_of(resource).value_or(Value());
        case F::Env:
            return Value(
                run_.program().environment().find(text_argument(arguments, 0, "env")).value_or(""));
        case F::Session:
            return Value(run_.session_values());
        case F::RequestData:
            return request().body;
        case F::RequestParams:
            return client_value(text_argument(arguments, 0, "request.params")).value_or(Value());
        case F::RequestHeader:
            return get_hinted(text_argument(arguments, 0, "request.header"), "header", {})
                .value_or(Value());
        case F::Result:
            if (results_) return results_(arguments[0]);
            throw Error(ErrorCode::ExpressionFailed, "result() is called outside of `queries`");
    }
    throw Error(ErrorCode::Internal, "unknown function of the run");
}

Value RunContext::call(expr::WorldFunction function, std::span<const Value> arguments) {
    const bool has_name = !arguments.empty() && arguments.front().kind() == Kind::String;
    return call(function, arguments,
                has_name ? run_.program().find(arguments.front().as_string()) : std::nullopt);
}

Value RunContext::facet(std::string_view name, const Value& action_id,
                        std::optional<graph::NodeId> resource) {
    (void)text_argument({&action_id, 1}, 0, name);
    const Output* output = output_of(resource);
    // Its own are not part of an output yet.
    const Object* facets = resource == resource_ ? &facets_
                           : output != nullptr   ? &output->facets
                                                 : nullptr;
    const Value* value = facets == nullptr ? nullptr : facets->find(name);
    return value == nullptr ? Value() : *value;
}

void RunContext::check() {
    if (stop_.stop_requested()) throw Error(ErrorCode::Cancelled, "the run was told to stop");
    if (deadline_.is_expired()) {
        throw Error(ErrorCode::ResourceTimeout, "the resource passed its time limit as it computed",
                    {.hint = "let the database filter, count and sort large results"});
    }
}

void RunContext::pause(std::chrono::milliseconds span) const {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_until(lock, stop_, Deadline::after(span).earlier(deadline_).time(),
                    [] { return false; });
}

std::optional<Value> RunContext::find(std::string_view name) {
    return find(name, run_.program().find(name));
}

std::optional<Value> RunContext::find(std::string_view name, Named resource) {
    if (name == "error" && error_ != nullptr) return Value(std::string(error_->what()));
    if (auto value = run_.value(name)) return value;
    if (auto value = run_.session(name)) return value;
    // A resource's name never means what the request carries, also when there is no output.
    return resource ? output_value(resource) : client_value(name);
}

std::optional<Value> RunContext::client_value(std::string_view name) const {
    const Request& request = run_.request();
    if (auto value = sent(request.path_parameters, {}, name)) return value;
    if (!is_readable(readable_params(), name)) return std::nullopt;
    if (auto value = sent(request.query, request.repeated_query, name)) return value;
    return sent(request.body, request.repeated_form, name);
}

const std::vector<std::string>& RunContext::readable_params() const {
    return resource().declared.declarations.readable_params;
}

Value RunContext::get(std::span<const Value> arguments, Named resource) {
    const std::string& name = text_argument(arguments, 0, "get");
    if (arguments.size() < 2) return find(name, resource).value_or(Value());
    if (arguments[1].kind() == Kind::String && is_hint(arguments[1].as_string())) {
        return get_hinted(name, arguments[1].as_string(), resource).value_or(Value());
    }
    return find(name, resource).value_or(arguments[1]);
}

std::optional<Value> RunContext::get_hinted(const std::string& name, std::string_view hint,
                                            Named resource) {
    if (hint == "header") {
        const auto& readable = this->resource().declared.declarations.readable_headers;
        return is_readable_header(readable, name) ? header_value(request(), name) : std::nullopt;
    }
    if (hint == "env") {
        auto value = run_.program().environment().find(name);
        return value ? std::optional(Value(*value)) : std::nullopt;
    }
    if (hint == "output") return output_value(resource);
    if (hint == "value") return run_.value(name);
    if (hint == "memory") return run_.memory().find(name);
    if (hint == "session") return run_.session(name);
    if (hint == "info") return info(name);
    if (hint == "query") {
        if (!is_readable(readable_params(), name)) return std::nullopt;
        return sent(request().query, request().repeated_query, name);
    }
    if (hint == "param") return client_value(name);
    return sent(request().body, request().repeated_form, name);  // body, data
}

bool RunContext::set(std::span<const Value> arguments) {
    const std::string& key = text_argument(arguments, 0, "set");
    const std::string store = arguments.size() > 2 ? text_argument(arguments, 2, "set") : "";
    if (store.empty()) {
        run_.set_value(key, arguments[1]);
    } else if (store == "session") {
        run_.set_session(key, arguments[1]);
    } else if (store == "memory") {
        run_.memory().set(key, arguments[1]);
    } else {
        throw Error(ErrorCode::ExpressionFailed, fmt::format("set() knows no store '{}'", store),
                    {.hint = "leave it out for this run, or use 'session' or 'memory'"});
    }
    return true;
}

Value RunContext::info(const std::string& field) const {
    return info_value(field, run_.program(), run_.request()).value_or(Value());
}

Value RunContext::input(std::span<const Value> arguments, Named resource) {
    if (arguments.empty()) return input_value();
    const std::string& name = text_argument(arguments, 0, "input");
    if (arguments.size() == 1) return client_value(name).value_or(Value());
    return get_hinted(name, text_argument(arguments, 1, "input"), resource).value_or(Value());
}

Value RunContext::error_value() const {
    return error_object(*error_);
}

std::optional<Value> RunContext::failure_of(Named resource) const {
    if (!resource) return std::nullopt;
    if (*resource == resource_) {
        return error_ == nullptr ? std::nullopt : std::optional(error_value());
    }
    return is_ancestor(*resource) ? run_.failure(*resource) : std::nullopt;
}

bool RunContext::is_ancestor(graph::NodeId node) const {
    return std::ranges::binary_search(resource().ancestors, node);
}

const Output* RunContext::output_of(Named resource) const {
    if (!resource) return nullptr;
    if (*resource == resource_) return own_output_;
    return is_ancestor(*resource) ? run_.output(*resource) : nullptr;
}

std::optional<Value> RunContext::output_value(Named resource) const {
    const Output* output = output_of(resource);
    return output == nullptr ? std::nullopt : std::optional(output->value);
}

Value RunContext::outputs_value() const {
    Object all;
    for (const graph::NodeId node : resource().ancestors) {
        if (const Output* output = run_.output(node)) {
            all.set(run_.program().resources()[node].action_id, output->value);
        }
    }
    return Value(std::move(all));
}

Value RunContext::request_value() const {
    const Request& request = run_.request();
    Object object;
    object.set("method", request.method);
    object.set("path", request.path);
    object.set("headers",
               Value(headers_object(request, resource().declared.declarations.readable_headers)));
    object.set("query", Value(readable_part(request.query, readable_params())));
    object.set("params", Value(request.path_parameters));
    object.set("body", request.body);
    object.set("IP", request.remote_address);
    object.set("ID", request.id);
    return Value(std::move(object));
}

Value RunContext::input_value() const {
    const Request& request = run_.request();
    if (request.body.kind() == Kind::Object) return request.body;
    Object object = readable_part(request.query, readable_params());
    for (const auto& [name, value] : request.path_parameters) object.set(name, value);
    return Value(std::move(object));
}

}  // namespace kdeps::engine
