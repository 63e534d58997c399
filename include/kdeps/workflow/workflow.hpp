#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/node.hpp"
#include "kdeps/workflow/schema.hpp"
#include "kdeps/workflow/settings.hpp"

namespace kdeps::workflow {

struct Requirement {
    std::string action_id;
    SourceSpan span;
};

/// The key of the action that answers the request; it may also stand beside another one and in
/// onError.
inline constexpr const char* kAnswerKey = "apiResponse";

/// One action of a resource: the kind's key in YAML and its checked map.
struct Action {
    std::string kind;  ///< "sql", "python", "apiResponse", ...
    Fields fields;
    SourceSpan span;
    /// Every field is a text, list or map as it should be; else it is reported and nothing more can
    /// be said about the action.
    bool is_well_shaped = true;
};

/// One resource, from either shape (`metadata` + `run`, or flat).
struct Resource {
    std::string action_id;
    std::string name;
    SourceSpan span;  ///< Of the actionId's value.
    std::vector<Requirement> depends_on;
    std::optional<Action> primary;  ///< At most one of the registered primary kinds.
    std::optional<Action> api_response;
    const Node* on_error = nullptr;        ///< Checked against on_error_schema().
    std::optional<Action> error_response;  ///< What answers in onError.
    const Node* validations = nullptr;     ///< Checked against validations_schema().
    std::vector<const Node*> before;       ///< exprBefore and before: expressions.
    std::vector<const Node*> after;        ///< expr and after.
    std::optional<std::chrono::milliseconds> timeout;
};

/// Variables for `${VAR}` and `env()`. What is nearer to where the workflow runs wins: the process
/// environment over `.env` beside the workflow, that over the workflow's own `agentSettings.env`.
class Environment {
 public:
    Environment() = default;
    explicit Environment(std::map<std::string, std::string> dot_env)
        : dot_env_(std::move(dot_env)) {}
    void set_defaults(std::map<std::string, std::string> own) { own_ = std::move(own); }
    [[nodiscard]] std::optional<std::string> find(const std::string& name) const;

 private:
    std::map<std::string, std::string> dot_env_;
    std::map<std::string, std::string> own_;
};

/// Fills in `${VAR}`, `${VAR:-default}` and `{{ env('VAR') }}`; `$$` is a dollar sign.
///
/// Errors: Error(InvalidValue) with place and hint for a variable that is unset without default,
///         for another `{{ }}` and for a `${` that is not closed.
[[nodiscard]] std::string expand_environment(const std::string& text, const TextOrigin& origin,
                                             const Environment& environment);

/// Everything the user wrote, typed and with places; nothing run or opened yet.
struct Workflow {
    std::string path;       ///< The workflow file as the user named it.
    std::string directory;  ///< Absolute folder of the file; relative paths start here.
    std::string name;
    std::string description;
    std::string version;
    std::string target;  ///< The default one; may be empty when every route has its own.
    SourceSpan target_span;
    Settings settings;
    const Node* tests = nullptr;      ///< As written: nothing here looks into them.
    std::vector<Resource> resources;  ///< Inline ones first, then by file name, in document order.
    /// ActionIds that there are runs for: the default one, or LoadOptions::target instead, then
    /// those of routes; each once, all of them resources.
    std::vector<std::string> targets;
    Environment environment;

    std::vector<std::unique_ptr<Node>> documents;  ///< Own the nodes that everything points into.
};

/// The maps that may stand as a resource's primary action, by key.
struct RegisteredKind {
    std::string name;  ///< Key in YAML.
    const KindSchema* schema;
};

/// What other modules contribute to the grammar of a workflow.
struct Grammar {
    std::vector<RegisteredKind> kinds;       ///< Primary actions.
    const KindSchema* connection = nullptr;  ///< One entry of `settings.sqlConnections`.
};

struct LoadOptions {
    bool strict = false;  ///< Unknown keys and forgotten `requires` are errors.
    /// The default target instead of targetActionId; routes with a target of their own keep it.
    std::optional<std::string> target = std::nullopt;
    bool has_host = false;  ///< Another host than hostIp is used, so that one is not checked.
    /// A server is to start: routes that others reach without a token are an error, else a warning.
    bool will_serve = false;
};

/// Reads `path` (a file, or a folder with workflow.yaml or workflow.yml), `resources/*.yaml|yml`
/// beside it in name order and `.env`, and checks everything that needs no other module: syntax,
/// both shapes, types, duplicates, unknown keys and kinds, requirements, targets, cycles.
///
/// Every mistake goes to `diagnostics`; the returned workflow is only meaningful when there is no
/// error among them. Texts that were read go to `texts`.
///
/// Errors: Error(FileNotFound) when there is no workflow file at `path`.
[[nodiscard]] Workflow load(const std::string& path, const Grammar& grammar,
                            const LoadOptions& options, Diagnostics& diagnostics,
                            SourceTexts& texts);

/// The documents of another YAML file beside a workflow. Its text goes to `texts`.
///
/// Errors: every mistake is added to `diagnostics`; what was read until a syntax error is returned.
[[nodiscard]] std::vector<std::unique_ptr<Node>> read_documents(const std::string& path,
                                                                Diagnostics& diagnostics,
                                                                SourceTexts& texts);

/// `{action, fallback, expr, when, maxRetries, retryDelay, apiResponse}`.
[[nodiscard]] const KindSchema& on_error_schema();
/// `{methods, routes, skip, check, error, required, ...}`.
[[nodiscard]] const KindSchema& validations_schema();
/// `{success, response, statusCode, headers, meta}`: the map of kAnswerKey.
[[nodiscard]] const KindSchema& api_response_schema();
/// Every schema of workflow.yaml by dotted name, for the reference page.
[[nodiscard]] std::vector<const KindSchema*> workflow_schemas();

}  // namespace kdeps::workflow
