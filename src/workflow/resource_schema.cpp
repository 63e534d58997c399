// The keys of a resource, in both shapes.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "field_values.hpp"
#include "schemas.hpp"

namespace kdeps::workflow {
namespace {

constexpr auto kList = FieldType::TextList;

/// A spelling of older releases that has no effect; `now` is how it is written today.
FieldSpec old_spelling(const char* name, const char* now) {
    return {.name = name,
            .type = FieldType::Any,
            .help = fmt::format("write '{}'", now),
            .support = Support::Warned};
}

FieldSpec refused(const char* name, const char* hint) {
    return {.name = name, .type = FieldType::Any, .help = hint, .support = Support::Refused};
}

/// Stands beside `run` in one shape of a resource, and among the actions in the other.
FieldSpec items_field() {
    return refused("items", "loop in a python resource, or use paramsBatch in sql");
}

/// Resource kinds and iteration keys that other programs know.
const std::vector<FieldSpec>& unsupported_actions() {
    static const std::vector<FieldSpec> fields = [] {
        constexpr auto kHint =
            "use one of the supported kinds, see docs/reference/workflow-yaml.md";
        constexpr std::array<const char*, 10> kKinds = {
            "chat",    "httpClient", "exec",      "agent",     "component",
            "scraper", "embedding",  "telephony", "searchWeb", "searchLocal"};
        std::vector<FieldSpec> all;
        for (const char* kind : kKinds) all.push_back(refused(kind, kHint));
        all.push_back(items_field());
        all.push_back(refused("loop", "loop in a python resource"));
        return all;
    }();
    return fields;
}

const KindSchema& check_error_schema() {
    static const KindSchema schema{
        "validations.error",
        "the answer when a `check` does not hold",
        {
            {.name = "code",
             .type = FieldType::Integer,
             .help = "the HTTP status, 400 to 599; another number is answered 500",
             .default_text = "400"},
            {.name = "message", .type = FieldType::Template, .help = "the text of the answer"},
        }};
    return schema;
}

const KindSchema& response_meta_schema() {
    static const KindSchema schema{
        "apiResponse.meta",
        "the older place of headers and statusCode",
        {
            {.name = "headers", .type = FieldType::TextMap, .help = "as apiResponse.headers"},
            {.name = "statusCode",
             .type = FieldType::Integer,
             .help = "as apiResponse.statusCode",
             .minimum = 200,
             .maximum = 599,
             .or_expression = true},
            {.name = "model",
             .type = FieldType::Template,
             .help = "a name shown in the answer's meta"},
            {.name = "backend",
             .type = FieldType::Template,
             .help = "a name shown in the answer's meta"},
        }};
    return schema;
}

/// The keys of `fields` that stand on the wrong level of a document.
void add_misplaced(KindSchema& schema, const std::vector<FieldSpec>& fields, const char* where) {
    for (const FieldSpec& field : fields) {
        if (find_spec(schema, field.name) != nullptr) continue;
        schema.fields.push_back({.name = field.name,
                                 .type = FieldType::Any,
                                 .help = fmt::format("move it under '{}'", where),
                                 .support = Support::Misplaced});
    }
}

void append(std::vector<FieldSpec>& out, const std::vector<FieldSpec>& fields) {
    out.insert(out.end(), fields.begin(), fields.end());
}

}  // namespace

const KindSchema& api_response_schema() {
    static const KindSchema schema{
        kAnswerKey,
        "an HTTP answer",
        {
            {.name = "success",
             .type = FieldType::Boolean,
             .help = "whether the answer is a success: true, false or an expression",
             .default_text = "true",
             .or_expression = true},
            {.name = "response",
             .type = FieldType::Any,
             .help = "the data of the answer; every text in it may be an expression"},
            {.name = "statusCode",
             .type = FieldType::Integer,
             .help = "the HTTP status, or an expression",
             .default_text = "200, without success 500",
             .minimum = 200,
             .maximum = 599,
             .or_expression = true},
            {.name = "headers",
             .type = FieldType::TextMap,
             .help = "HTTP headers; each value may be an expression"},
            {.name = "meta",
             .type = FieldType::Map,
             .help = "the older place of headers, statusCode, model and backend",
             .nested = &response_meta_schema()},
            {.name = "model",
             .type = FieldType::Template,
             .help = "a name shown in the answer's meta"},
            {.name = "backend",
             .type = FieldType::Template,
             .help = "a name shown in the answer's meta"},
        }};
    return schema;
}

const KindSchema& on_error_schema() {
    static const KindSchema schema{
        "onError",
        "what to do when the action fails",
        {
            {.name = "action",
             .type = FieldType::Choice,
             .help = "fail, go on with `fallback`, or try again",
             .default_text = "fail",
             .choices = {"fail", "continue", "retry"}},
            {.name = "maxRetries",
             .type = FieldType::Integer,
             .help = "the number of attempts in all, for `action: retry`",
             .default_text = "1",
             .minimum = 1,
             .maximum = 10},
            {.name = "retryDelay",
             .type = FieldType::Duration,
             .help = "the pause between attempts, or an expression that gives one",
             .default_text = "0s",
             .minimum = 0,
             .or_expression = true},
            {.name = "fallback",
             .type = FieldType::Any,
             .help = "the output in place of the failed one, for `action: continue`"},
            {.name = "when",
             .type = kList,
             .help = "conditions; the error is handled if any of them is true",
             .default_text = "always"},
            {.name = "expr",
             .type = kList,
             .help = "expressions to evaluate before the action; they see `error`"},
            {.name = kAnswerKey,
             .type = FieldType::Map,
             .help = "the answer of the whole run instead of an error",
             .nested = &api_response_schema()},
        }};
    return schema;
}

const KindSchema& validations_schema() {
    static const KindSchema schema{
        "validations",
        "when a resource runs and what it asks of the request",
        {
            {.name = "methods",
             .type = kList,
             .help = "HTTP methods; with another one the resource is skipped"},
            {.name = "routes",
             .type = kList,
             .help = "patterns as of the server's routes; on another path the resource is skipped"},
            {.name = "skip", .type = kList, .help = "conditions; if any is true it is skipped"},
            {.name = "check", .type = kList, .help = "conditions that must all hold"},
            {.name = "required",
             .type = kList,
             .help = "request fields that must be there and not be empty"},
            {.name = "error",
             .type = FieldType::Map,
             .help = "the answer when a `check` does not hold",
             .nested = &check_error_schema()},
            {.name = "fields",
             .type = FieldType::NamedMaps,
             .help = "inputs by name and what each has to be, see Inputs",
             .nested = &rule_schema()},
            {.name = "properties",
             .type = FieldType::NamedMaps,
             .help = "as `fields`",
             .nested = &rule_schema()},
            {.name = "rules",
             .type = FieldType::MapList,
             .help = "as `fields`, in a list, each with its name in `field`",
             .nested = &field_rule_schema()},
            {.name = "params",
             .type = FieldType::NamedMaps,
             .help =
                 "as `fields`, but only of the path and query; or a list of the parameters that "
                 "the resource may read",
             .nested = &rule_schema(),
             .or_texts = true},
            {.name = "headers",
             .type = FieldType::NamedMaps,
             .help = "as `fields`, but request headers; or a list of those that the resource may "
                     "read",
             .nested = &rule_schema(),
             .or_texts = true},
            {.name = "additional",
             .type = FieldType::Boolean,
             .help = "whether the query and body may hold what is not declared",
             .default_text = "true",
             .aliases = {"additionalProperties"}},
            {.name = "expr",
             .type = FieldType::MapList,
             .help = "conditions on the declared inputs, each a text or a map with `expr` and "
                     "`message`",
             .nested = &expression_rule_schema(),
             .or_texts = true},
            old_spelling("restrictToHttpMethods", "methods"),
            old_spelling("restrictToRoutes", "routes"),
            old_spelling("skipCondition", "skip"),
            old_spelling("preflightCheck", "check"),
            old_spelling("allowedHeaders", "headers"),
            old_spelling("allowedParams", "params"),
        }};
    return schema;
}

const KindSchema& identity_schema() {
    static const KindSchema schema{
        "metadata of a resource",
        "what the resource is called and what it needs",
        {
            {.name = "actionId",
             .type = FieldType::Text,
             .help = "its name for `requires`, `get()` and targetActionId, unique in the workflow",
             .required = true},
            {.name = "name",
             .type = FieldType::Text,
             .help = "a name to show",
             .default_text = "actionId"},
            {.name = "description", .type = FieldType::Text, .help = "what it is for"},
            {.name = "category", .type = FieldType::Text, .help = "a word to sort it by"},
            {.name = "requires",
             .type = kList,
             .help = "the actionIds of the resources that must run before this one"},
        }};
    return schema;
}

const KindSchema& body_schema() {
    static const KindSchema schema{
        "run",
        "what the resource does",
        {
            {.name = kAnswerKey,
             .type = FieldType::Map,
             .help = "an HTTP answer, alone or after the action",
             .nested = &api_response_schema()},
            {.name = "validations",
             .type = FieldType::Map,
             .help = "when it runs and what it asks of the request",
             .nested = &validations_schema()},
            {.name = "onError",
             .type = FieldType::Map,
             .help = "what to do when it fails",
             .nested = &on_error_schema()},
            {.name = "timeout",
             .type = FieldType::Duration,
             .help = "the longest time it may take",
             .default_text = "what is left of the run's",
             .aliases = {"timeoutDuration"},
             .minimum = 1},
            {.name = "before", .type = kList, .help = "expressions to evaluate before the action"},
            {.name = "exprBefore", .type = kList, .help = "the older name of `before`"},
            {.name = "after", .type = kList, .help = "expressions to evaluate after the action"},
            {.name = "expr", .type = kList, .help = "the older name of `after`"},
            old_spelling("validation", "validations"),
            old_spelling("restrictToHttpMethods", "methods' in 'validations"),
            old_spelling("restrictToRoutes", "routes' in 'validations"),
            old_spelling("skipCondition", "skip' in 'validations"),
            old_spelling("preflightCheck", "check' in 'validations"),
            old_spelling("allowedHeaders", "headers' in 'validations"),
            old_spelling("allowedParams", "params' in 'validations"),
        }};
    return schema;
}

ResourceSchemas::ResourceSchemas(const std::vector<RegisteredKind>& kinds) {
    body_ = body_schema();
    for (const RegisteredKind& kind : kinds) {
        body_.fields.push_back({.name = kind.name,
                                .type = FieldType::Map,
                                .help = kind.schema->help,
                                .nested = kind.schema});
    }
    for (const FieldSpec& field : unsupported_actions()) {
        if (find_spec(body_, field.name) == nullptr) body_.fields.push_back(field);
    }
    for (const bool has_metadata : {false, true}) {
        for (const bool has_run : {false, true}) {
            KindSchema top{"the resource", "", {}};
            top.fields = {{.name = "apiVersion", .type = FieldType::Text, .help = ""},
                          {.name = "kind", .type = FieldType::Text, .help = ""}};
            if (has_metadata) {
                top.fields.push_back({.name = "metadata",
                                      .type = FieldType::Map,
                                      .help = "",
                                      .nested = &identity_schema()});
            } else {
                append(top.fields, identity_schema().fields);
            }
            if (has_run) {
                top.fields.push_back(
                    {.name = "run", .type = FieldType::Map, .help = "", .nested = &body_});
                top.fields.push_back(items_field());
            } else {
                append(top.fields, body_.fields);
            }
            if (has_metadata) add_misplaced(top, identity_schema().fields, "metadata");
            if (has_run) add_misplaced(top, body_.fields, "run");
            tops_.push_back(std::move(top));
        }
    }
}

}  // namespace kdeps::workflow
