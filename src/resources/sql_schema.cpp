#include "sql_schema.hpp"

#include "kdeps/resources/connections.hpp"

namespace kdeps::resources {

namespace {

using workflow::FieldSpec;
using workflow::FieldType;
using workflow::KindSchema;

/// The keys that `sql` and one entry of `sql.queries` share.
std::vector<FieldSpec> statement_fields() {
    return {
        {.name = "query", .type = FieldType::Template, .help = "The statement; `{{ }}` is bound."},
        {.name = "params",
         .type = FieldType::Any,
         .help = "Values of `$1`, `?` (a list) or `:name` (a map)."},
        {.name = "paramsBatch",
         .type = FieldType::Any,
         .help =
             "One run of the statement per element: a list of lists or maps, or an expression."},
    };
}

const KindSchema& query_schema() {
    static const KindSchema kSchema = [] {
        KindSchema schema{.name = "sql.queries[]",
                          .help = "One statement of several that run in order.",
                          .fields = statement_fields()};
        schema.fields[0].required = true;
        schema.fields.insert(
            schema.fields.begin(),
            {.name = "name", .type = FieldType::Text, .help = "For people; without effect."});
        return schema;
    }();
    return kSchema;
}

}  // namespace

const KindSchema& sql_schema() {
    static const KindSchema kSchema = [] {
        KindSchema schema{.name = "sql", .help = "Statements on one database.", .fields = {}};
        schema.fields = {
            {.name = "connectionName",
             .type = FieldType::Text,
             .help = "A key of `settings.sqlConnections`."},
            {.name = "connection",
             .type = FieldType::Text,
             .help = "A connection string of this resource's own, or a connection's name."},
            {.name = "pool",
             .type = FieldType::Map,
             .help = "Pool settings for an own `connection`.",
             .nested = &pool_schema()},
        };
        for (FieldSpec& field : statement_fields()) schema.fields.push_back(std::move(field));
        const std::vector<FieldSpec> rest = {
            {.name = "queries",
             .type = FieldType::MapList,
             .help =
                 "Several statements, run in order; the result is a list with one element each.",
             .nested = &query_schema()},
            {.name = "transaction",
             .type = FieldType::Boolean,
             .help = "All or nothing, on one connection.",
             .default_text = "false"},
            {.name = "format",
             .type = FieldType::Choice,
             .help = "How the rows look as text; rows they stay.",
             .default_text = "json",
             .choices = {"json", "csv", "table"}},
            {.name = "maxRows",
             .type = FieldType::Integer,
             .help = "Further rows are cut off and the answer says so; 0 means no limit.",
             .default_text = "0",
             .minimum = 0},
            {.name = "maxResultBytes",
             .type = FieldType::ByteSize,
             .help = "A larger result is cancelled with RESULT_TOO_LARGE.",
             .default_text = "64MiB",
             .minimum = 1},
            {.name = "timeout",
             .type = FieldType::Duration,
             .help = "Then the statement is cancelled at the server.",
             .aliases = {"timeoutDuration"},
             .minimum = 1},
            {.name = "batchResult",
             .type = FieldType::Choice,
             .help = "`list`: one element per set; `summary`: totals only.",
             .default_text = "list",
             .choices = {"list", "summary"}},
        };
        schema.fields.insert(schema.fields.end(), rest.begin(), rest.end());
        return schema;
    }();
    return kSchema;
}

}  // namespace kdeps::resources
