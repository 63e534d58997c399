#pragma once

#include <vector>

#include "kdeps/workflow/workflow.hpp"

namespace kdeps::workflow {

[[nodiscard]] const KindSchema& workflow_schema();
[[nodiscard]] const KindSchema& workflow_metadata_schema();
[[nodiscard]] const KindSchema& settings_schema();

/// What identifies a resource: under `metadata`, or at the top of the flat shape.
[[nodiscard]] const KindSchema& identity_schema();
/// What a resource does: under `run`, or at the top of the flat shape. Without the kinds.
[[nodiscard]] const KindSchema& body_schema();

/// One declared input, in `fields` and the like; field_rule_schema() has its name as well.
[[nodiscard]] const KindSchema& rule_schema();
[[nodiscard]] const KindSchema& field_rule_schema();
/// One entry of `validations.expr`.
[[nodiscard]] const KindSchema& expression_rule_schema();

/// The keys of a resource document, which depend on its shape.
class ResourceSchemas {
 public:
    explicit ResourceSchemas(const std::vector<RegisteredKind>& kinds);
    ResourceSchemas(const ResourceSchemas&) = delete;  // its tables point at each other
    ResourceSchemas& operator=(const ResourceSchemas&) = delete;

    [[nodiscard]] const KindSchema& body() const { return body_; }
    /// The top level of a document that has `metadata` or `run`, or both, or none (flat).
    [[nodiscard]] const KindSchema& top(bool has_metadata, bool has_run) const {
        return tops_[(has_metadata ? 2u : 0u) + (has_run ? 1u : 0u)];
    }

 private:
    KindSchema body_;
    std::vector<KindSchema> tops_;
};

}  // namespace kdeps::workflow
