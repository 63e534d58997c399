#include "sql_schema.hpp"

#include "kdeps/resources/connections.hpp"

namespace kdeps::resources {

namespace {

using workflow::FieldSpec;
using workflow::FieldType;
using workflow::KindSchema;

const KindSchema& expect_schema() {
    static const KindSchema kSchema{
        .name = "expect",
        .help = "How many rows the statement must give or change.",
        .fields = {
            {.name = "rows",
             .type = FieldType::Text,
             .help = "A number, or a comparison with one: `'> 0'`, `'<= 10'`, `'!= 1'`.",
             .required = true,
             .aliases = {"rowsAffected"}},
            {.name = "status",
             .type = FieldType::Integer,
             .help = "The HTTP status of the answer otherwise.",
             .default_text = "409",
             .minimum = 400,
             .maximum = 599},
            {.name = "message", .type = FieldType::Template, .help = "Its text."},
        }};
    return kSchema;
}

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
        {.name = "expect",
         .type = FieldType::Map,
         .help = "How many rows the statement, or each run of it, gives or changes; else all is "
                 "undone.",
         .nested = &expect_schema()},
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
            {.name = "name", .type = FieldType::Text, .help = "For result() and messages."});
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
            {.name = "isolation",
             .type = FieldType::Choice,
             .help = "Of the transaction; otherwise the database's own. SQLite has the last one.",
             .choices = {"read uncommitted", "read committed", "repeatable read", "serializable"}},
            {.name = "readOnly",
             .type = FieldType::Boolean,
             .help = "The transaction must not write.",
             .default_text = "false"},
            {.name = "retries",
             .type = FieldType::Integer,
             .help = "How often the transaction is run anew when another one was in its way.",
             .default_text = "0",
             .minimum = 0,
             .maximum = 20},
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
