#pragma once

#include <optional>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/workflow.hpp"

#include "schemas.hpp"

namespace kdeps::workflow {

/// Whether a document says it is of this kind (`kind: Workflow`).
[[nodiscard]] bool is_of_kind(const Node& document, std::string_view kind);
/// Checks `apiVersion` and `kind` of a document, where they are given.
void check_header(const Node& document, std::string_view kind, Diagnostics& diagnostics);

/// Turns documents of either shape into resources.
class ResourceReader {
 public:
    ResourceReader(const Grammar& grammar, Diagnostics& diagnostics)
        : grammar_(grammar), schemas_(grammar.kinds), diagnostics_(diagnostics) {}

    /// nullopt when the document is no resource or has no actionId; the mistake is reported.
    [[nodiscard]] std::optional<Resource> read(const Node& document);

 private:
    void read_identity(const Fields& fields, Resource& resource);
    void read_body(const Fields& fields, Resource& resource);
    void read_actions(const Node& body, Resource& resource);
    void require_work(const Resource& resource);
    [[nodiscard]] Action action(const Node& key, const Node& value, const KindSchema& schema);

    const Grammar& grammar_;
    ResourceSchemas schemas_;
    Diagnostics& diagnostics_;
};

}  // namespace kdeps::workflow
