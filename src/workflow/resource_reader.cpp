#include "resource_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "field_values.hpp"

namespace kdeps::workflow {
namespace {

constexpr std::string_view kApiVersion = "kdeps.io/v1";

std::vector<const Node*> expressions(const Fields& fields,
                                     std::initializer_list<std::string_view> names) {
    std::vector<const Node*> all;
    for (const std::string_view name : names) {
        const Node* value = fields.find(name);
        if (value == nullptr) continue;
        if (value->is_scalar()) all.push_back(value);
        for (const Node& item : value->items) {
            if (item.is_scalar() && !item.is_null()) all.push_back(&item);
        }
    }
    return all;
}

const Node* map_or_null(const Node* node) {
    return node != nullptr && node->is_map() ? node : nullptr;
}

/// Whether an action stands there that was refused already.
bool has_refused_key(const Node& body, const KindSchema& schema) {
    return std::any_of(body.members.begin(), body.members.end(), [&](const auto& member) {
        const FieldSpec* spec = find_spec(schema, member.first.text);
        return spec != nullptr &&
               (spec->support == Support::Refused || spec->support == Support::Misplaced);
    });
}

}  // namespace

bool is_of_kind(const Node& document, std::string_view kind) {
    const Node* value = document.find("kind");
    return value != nullptr && value->is_scalar() && value->text == kind;
}

void check_header(const Node& document, std::string_view kind, Diagnostics& diagnostics) {
    const Node* version = document.find("apiVersion");
    if (version != nullptr && version->is_scalar() && version->text != kApiVersion) {
        diagnostics.warning(ErrorCode::InvalidValue,
                            fmt::format("unknown apiVersion '{}'", version->text), version->span,
                            fmt::format("this program reads {}", kApiVersion));
    }
    const Node* written = document.find("kind");
    if (written != nullptr && written->is_scalar() && written->text != kind) {
        diagnostics.error(ErrorCode::InvalidValue,
                          fmt::format("kind must be '{}' here, not '{}'", kind, written->text),
                          written->span);
    }
}

std::optional<Resource> ResourceReader::read(const Node& document) {
    if (!document.is_map()) {
        diagnostics_.error(
            ErrorCode::InvalidValue,
            fmt::format("a resource must be a map, not a {}", kind_name(document.kind)),
            document.span, "begin with 'metadata:' or 'actionId:'");
        return std::nullopt;
    }
    check_header(document, "Resource", diagnostics_);
    const Node* metadata = document.find("metadata");
    const Node* run = document.find("run");
    const KindSchema& top = schemas_.top(metadata != nullptr, run != nullptr);
    (void)check_fields(document, top, diagnostics_);

    Resource resource;
    resource.span = document.span;
    read_identity(
        metadata == nullptr ? Fields(&document, &top) : Fields(metadata, &identity_schema()),
        resource);
    if (metadata != nullptr && !metadata->is_map()) {
        // A missing `metadata` value: the schema has nothing to check, but an id is needed.
        if (metadata->is_null()) {
            diagnostics_.error(ErrorCode::MissingField,
                               "missing 'actionId' in metadata of a resource", metadata->span,
                               "write 'actionId: ...' under 'metadata:'");
        }
        return std::nullopt;
    }
    const Fields body = run == nullptr ? Fields(&document, &top) : Fields(run, &schemas_.body());
    read_body(body, resource);
    if (resource.action_id.empty()) return std::nullopt;
    const bool is_reported = has_refused_key(document, top) ||
                             has_refused_key(body.node(), schemas_.body()) ||
                             !(body.node().is_map() || body.node().is_null());
    if (!is_reported) require_work(resource);
    return resource;
}

void ResourceReader::require_work(const Resource& resource) {
    if (resource.primary || resource.api_response || !resource.before.empty() ||
        !resource.after.empty()) {
        return;
    }
    std::vector<std::string> known;
    for (const RegisteredKind& kind : grammar_.kinds) known.push_back(kind.name);
    known.insert(known.end(), {kAnswerKey, "expr"});
    diagnostics_.error(ErrorCode::MissingField,
                       fmt::format("resource '{}' does nothing", resource.action_id), resource.span,
                       fmt::format("give it one of: {}", fmt::join(known, ", ")));
}

void ResourceReader::read_identity(const Fields& fields, Resource& resource) {
    resource.action_id = fields.text("actionId").value_or("");
    resource.name = fields.text("name").value_or(resource.action_id);
    if (const Node* id = fields.find("actionId")) resource.span = id->span;
    const Node* needed = fields.find("requires");
    if (needed == nullptr) return;
    const auto add = [&resource](const Node& id) {
        if (id.is_scalar() && !id.is_null()) resource.depends_on.push_back({id.text, id.span});
    };
    if (needed->is_scalar()) add(*needed);
    for (const Node& id : needed->items) add(id);
}

void ResourceReader::read_body(const Fields& fields, Resource& resource) {
    resource.timeout = fields.duration("timeout");
    resource.on_error = map_or_null(fields.find("onError"));
    if (resource.on_error != nullptr) {
        if (const auto* answer = find_member(*resource.on_error, kAnswerKey)) {
            resource.error_response = action(answer->first, answer->second, api_response_schema());
        }
    }
    resource.validations = map_or_null(fields.find("validations"));
    resource.before = expressions(fields, {"exprBefore", "before"});
    resource.after = expressions(fields, {"after", "expr"});
    read_actions(fields.node(), resource);
}

void ResourceReader::read_actions(const Node& body, Resource& resource) {
    for (const auto& [key, value] : body.members) {
        if (key.text == kAnswerKey) {
            resource.api_response = action(key, value, api_response_schema());
            continue;
        }
        const auto kind = std::find_if(grammar_.kinds.begin(), grammar_.kinds.end(),
                                       [&](const auto& known) { return known.name == key.text; });
        if (kind == grammar_.kinds.end()) continue;
        if (resource.primary) {
            diagnostics_.error(ErrorCode::InvalidValue,
                               fmt::format("resource '{}' has two actions: {} and {}",
                                           resource.action_id, resource.primary->kind, key.text),
                               key.span, "make two resources of it, one requiring the other");
            continue;
        }
        resource.primary = action(key, value, *kind->schema);
    }
}

Action ResourceReader::action(const Node& key, const Node& value, const KindSchema& schema) {
    if (value.is_null()) {
        diagnostics_.error(ErrorCode::MissingField, fmt::format("'{}' is empty", key.text),
                           key.span, "indent its settings below it");
    }
    return {key.text, Fields(&value, &schema), key.span, is_well_shaped(value, schema)};
}

}  // namespace kdeps::workflow
