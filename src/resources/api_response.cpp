#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "kdeps/base/http_text.hpp"
#include "kdeps/base/text.hpp"
#include "kdeps/engine/run_context.hpp"
#include "kdeps/expr/expression.hpp"
#include "kdeps/resources/kinds.hpp"

namespace kdeps::resources {

namespace {

using engine::ApiResponse;
using engine::CompileContext;
using engine::Output;
using engine::RunContext;
using engine::ValueTree;
using workflow::Node;

/// Values of `apiResponse`, compiled.
struct ResponseParts {
    ValueTree success{Value(true)};
    ValueTree response;
    std::optional<ValueTree> status_code;
    std::vector<std::pair<std::string, ValueTree>> headers;
    std::vector<std::pair<std::string, ValueTree>> meta;
};

/// Stricter than a condition: a forgotten `== 'ok'` must not pass for success.
bool success_of(const Value& value) {
    if (value.kind() == Kind::Bool) return value.as_bool();
    if (value.kind() == Kind::String) return value.as_string() == "true";
    throw Error(
        ErrorCode::ExpressionFailed,
        fmt::format("apiResponse.success is {}, not true or false", kind_name(value.kind())));
}

std::optional<int> parse_status(std::string_view text) {
    const auto number = parse_int64(text);
    if (!number || *number < 200 || *number > 599) return std::nullopt;
    return static_cast<int>(*number);
}

int status_of(const Value& value) {
    const std::string text = to_text(value);
    if (const auto status = parse_status(text)) return *status;
    throw Error(ErrorCode::ExpressionFailed,
                fmt::format("apiResponse.statusCode '{}' is no HTTP status from 200 to 599", text));
}

class ApiResponseStep final : public engine::Step {
 public:
    explicit ApiResponseStep(ResponseParts parts) : parts_(std::move(parts)) {}

    Output run(RunContext& context) const override {
        auto response = std::make_shared<ApiResponse>();
        response->success = success_of(parts_.success.evaluate(context));
        response->data = parts_.response.evaluate(context);
        if (parts_.status_code) {
            response->status_code = status_of(parts_.status_code->evaluate(context));
        }
        for (const auto& [name, tree] : parts_.headers) {
            response->headers.emplace_back(name, to_text(tree.evaluate(context)));
        }
        for (const auto& [name, tree] : parts_.meta) {
            response->extra_meta.set(name, tree.evaluate(context));
        }
        // What a later resource sees: the wrapper, as in the original dialect.
        Value wrapper(Object{{"success", response->success}, {"data", response->data}});
        return {.value = std::move(wrapper), .response = std::move(response)};
    }

 private:
    ResponseParts parts_;
};

void check_header_name(const Node& name, Diagnostics& diagnostics) {
    if (is_server_header(name.text)) {
        diagnostics.error(ErrorCode::InvalidValue,
                          fmt::format("response header '{}' is set by the server", name.text),
                          name.span, "remove it");
    } else if (!is_token(name.text)) {
        diagnostics.error(ErrorCode::InvalidValue,
                          fmt::format("'{}' is no name of an HTTP header", name.text), name.span,
                          "use letters, digits and '-', for example X-Request-Name");
    }
}

void compile_headers(const Node* headers, ResponseParts& parts, CompileContext& context) {
    if (headers == nullptr) return;
    for (const auto& [name, value] : headers->members) {
        check_header_name(name, context.diagnostics());
        parts.headers.emplace_back(name.text, context.tree(value));
    }
}

/// A status that is written out is checked while loading; an expression when it is evaluated.
ValueTree compile_status(const Node& node, CompileContext& context) {
    const std::size_t known = context.diagnostics().all().size();
    ValueTree tree = context.tree(node);
    const bool is_reported = context.diagnostics().all().size() > known;
    if (node.kind == Node::Kind::String && !tree.is_dynamic_text() && !is_reported &&
        !parse_status(node.text)) {
        context.diagnostics().error(
            ErrorCode::InvalidValue,
            fmt::format("'statusCode' in apiResponse must be between 200 and 599, not '{}'",
                        node.text),
            node.span, "write a number, or an expression that gives one");
    }
    return tree;
}

/// What may stand in apiResponse and, as its older place, in apiResponse.meta. Called for `meta`
/// first: where both have the same key the newer place wins.
void compile_common(const Node* map, ResponseParts& parts, CompileContext& context) {
    if (map == nullptr) return;
    compile_headers(map->find("headers"), parts, context);
    const Node* status = map->find("statusCode");
    if (status != nullptr && !status->is_null()) {
        parts.status_code = compile_status(*status, context);
    }
    for (const char* name : {"model", "backend"}) {
        const Node* value = map->find(name);
        if (value == nullptr || value->is_null()) continue;
        parts.meta.emplace_back(name, context.tree(*value));
    }
}

class ApiResponseKind final : public engine::ResourceKind {
 public:
    std::string_view name() const override { return workflow::kAnswerKey; }
    const workflow::KindSchema& schema() const override { return workflow::api_response_schema(); }
    bool answers() const override { return true; }
    std::unique_ptr<engine::Step> compile(const workflow::Action& action,
                                          CompileContext& context) const override {
        ResponseParts parts;
        const workflow::Fields& fields = action.fields;
        if (const Node* success = fields.find("success")) parts.success = context.tree(*success);
        if (const Node* response = fields.find("response")) {
            parts.response = context.tree(*response);
        }
        compile_common(fields.find("meta"), parts, context);
        compile_common(&fields.node(), parts, context);
        return std::make_unique<ApiResponseStep>(std::move(parts));
    }
};

}  // namespace

std::unique_ptr<engine::ResourceKind> api_response_kind() {
    return std::make_unique<ApiResponseKind>();
}

}  // namespace kdeps::resources
