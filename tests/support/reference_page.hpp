#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "kdeps/expr/function_table.hpp"
#include "kdeps/workflow/schema.hpp"

namespace kdeps::test {

inline std::string type_text(const workflow::FieldSpec& field) {
    switch (field.type) {
        case workflow::FieldType::Text:
            return "text";
        case workflow::FieldType::Template:
            return "text with `{{ }}`";
        case workflow::FieldType::Expression:
            return "expression";
        case workflow::FieldType::Integer:
            return field.maximum == INT64_MAX
                       ? "number"
                       : fmt::format("number {} to {}", field.minimum, field.maximum);
        case workflow::FieldType::Boolean:
            return "true/false";
        case workflow::FieldType::Duration:
            return "duration";
        case workflow::FieldType::ByteSize:
            return "size";
        case workflow::FieldType::Choice:
            return fmt::format("{}", fmt::join(field.choices, ", "));
        case workflow::FieldType::TextList:
            return "list of texts";
        case workflow::FieldType::TextMap:
            return "map of texts";
        case workflow::FieldType::Map:
            return "map";
        case workflow::FieldType::MapList:
            return field.or_texts ? "list of maps or texts" : "list of maps";
        case workflow::FieldType::NamedMaps:
            return field.or_texts ? "map of maps, or list of texts" : "map of maps";
        case workflow::FieldType::Any:
            return "any";
    }
    return "";
}

/// The reference table of one schema, as Markdown.
inline std::string schema_table(const workflow::KindSchema& schema) {
    std::string text = "| Key | Type | Default | Meaning |\n|---|---|---|---|\n";
    std::string refused;
    std::string warned;
    for (const workflow::FieldSpec& field : schema.fields) {
        std::string name = fmt::format("`{}`", field.name);
        for (const std::string& alias : field.aliases) name += fmt::format(", `{}`", alias);
        if (field.support == workflow::Support::Full) {
            const std::string type =
                type_text(field) + (field.or_expression ? " or expression" : "");
            text += fmt::format("| {} | {} | {} | {} |\n", name, type,
                                field.required ? "required" : field.default_text, field.help);
        } else if (field.support == workflow::Support::Refused) {
            refused += (refused.empty() ? "" : ", ") + name;
        } else if (field.support == workflow::Support::Warned) {
            warned += (warned.empty() ? "" : ", ") + name;
        }
    }
    if (!refused.empty()) text += fmt::format("\nRefused: {}.\n", refused);
    if (!warned.empty()) text += fmt::format("\nWithout effect, with a warning: {}.\n", warned);
    return text;
}

/// The functions that read the facets of a kind, as Markdown.
inline std::string facet_table(const std::vector<expr::Facet>& facets) {
    std::string text = "| Function | Result |\n|---|---|\n";
    for (const expr::Facet& facet : facets) {
        text += fmt::format("| `{}(actionId)` | {} |\n", facet.name, facet.help);
    }
    return text;
}

/// Compares what stands between `<!-- table: NAME -->` and `<!-- end -->` on a page with `text`;
/// with KDEPS_UPDATE_DOCS=1 in the environment the page is rewritten first.
inline void expect_on_page(const std::string& path, const std::string& name,
                           const std::string& text) {
    std::ifstream in(path);
    ASSERT_TRUE(in) << path;
    const std::string page((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const std::string start = fmt::format("<!-- table: {} -->\n", name);
    const std::size_t begin = page.find(start);
    const std::size_t end = page.find("<!-- end -->", begin);
    ASSERT_NE(begin, std::string::npos) << "the page has no table for '" << name << "'";
    ASSERT_NE(end, std::string::npos) << "the table of '" << name << "' has no end";
    const std::size_t from = begin + start.size();
    if (std::getenv("KDEPS_UPDATE_DOCS") != nullptr) {
        std::string updated = page;
        updated.replace(from, end - from, text);
        std::ofstream(path) << updated;
    }
    EXPECT_EQ(page.substr(from, end - from), text) << "rewrite it with KDEPS_UPDATE_DOCS=1";
}

}  // namespace kdeps::test
