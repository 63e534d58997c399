#include "loading.hpp"

namespace kdeps::workflow::test {
namespace {

const KindSchema& sql_schema() {
    static const KindSchema batch{
        "sql.queries",
        "one statement of several",
        {{.name = "query", .type = FieldType::Template, .help = "SQL", .required = true},
         {.name = "params", .type = FieldType::Any, .help = "values"}}};
    static const KindSchema schema{
        "sql",
        "runs SQL",
        {{.name = "connectionName", .type = FieldType::Text, .help = "a name"},
         {.name = "connection", .type = FieldType::Text, .help = "a DSN"},
         {.name = "query", .type = FieldType::Template, .help = "SQL"},
         {.name = "params", .type = FieldType::Any, .help = "values"},
         {.name = "paramsBatch", .type = FieldType::Any, .help = "sets of values"},
         {.name = "queries", .type = FieldType::MapList, .help = "statements", .nested = &batch},
         {.name = "transaction", .type = FieldType::Boolean, .help = "all or nothing"},
         {.name = "format",
          .type = FieldType::Choice,
          .help = "the form of the result",
          .choices = {"json", "csv", "table"}},
         {.name = "maxRows", .type = FieldType::Integer, .help = "rows", .minimum = 1},
         {.name = "timeout",
          .type = FieldType::Duration,
          .help = "time",
          .aliases = {"timeoutDuration"}}}};
    return schema;
}

const KindSchema& python_schema() {
    static const KindSchema schema{
        "python",
        "runs Python",
        {{.name = "script", .type = FieldType::Template, .help = "Python text"}}};
    return schema;
}

const KindSchema& connection_schema() {
    static const KindSchema pool{
        "pool",
        "how many",
        {{.name = "maxConnections", .type = FieldType::Integer, .help = "at most", .minimum = 1},
         {.name = "minConnections", .type = FieldType::Integer, .help = "at least", .minimum = 0},
         {.name = "maxIdleTime", .type = FieldType::Duration, .help = "idle"},
         {.name = "maxLifetime", .type = FieldType::Duration, .help = "age"}}};
    static const KindSchema schema{
        "a connection",
        "a database",
        {{.name = "connection", .type = FieldType::Text, .help = "the DSN", .required = true},
         {.name = "pool", .type = FieldType::Map, .help = "its pool", .nested = &pool}}};
    return schema;
}

void remove_all(std::string& text, const std::string& part) {
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
        text.erase(at, part.size());
    }
}

}  // namespace

const Grammar& small_grammar() {
    static const Grammar grammar{{{"sql", &sql_schema()}, {"python", &python_schema()}},
                                 &connection_schema()};
    return grammar;
}

const Resource* Project::find(const std::string& action_id) const {
    for (const Resource& resource : workflow.resources) {
        if (resource.action_id == action_id) return &resource;
    }
    return nullptr;
}

Project::Project(const Files& files, bool strict) {
    for (const auto& [name, text] : files) folder.write(name, text);
    const std::string path = folder.path().string();
    workflow = load(path, small_grammar(), {.strict = strict}, diagnostics, texts);
    report = render(diagnostics, texts);
    remove_all(report, path + "/");
}

std::string report_of_resources(const std::string& text) {
    return Project({{"workflow.yaml", "metadata: {name: test, targetActionId: a}\n"},
                    {"resources/r.yaml", text}})
        .report;
}

std::string report_of_workflow(const std::string& text) {
    return Project({{"workflow.yaml", text},
                    {"resources/a.yaml", "actionId: a\napiResponse: {response: ok}\n"}})
        .report;
}

}  // namespace kdeps::workflow::test
