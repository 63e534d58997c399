#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/workflow/workflow.hpp"

#include "support/temp_dir.hpp"

namespace kdeps::workflow::test {

/// Name and text of each file of a project.
using Files = std::vector<std::pair<std::string, std::string>>;

/// A grammar with a `sql` and a `python` kind, as small as tests need them.
const Grammar& small_grammar();

/// A project that was written to a folder and loaded.
struct Project {
    explicit Project(const Files& files, bool strict = false);

    kdeps::test::TempDir folder;
    Diagnostics diagnostics;
    SourceTexts texts;
    Workflow workflow;
    std::string report;  ///< All diagnostics as rendered, file names relative to the folder.

    [[nodiscard]] const Resource* find(const std::string& action_id) const;
};

/// A text with a mistake, and all that is reported of it.
struct ErrorCase {
    const char *name, *text, *report;
};
inline std::string name_of(const testing::TestParamInfo<ErrorCase>& info) {
    return info.param.name;
}

/// The report for resources beside a valid workflow whose target is `a`.
[[nodiscard]] std::string report_of_resources(const std::string& text);
/// The report for a workflow file beside a valid resource `a`.
[[nodiscard]] std::string report_of_workflow(const std::string& text);

}  // namespace kdeps::workflow::test
