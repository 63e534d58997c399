#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/workflow/workflow.hpp"

#include "environment.hpp"
#include "environment_settings.hpp"
#include "field_values.hpp"
#include "resource_reader.hpp"
#include "rules.hpp"
#include "secrets.hpp"
#include "settings_reader.hpp"
#include "source_text.hpp"
#include "target_rules.hpp"
#include "yaml_reader.hpp"

namespace kdeps::workflow {
namespace {

namespace fs = std::filesystem;

/// "a.yaml, resources/": what is in a folder, for a hint.
std::string contents(const fs::path& folder) {
    constexpr std::size_t kMaxShown = 10;
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with('.')) names.push_back(entry.is_directory() ? name + "/" : name);
    }
    std::sort(names.begin(), names.end());
    if (names.empty()) return "the folder is empty: create workflow.yaml there";
    const bool is_cut = names.size() > kMaxShown;
    if (is_cut) names.resize(kMaxShown);
    return fmt::format("the folder holds {}{}", fmt::join(names, ", "), is_cut ? ", ..." : "");
}

[[noreturn]] void fail_not_found(const std::string& message, const std::string& hint) {
    throw Error(ErrorCode::FileNotFound, message, {.hint = hint});
}

/// The workflow file for what the user named: the file itself, or the one in the folder.
fs::path find_workflow_file(const std::string& path) {
    const fs::path named = fs::path(path.empty() ? "." : path).lexically_normal();
    if (fs::is_directory(named)) {
        for (const char* name : {"workflow.yaml", "workflow.yml"}) {
            if (fs::exists(named / name)) return (named / name).lexically_normal();
        }
        fail_not_found(fmt::format("no workflow.yaml in '{}'", path), contents(named));
    }
    if (fs::exists(named)) return named;
    const fs::path folder = named.has_parent_path() ? named.parent_path() : fs::path(".");
    if (!fs::is_directory(folder)) {
        fail_not_found(fmt::format("there is no '{}'", path),
                       "name a workflow file, or a folder with workflow.yaml");
    }
    fail_not_found(fmt::format("there is no '{}'", path), contents(folder));
}

/// A template statement `{% ... %}` or comment `{# ... #}`, which would have to be filled in first.
std::size_t find_template(std::string_view text) {
    for (std::size_t at = text.find('{'); at != std::string_view::npos;
         at = text.find('{', at + 1)) {
        const std::string_view line = text.substr(at, text.find('\n', at) - at);
        const bool is_statement = line.starts_with("{%") && line.find("%}", 2) != line.npos;
        const bool is_comment = line.starts_with("{#") && line.find("#}", 2) != line.npos;
        if (is_statement || is_comment) return at;
    }
    return std::string_view::npos;
}

class Loader {
 public:
    Loader(fs::path file, const Grammar& grammar, const LoadOptions& options, SourceTexts& texts)
        : file_(std::move(file)),
          grammar_(grammar),
          options_(options),
          texts_(texts),
          resources_(grammar, found_) {}

    Workflow load() {
        workflow_.path = file_.string();
        workflow_.directory = fs::absolute(file_).parent_path().lexically_normal().string();
        const fs::path env = file_.parent_path() / ".env";
        workflow_.environment = Environment(read_dot_env(env, env.string(), found_));
        read_workflow_file();
        read_resource_files();
        workflow_.targets = known_targets(workflow_, options_.target);
        check_rules(workflow_, is_complete_, found_);
        if (is_complete_ && is_target_known()) warn_beside_targets(workflow_, found_);
        return std::move(workflow_);
    }

    [[nodiscard]] const Diagnostics& diagnostics() const { return found_; }

 private:
    /// Whether what is left out is so because of the files, not of a word on the command line.
    [[nodiscard]] bool is_target_known() const {
        return !options_.target || std::ranges::count(workflow_.targets, *options_.target) > 0;
    }

    /// The documents of a file; the workflow keeps them alive.
    std::vector<const Node*> read_documents(const fs::path& path) {
        const std::string name = path.string();
        if (path.extension() == ".j2") return refuse_template({.file = name});
        const auto source = read_source(path, name, found_);
        if (!source) {
            is_complete_ = false;
            return {};
        }
        texts_.add(name, without_secrets(source->text()));
        const std::size_t at = find_template(source->text());
        if (at != std::string_view::npos) return refuse_template(source->span(at, at + 2));

        Documents read = read_yaml(*source, found_);
        is_complete_ = is_complete_ && read.is_complete;
        std::vector<const Node*> roots;
        for (auto& root : read.roots) {
            roots.push_back(root.get());
            workflow_.documents.push_back(std::move(root));
        }
        return roots;
    }

    std::vector<const Node*> refuse_template(const SourceSpan& where) {
        is_complete_ = false;
        found_.error(ErrorCode::NotSupported, "Jinja templates are not supported", where,
                     "write plain YAML; '{{ }}' in values is evaluated");
        return {};
    }

    void read_workflow_file() {
        const std::vector<const Node*> documents = read_documents(file_);
        const auto is_workflow = [](const Node* document) {
            const Node* metadata = document->find("metadata");
            return is_of_kind(*document, "Workflow") || document->find("settings") != nullptr ||
                   (metadata != nullptr && metadata->find("targetActionId") != nullptr);
        };
        const auto root = std::find_if(documents.begin(), documents.end(), is_workflow);
        if (root == documents.end()) {
            // When reading stopped early the mistake in the file says more.
            if (is_complete_) {
                found_.error(ErrorCode::MissingField, "there is no workflow in this file",
                             documents.empty() ? SourceSpan{.file = file_.string()}
                                               : documents.front()->span,
                             "a workflow has 'metadata' with 'name' and 'targetActionId'");
            }
            is_complete_ = false;
        } else {
            read_workflow(**root);
        }
        for (const Node* document : documents) {
            if (root == documents.end() || document != *root) add_resource(*document);
        }
    }

    void read_workflow(const Node& document) {
        check_header(document, "Workflow", found_);
        const Fields fields = check_fields(document, workflow_schema(), found_);
        const auto metadata = fields.map("metadata");
        if (metadata) {
            workflow_.name = metadata->text("name").value_or("");
            workflow_.description = metadata->text("description").value_or("");
            workflow_.version = metadata->text("version").value_or("");
            workflow_.target = metadata->text("targetActionId").value_or("");
            if (const Node* target = metadata->find("targetActionId")) {
                workflow_.target_span = target->span;
            }
        }
        workflow_.settings =
            read_settings(fields.map("settings").value_or(Fields()), grammar_.connection,
                          workflow_.environment, options_, found_);
        if (metadata) resolve_targets(workflow_, *metadata, options_.target, found_);
        warn_of_environment(found_);
        workflow_.tests = fields.find("tests");
        const Node* inline_resources = fields.find("resources");
        if (inline_resources == nullptr || inline_resources->is_null()) return;
        if (!inline_resources->is_list()) {
            found_.error(ErrorCode::InvalidValue, "'resources' in the workflow must be a list",
                         inline_resources->span, "begin each resource with '- '");
        }
        for (const Node& resource : inline_resources->items) add_resource(resource);
    }

    void read_resource_files() {
        std::vector<fs::path> files;
        std::error_code ignored;
        for (const auto& entry :
             fs::directory_iterator(file_.parent_path() / "resources", ignored)) {
            const fs::path& path = entry.path();
            const std::string extension = path.extension().string();
            const bool is_resource =
                extension == ".yaml" || extension == ".yml" || extension == ".j2";
            const bool is_hidden = path.filename().string().starts_with('.');
            if (is_resource && !is_hidden && !entry.is_directory(ignored)) files.push_back(path);
        }
        std::sort(files.begin(), files.end());
        for (const fs::path& file : files) {
            const bool was_complete = std::exchange(is_complete_, true);
            const std::vector<const Node*> documents = read_documents(file);
            if (documents.empty() && is_complete_) {
                found_.warning(ErrorCode::MissingField, "the file is empty",
                               {.file = file.string()}, "remove it, or write a resource into it");
            }
            for (const Node* document : documents) add_resource(*document);
            is_complete_ = is_complete_ && was_complete;
        }
    }

    void add_resource(const Node& document) {
        if (is_of_kind(document, "Workflow")) {
            found_.error(ErrorCode::InvalidValue, "a second workflow", document.find("kind")->span,
                         fmt::format("the workflow is in {}", file_.string()));
            return;
        }
        if (auto resource = resources_.read(document)) {
            workflow_.resources.push_back(*std::move(resource));
        } else {
            is_complete_ = false;
        }
    }

    const fs::path file_;
    const Grammar& grammar_;
    const LoadOptions& options_;
    SourceTexts& texts_;
    Diagnostics found_;
    ResourceReader resources_;
    Workflow workflow_;
    bool is_complete_ = true;  ///< Everything that may define a resource could be read.
};

}  // namespace

std::vector<std::unique_ptr<Node>> read_documents(const std::string& path, Diagnostics& diagnostics,
                                                  SourceTexts& texts) {
    const auto source = read_source(path, path, diagnostics);
    if (!source) return {};
    texts.add(path, without_secrets(source->text()));
    return read_yaml(*source, diagnostics).roots;
}

Workflow load(const std::string& path, const Grammar& grammar, const LoadOptions& options,
              Diagnostics& diagnostics, SourceTexts& texts) {
    Loader loader(find_workflow_file(path), grammar, options, texts);
    Workflow workflow = loader.load();
    for (const Diagnostic& found : loader.diagnostics().all()) {
        const bool is_strict_error = options.strict && found.error.code() == ErrorCode::UnknownKey;
        diagnostics.add(is_strict_error ? Severity::Error : found.severity, found.error);
    }
    return workflow;
}

}  // namespace kdeps::workflow
