#include "setup_reader.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"

#include "node_text.hpp"
#include "suite_schema.hpp"

namespace kdeps::testing {

using workflow::Fields;
using workflow::Node;

namespace {

namespace fs = std::filesystem;

// The databases of a test.

void read_rows(const std::string& connection, const Node& rows, const SuiteContext& context,
               std::vector<Fixture>& fixtures) {
    constexpr const char* kHint = "rows by table: {orders: [{id: 1, item: tea}]}";
    if (!rows.is_map()) return context.error(rows, "'rows' must be a map of tables", kHint);
    for (const auto& [table, list] : rows.members) {
        const bool is_fitting =
            list.is_list() && std::ranges::all_of(list.items, [](const Node& row) {
                return row.is_map() && !row.members.empty();
            });
        if (!is_fitting) {
            context.error(table, fmt::format("'{}' must be a list of rows", table.text), kHint);
            continue;
        }
        fixtures.push_back({.connection = connection,
                            .sql = {},
                            .origin = {},
                            .table = table.text,
                            .rows = &list,
                            .span = table.span});
    }
}

void read_fixture_file(const std::string& connection, const Node& file, const SuiteContext& context,
                       std::vector<Fixture>& fixtures) {
    const fs::path path = fs::path(context.project.workflow().directory) / file.text;
    const std::string name =
        (fs::path(context.project.workflow().path).parent_path() / file.text).string();
    std::ifstream in(path, std::ios::binary);
    if (!in || fs::is_directory(path)) {
        context.diagnostics.error(ErrorCode::FileNotFound, fmt::format("no file '{}'", name),
                                  file.span, "a path is relative to the workflow's folder");
        return;
    }
    std::string text(std::istreambuf_iterator<char>(in), {});
    context.texts.add(name, text);
    fixtures.push_back({.connection = connection,
                        .sql = std::move(text),
                        .origin = {.file = name},
                        .table = {},
                        .rows = nullptr,
                        .span = file.span});
}

std::optional<Fault> read_fault(const Node& key, const Node& value, const SuiteContext& context) {
    if (value.is_scalar() && value.text == "down") return Fault{key.text, std::nullopt};
    const Node* slow = value.find("slow");
    const auto delay = slow == nullptr || !slow->is_scalar() || value.members.size() != 1
                           ? std::nullopt
                           : parse_duration(slow->text);
    if (delay) return Fault{key.text, delay};
    context.error(
        value.is_scalar() ? value : key,
        fmt::format("the fault of '{}' is neither 'down' nor {{slow: DURATION}}", key.text),
        "write `down`, or for instance {slow: 300ms}");
    return std::nullopt;
}

// Mocks.

/// Whether a resource of that name can be mocked; reported if not.
bool is_mockable(const Node& key, const SuiteContext& context) {
    const engine::Program& program = context.project.program();
    const auto id = program.find(key.text);
    if (!id) {
        std::vector<std::string> names;
        for (const auto& resource : program.resources()) names.push_back(resource.action_id);
        context.diagnostics.error(ErrorCode::UnknownResource,
                                  fmt::format("unknown resource '{}'", key.text), key.span,
                                  did_you_mean(key.text, names));
        return false;
    }
    if (program.resources()[*id].primary != nullptr) return true;
    context.error(key,
                  fmt::format("resource '{}' has no action that a mock could replace", key.text),
                  "mock what it requires");
    return false;
}

std::optional<ErrorCode> code_named(const Node& node, const SuiteContext& context) {
    std::vector<std::string> names;
    for (const ErrorInfo& info : error_table()) {
        if (info.name == node.text) return info.code;
        names.emplace_back(info.name);
    }
    context.error(node, fmt::format("unknown error code '{}'", node.text),
                  did_you_mean(node.text, names));
    return std::nullopt;
}

std::optional<Error> read_mock_error(const Node& node, const SuiteContext& context) {
    if (node.is_scalar()) return Error(ErrorCode::QueryFailed, node.text);
    if (!node.is_map()) {
        context.error(node, "'error' must be a message or a map", "write {message: it failed}");
        return std::nullopt;
    }
    const Fields fields = workflow::check_fields(node, mock_error_schema(), context.diagnostics);
    const Node* code = fields.find("code");
    const auto known = code == nullptr ? ErrorCode::QueryFailed : code_named(*code, context);
    if (!known) return std::nullopt;
    return Error(*known, fields.text("message").value_or(""),
                 {.sqlstate = fields.text("sqlstate").value_or("")});
}

}  // namespace

std::vector<Fixture> read_fixtures(const Fields& fields, const SuiteContext& context) {
    std::vector<Fixture> fixtures;
    const Node* node = fields.find("fixtures");
    if (node == nullptr || !node->is_map()) return fixtures;
    for (const auto& [key, value] : node->members) {
        if (!context.is_connection(key) || !value.is_map()) continue;
        const Fields fixture(&value, &fixture_schema());
        if (const Node* file = fixture.find("file"); file != nullptr && file->is_scalar()) {
            read_fixture_file(key.text, *file, context, fixtures);
        }
        if (const Node* sql = fixture.find("sql"); sql != nullptr && sql->is_scalar()) {
            fixtures.push_back({.connection = key.text,
                                .sql = sql->text,
                                .origin = sql->origin,
                                .table = {},
                                .rows = nullptr,
                                .span = sql->span});
        }
        if (const Node* rows = fixture.find("rows")) {
            read_rows(key.text, *rows, context, fixtures);
        }
    }
    return fixtures;
}

std::vector<Fault> read_faults(const Fields& fields, const SuiteContext& context) {
    std::vector<Fault> faults;
    const Node* node = fields.find("faults");
    if (node == nullptr || node->is_null()) return faults;
    if (!node->is_map()) {
        context.error(*node, "'faults' must be a map of connections", "write {stock: down}");
        return faults;
    }
    for (const auto& [key, value] : node->members) {
        if (!context.is_connection(key)) continue;
        if (const auto fault = read_fault(key, value, context)) faults.push_back(*fault);
    }
    return faults;
}

std::vector<Mock> read_mocks(const Fields& fields, const SuiteContext& context) {
    std::vector<Mock> mocks;
    const Node* node = fields.find("mocks");
    if (node == nullptr || !node->is_map()) return mocks;
    for (const auto& [key, value] : node->members) {
        if (!is_mockable(key, context)) continue;
        const Node* output = value.find("value");
        const Node* error = value.find("error");
        if ((output == nullptr) == (error == nullptr)) {
            context.error(
                key, fmt::format("the mock of '{}' needs one of 'value' and 'error'", key.text));
            continue;
        }
        Mock mock{.action_id = key.text, .value = {}, .error = std::nullopt};
        if (output != nullptr) mock.value = value_of(*output);
        if (error != nullptr) mock.error = read_mock_error(*error, context);
        mocks.push_back(std::move(mock));
    }
    return mocks;
}

}  // namespace kdeps::testing
