#include "suite_schema.hpp"

namespace kdeps::testing {

namespace {

using workflow::FieldSpec;
using workflow::FieldType;
using workflow::KindSchema;

FieldSpec fixtures_field() {
    return {.name = "fixtures",
            .type = FieldType::NamedMaps,
            .help = "what is put into the databases first, by connection",
            .nested = &fixture_schema()};
}

}  // namespace

const KindSchema& request_schema() {
    static const KindSchema kSchema{
        .name = "request",
        .help =
            "What is sent. Texts may name what an earlier step has saved: `{{ id }}`; "
            "`{{ env('TOKEN') }}` is a variable.",
        .fields = {{.name = "method",
                    .type = FieldType::Text,
                    .help = "the HTTP method",
                    .default_text = "GET"},
                   {.name = "path",
                    .type = FieldType::Text,
                    .help = "path, with or without a query string",
                    .required = true},
                   {.name = "query",
                    .type = FieldType::TextMap,
                    .help = "names and values of the query string; they are encoded"},
                   {.name = "headers", .type = FieldType::TextMap, .help = "names and values"},
                   {.name = "body",
                    .type = FieldType::Any,
                    .help = "a text is sent as it is, everything else as JSON; the Content-Type "
                            "is JSON unless a header says otherwise"}}};
    return kSchema;
}

const KindSchema& path_schema() {
    static const KindSchema kSchema{
        .name = "jsonPath",
        .help = "What stands at one place of a JSON body.",
        .fields = {
            {.name = "path",
             .type = FieldType::Text,
             .help = "`$.data.orders[0].id`",
             .required = true},
            {.name = "equals", .type = FieldType::Any, .help = "the whole value there"},
            {.name = "contains",
             .type = FieldType::Any,
             .help = "a part of it: of a text, list or map"},
            {.name = "exists", .type = FieldType::Boolean, .help = "whether there is anything"}}};
    return kSchema;
}

const KindSchema& body_schema() {
    static const KindSchema kSchema{
        .name = "body",
        .help = "What the body of the answer has to be.",
        .fields = {
            {.name = "equals",
             .type = FieldType::Any,
             .help = "all of it: a text is compared with the body's text, everything else with "
                     "its JSON"},
            {.name = "contains",
             .type = FieldType::Any,
             .help = "a part of it: a text that is in its text, or a map or list whose members "
                     "are in its JSON, at any depth"},
            {.name = "paths",
             .type = FieldType::Any,
             .help = "what stands at places of its JSON: `$.data.count: 3`"},
            {.name = "jsonPath",
             .type = FieldType::MapList,
             .help = "the same as KDeps writes it",
             .nested = &path_schema()}}};
    return kSchema;
}

const KindSchema& assert_schema() {
    static const KindSchema kSchema{
        .name = "assert",
        .help = "What the answer has to be.",
        .fields = {{.name = "status", .type = FieldType::Any, .help = "the status, or a matcher"},
                   {.name = "headers",
                    .type = FieldType::Any,
                    .help = "by name: a text that the value contains, letter case ignored, or a "
                            "matcher"},
                   {.name = "body",
                    .type = FieldType::Map,
                    .help = "the body",
                    .nested = &body_schema()}}};
    return kSchema;
}

const KindSchema& step_schema() {
    static const KindSchema kSchema{
        .name = "step",
        .help = "One request of several in a test.",
        .fields = {{.name = "request",
                    .type = FieldType::Map,
                    .help = "what is sent",
                    .required = true,
                    .nested = &request_schema()},
                   {.name = "assert",
                    .type = FieldType::Map,
                    .help = "what the answer has to be",
                    .aliases = {"expect"},
                    .nested = &assert_schema()},
                   {.name = "save",
                    .type = FieldType::TextMap,
                    .help = "values of the answer for later steps: `id: $.data.id`"}}};
    return kSchema;
}

const KindSchema& fixture_schema() {
    static const KindSchema kSchema{
        .name = "fixtures.<connection>",
        .help = "What is put into one database, in the order of the keys below.",
        .fields = {{.name = "file",
                    .type = FieldType::Text,
                    .help = "a file of SQL statements, relative to the workflow's folder"},
                   {.name = "sql", .type = FieldType::Text, .help = "SQL statements"},
                   {.name = "rows",
                    .type = FieldType::Any,
                    .help = "rows by table: `orders: [{id: 1, item: tea}]`"}}};
    return kSchema;
}

const KindSchema& mock_error_schema() {
    static const KindSchema kSchema{
        .name = "error",
        .help = "How a resource fails. A text alone is the message.",
        .fields = {
            {.name = "message", .type = FieldType::Text, .help = "what it says", .required = true},
            {.name = "code",
             .type = FieldType::Text,
             .help = "a code of docs/reference/errors.md",
             .default_text = "QUERY_FAILED"},
            {.name = "sqlstate", .type = FieldType::Text, .help = "five characters"}}};
    return kSchema;
}

const KindSchema& mock_schema() {
    static const KindSchema kSchema{
        .name = "mocks.<actionId>",
        .help = "What a resource's action gives, instead of being done.",
        .fields = {{.name = "value", .type = FieldType::Any, .help = "its output"},
                   {.name = "error",
                    .type = FieldType::Any,
                    .help = "how it fails: a message, or `{message, code, sqlstate}`"}}};
    return kSchema;
}

const KindSchema& test_schema() {
    static const KindSchema kSchema{
        .name = "test",
        .help = "One test: a request, or several in `steps`.",
        .fields = {
            {.name = "name", .type = FieldType::Text, .help = "what it is about", .required = true},
            {.name = "request",
             .type = FieldType::Map,
             .help = "what is sent",
             .nested = &request_schema()},
            {.name = "assert",
             .type = FieldType::Map,
             .help = "what the answer has to be",
             .aliases = {"expect"},
             .nested = &assert_schema()},
            {.name = "steps",
             .type = FieldType::MapList,
             .help = "several requests in order, instead of `request` and `assert`",
             .nested = &step_schema()},
            fixtures_field(),
            {.name = "mocks",
             .type = FieldType::NamedMaps,
             .help = "what resources give instead of what they do, by actionId",
             .nested = &mock_schema()},
            {.name = "faults",
             .type = FieldType::Any,
             .help = "databases that misbehave, by connection: `down`, or `{slow: 300ms}`"},
            {.name = "timeout",
             .type = FieldType::Duration,
             .help = "time limit of each request's run, instead of the workflow's",
             .minimum = 1}}};
    return kSchema;
}

const KindSchema& file_schema() {
    static const KindSchema kSchema{
        .name = "the test file",
        .help = "`tests/*.yaml` beside the workflow. A list of tests alone will do.",
        .fields = {{.name = "tests",
                    .type = FieldType::MapList,
                    .help = "the tests",
                    .required = true,
                    .nested = &test_schema()},
                   fixtures_field(),
                   {.name = "connections",
                    .type = FieldType::TextMap,
                    .help = "databases for tests, by connection: connection strings with "
                            "`${VAR}`"}}};
    return kSchema;
}

}  // namespace kdeps::testing
