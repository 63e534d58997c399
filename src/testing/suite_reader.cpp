#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/text.hpp"
#include "kdeps/testing/suite.hpp"
#include "kdeps/workflow/workflow.hpp"

#include "setup_reader.hpp"
#include "step_reader.hpp"
#include "suite_context.hpp"
#include "suite_schema.hpp"

namespace kdeps::testing {

namespace {

namespace fs = std::filesystem;
using workflow::Fields;
using workflow::Node;

bool can_fail(const Step& step) {
    const ExpectedAnswer& expected = step.expected;
    return expected.status || !expected.headers.empty() || !expected.parts.empty() ||
           !expected.texts.empty() || !step.saves.empty();
}

class SuiteReader {
 public:
    explicit SuiteReader(const SuiteContext& context) : context_(context) {}

    Suite read() {
        const workflow::Workflow& workflow = context_.project.workflow();
        if (workflow.tests != nullptr && !workflow.tests->is_null()) read_list(*workflow.tests, {});
        for (const fs::path& file : test_files(workflow)) read_file(file);
        for (const Test& test : suite_.tests) check_fixtures(test);
        return std::move(suite_);
    }

 private:
    static std::vector<fs::path> test_files(const workflow::Workflow& workflow) {
        std::vector<fs::path> files;
        std::error_code ignored;
        const fs::path folder = fs::path(workflow.path).parent_path() / "tests";
        for (const auto& entry : fs::directory_iterator(folder, ignored)) {
            const fs::path& path = entry.path();
            const bool is_yaml = path.extension() == ".yaml" || path.extension() == ".yml";
            const bool is_hidden = path.filename().string().starts_with('.');
            if (is_yaml && !is_hidden && !entry.is_directory(ignored)) files.push_back(path);
        }
        std::ranges::sort(files);
        return files;
    }

    void read_file(const fs::path& file) {
        auto documents =
            workflow::read_documents(file.string(), context_.diagnostics, context_.texts);
        for (auto& document : documents) {
            read_document(*document);
            suite_.documents.push_back(std::move(document));
        }
    }

    void read_document(const Node& document) {
        if (document.is_list()) return read_list(document, {});
        if (!document.is_map()) {
            return context_.error(document,
                                  "a test file is a list of tests, or a map with 'tests'");
        }
        const Fields fields = workflow::check_fields(document, file_schema(), context_.diagnostics);
        read_connections(fields);
        const std::vector<Fixture> fixtures = read_fixtures(fields, context_);
        for (const Fields& test : fields.map_list("tests")) add(test, fixtures);
    }

    /// A list that no schema has checked yet.
    void read_list(const Node& list, const std::vector<Fixture>& fixtures) {
        if (!list.is_list()) {
            return context_.error(list, "'tests' must be a list", "begin each test with '- '");
        }
        for (const Node& item : list.items) {
            if (!item.is_map()) {
                context_.error(item, "a test is a map", "write - {name: ..., request: ...}");
                continue;
            }
            add(workflow::check_fields(item, test_schema(), context_.diagnostics), fixtures);
        }
    }

    void add(const Fields& fields, const std::vector<Fixture>& fixtures) {
        Test test{.name = fields.text("name").value_or(""),
                  .span = fields.node().span,
                  .fixtures = fixtures,
                  .mocks = read_mocks(fields, context_),
                  .faults = read_faults(fields, context_),
                  .timeout = fields.duration("timeout"),
                  .steps = read_steps(fields, context_)};
        if (const Node* name = fields.find("name")) test.span = name->span;
        if (!test.steps.empty() && std::ranges::none_of(test.steps, can_fail)) {
            context_.diagnostics.error(ErrorCode::MissingField, "the test expects nothing",
                                       test.span, "add for instance assert: {status: 200}");
        }
        for (Fixture& own : read_fixtures(fields, context_)) test.fixtures.push_back(own);
        suite_.tests.push_back(std::move(test));
    }

    /// What a server holds is somebody's, unless it is named for tests.
    void check_fixtures(const Test& test) {
        for (const Fixture& fixture : test.fixtures) {
            const auto connection = context_.project.connections().find(fixture.connection);
            const bool is_given =
                connection->dsn.dialect->is_file() ||
                std::ranges::find(suite_.databases, fixture.connection,
                                  &GivenDatabase::connection) != suite_.databases.end();
            if (is_given) continue;
            context_.diagnostics.error(
                ErrorCode::InvalidValue,
                fmt::format("there is no database for tests of '{}' to put this into",
                            fixture.connection),
                fixture.span,
                fmt::format("name one: `connections: {{{}: \"${{TEST_DSN}}\"}}` beside 'tests'",
                            fixture.connection));
        }
    }

    void read_connections(const Fields& fields) {
        const Node* node = fields.find("connections");
        if (node == nullptr || !node->is_map()) return;
        for (const auto& [key, value] : node->members) {
            if (context_.is_connection(key)) read_connection(key, value);
        }
    }

    void read_connection(const Node& key, const Node& value) {
        const workflow::Workflow& workflow = context_.project.workflow();
        try {
            const std::string text =
                workflow::expand_environment(value.text, value.origin, workflow.environment);
            sql::Dsn dsn = sql::parse_dsn(text, workflow.directory);
            const auto declared = context_.project.connections().find(key.text);
            if (declared != nullptr && declared->dsn.dialect != dsn.dialect) {
                return context_.error(
                    key,
                    fmt::format("'{}' is a {} database, its database for tests {}", key.text,
                                declared->dsn.dialect->name, dsn.dialect->name),
                    "statements are compiled for the workflow's own kind of database");
            }
            const auto is_same = [&dsn](const auto& connection) {
                const sql::Dsn& own = connection->dsn;
                return std::tie(own.dialect, own.host, own.port, own.database) ==
                       std::tie(dsn.dialect, dsn.host, dsn.port, dsn.database);
            };
            if (!dsn.dialect->is_file() &&
                std::ranges::any_of(context_.project.connections().all(), is_same)) {
                return context_.error(key, "that database is one of the workflow's own",
                                      "name one that holds nothing else: fixtures may empty it");
            }
            if (dsn.dialect->is_file()) {
                return context_.error(key, "tests have SQLite files of their own",
                                      "fill them by `init` of the connection, and by fixtures");
            }
            const auto known =
                std::ranges::find(suite_.databases, key.text, &GivenDatabase::connection);
            if (known != suite_.databases.end()) {
                return context_.error(
                    key, fmt::format("a second database for tests of '{}'", key.text),
                    fmt::format("the first one is named at {}:{}; it holds for all files",
                                known->span.file, known->span.line));
            }
            suite_.databases.push_back({key.text, std::move(dsn), key.span});
        } catch (Error& error) {
            if (!error.detail().where) error.detail().where = value.span;
            context_.diagnostics.add(Severity::Error, error);
        }
    }

    const SuiteContext context_;
    Suite suite_;
};

}  // namespace

Suite read_suite(const app::Project& project, Diagnostics& diagnostics, SourceTexts& texts) {
    Diagnostics found;
    Suite suite = SuiteReader({project, found, texts}).read();
    found.sort();
    // A key that nobody reads would be a check that nobody does.
    for (const Diagnostic& each : found.all()) diagnostics.add(Severity::Error, each.error);
    return suite;
}

}  // namespace kdeps::testing
