#include "reading_functions.hpp"

#include <algorithm>
#include <array>

namespace kdeps::sql {
namespace {

/// Built-in functions and aggregates, and the keywords and types that a bracket may follow. Sorted.
// clang-format off
constexpr std::string_view kNames[] = {
    "abs", "acos", "acosd", "acosh", "adddate", "addtime", "aes_decrypt", "aes_encrypt", "against",
    "age", "all", "and", "any", "any_value", "area", "array", "array_agg", "array_append",
    "array_cat", "array_dims", "array_fill", "array_length", "array_lower", "array_ndims",
    "array_position", "array_positions", "array_prepend", "array_remove", "array_replace",
    "array_to_json", "array_to_string", "array_upper", "as", "ascii", "asin", "asind", "asinh",
    "atan", "atan2", "atanh", "avg", "between", "bigint", "bin", "bin_to_uuid", "binary", "bit",
    "bit_and", "bit_count", "bit_length", "bit_or", "bit_xor", "bool", "bool_and", "bool_or",
    "boolean", "box", "bpchar", "btrim", "by", "bytea", "cardinality", "case", "cast", "cbrt",
    "ceil", "ceiling", "char", "char_length", "character", "character_length", "charindex", "chr",
    "circle", "clob", "clock_timestamp", "coalesce", "coercibility", "collation", "concat",
    "concat_ws", "conflict", "conv", "convert", "convert_from", "convert_to", "convert_tz", "corr",
    "cos", "cosh", "cot", "count", "count_big", "covar_pop", "covar_samp", "crc32", "cross", "cube",
    "cume_dist", "curdate", "current_database", "current_date", "current_schema", "current_schemas",
    "current_setting", "current_time", "current_timestamp", "current_user", "currval", "curtime",
    "database", "date", "date_add", "date_bin", "date_diff", "date_format", "date_part", "date_sub",
    "date_trunc", "dateadd", "datediff", "datename", "datepart", "daterange", "datetime",
    "datetime2", "datetimeoffset", "day", "dayname", "dayofmonth", "dayofweek", "dayofyear", "dec",
    "decimal", "decode", "default", "degrees", "dense_rank", "distinct", "div", "double",
    "duplicate", "else", "elt", "encode", "end", "enum", "eomonth", "escape", "every", "except",
    "exists", "exp", "export_set", "extract", "extractvalue", "factorial", "fetch", "field",
    "filter", "find_in_set", "first_value", "float", "floor", "format", "format_type", "found_rows",
    "from", "from_base64", "from_days", "from_unixtime", "gcd", "gen_random_uuid",
    "generate_series", "generate_subscripts", "get_byte", "getdate", "getutcdate", "greatest",
    "group", "group_concat", "grouping", "grouping_id", "has_table_privilege", "having", "height",
    "hex", "host", "hour", "if", "ifnull", "iif", "ilike", "in", "inet_aton", "inet_client_addr",
    "inet_ntoa", "inet_server_addr", "initcap", "insert", "instr", "int", "int2", "int4",
    "int4range", "int8", "int8range", "integer", "intersect", "interval", "is", "isdate", "isempty",
    "isfinite", "isjson", "isnull", "isnumeric", "join", "json", "json_agg", "json_array",
    "json_array_append", "json_array_elements", "json_array_elements_text", "json_array_insert",
    "json_array_length", "json_arrayagg", "json_build_array", "json_build_object", "json_compact",
    "json_contains", "json_contains_path", "json_depth", "json_detailed", "json_each",
    "json_each_text", "json_exists", "json_extract", "json_extract_path", "json_extract_path_text",
    "json_insert", "json_keys", "json_length", "json_merge", "json_merge_patch",
    "json_merge_preserve", "json_modify", "json_normalize", "json_object", "json_object_agg",
    "json_object_keys", "json_objectagg", "json_overlaps", "json_populate_record",
    "json_populate_recordset", "json_pretty", "json_query", "json_quote", "json_remove",
    "json_replace", "json_search", "json_set", "json_strip_nulls", "json_table", "json_to_record",
    "json_to_recordset", "json_type", "json_typeof", "json_unquote", "json_valid", "json_value",
    "jsonb", "jsonb_agg", "jsonb_array_elements", "jsonb_array_elements_text", "jsonb_array_length",
    "jsonb_build_array", "jsonb_build_object", "jsonb_each", "jsonb_each_text",
    "jsonb_extract_path", "jsonb_extract_path_text", "jsonb_insert", "jsonb_object",
    "jsonb_object_agg", "jsonb_object_keys", "jsonb_path_exists", "jsonb_path_match",
    "jsonb_path_query", "jsonb_path_query_array", "jsonb_path_query_first", "jsonb_populate_record",
    "jsonb_populate_recordset", "jsonb_pretty", "jsonb_set", "jsonb_strip_nulls", "jsonb_to_record",
    "jsonb_to_recordset", "jsonb_typeof", "justify_days", "justify_hours", "justify_interval",
    "key", "lag", "last_day", "last_insert_id", "last_value", "lastval", "lateral", "lcase", "lcm",
    "lead", "least", "left", "len", "length", "like", "limit", "line", "ln", "localtime",
    "localtimestamp", "locate", "log", "log10", "log2", "lower", "lower_inc", "lower_inf", "lpad",
    "lseg", "ltrim", "make_date", "make_interval", "make_set", "make_time", "make_timestamp",
    "make_timestamptz", "makedate", "maketime", "masklen", "match", "matched", "materialized",
    "max", "md5", "microsecond", "mid", "min", "min_scale", "minute", "mod", "mode", "money",
    "month", "monthname", "name_const", "nchar", "newid", "not", "nothing", "now", "nth_value",
    "ntile", "nullif", "num_nonnulls", "num_nulls", "numeric", "numnode", "numrange", "nvarchar",
    "nvl", "nvl2", "obj_description", "oct", "octet_length", "offset", "oid", "on", "only", "or",
    "ord", "order", "ordinality", "over", "overlaps", "overlay", "parse_ident", "parsename",
    "partition", "path", "patindex", "percent_rank", "percentile_cont", "percentile_disc",
    "period_add", "period_diff", "pg_backend_pid", "pg_column_size", "pg_database_size",
    "pg_get_constraintdef", "pg_get_expr", "pg_get_functiondef", "pg_get_indexdef",
    "pg_get_serial_sequence", "pg_get_userbyid", "pg_get_viewdef", "pg_is_in_recovery",
    "pg_relation_size", "pg_size_pretty", "pg_sleep", "pg_table_size", "pg_total_relation_size",
    "pg_typeof", "phraseto_tsquery", "pi", "plainto_tsquery", "point", "polygon", "position", "pow",
    "power", "quarter", "quote", "quote_ident", "quote_literal", "quote_nullable", "quotename",
    "radians", "rand", "random", "range", "range_agg", "range_merge", "rank", "real", "regexp",
    "regexp_count", "regexp_instr", "regexp_like", "regexp_match", "regexp_matches",
    "regexp_replace", "regexp_split_to_array", "regexp_split_to_table", "regexp_substr",
    "regr_count", "regr_intercept", "regr_r2", "regr_slope", "repeat", "replace", "replicate",
    "returning", "reverse", "right", "rlike", "rollup", "round", "row", "row_number", "row_to_json",
    "rows", "rpad", "rtrim", "scale", "schema", "sec_to_time", "second", "select", "serial",
    "session_user", "set", "sets", "setweight", "sha", "sha1", "sha2", "sha224", "sha256", "sha384",
    "sha512", "sign", "signed", "similar", "similarity", "sin", "sinh", "sleep", "smallint", "some",
    "soundex", "sounds", "space", "split_part", "sqrt", "square", "st_area", "st_asbinary",
    "st_asgeojson", "st_astext", "st_buffer", "st_centroid", "st_contains", "st_distance",
    "st_distance_sphere", "st_dwithin", "st_envelope", "st_geomfromgeojson", "st_geomfromtext",
    "st_intersects", "st_length", "st_makeenvelope", "st_makepoint", "st_point", "st_setsrid",
    "st_srid", "st_transform", "st_within", "st_x", "st_y", "starts_with", "statement_timestamp",
    "std", "stddev", "stddev_pop", "stddev_samp", "str", "str_to_date", "strcmp", "string_agg",
    "string_escape", "string_split", "string_to_array", "string_to_table", "strip", "strpos",
    "stuff", "subdate", "substr", "substring", "substring_index", "subtime", "sum", "symmetric",
    "sysdate", "sysdatetime", "system_user", "sysutcdatetime", "table", "tablesample", "tan",
    "tanh", "text", "then", "time", "time_format", "time_to_sec", "timediff", "timeofday",
    "timestamp", "timestampadd", "timestampdiff", "timestamptz", "timetz", "tinyint", "to",
    "to_base64", "to_char", "to_date", "to_days", "to_hex", "to_json", "to_jsonb", "to_number",
    "to_regclass", "to_regtype", "to_seconds", "to_timestamp", "to_tsquery", "to_tsvector",
    "transaction_timestamp", "translate", "trim", "trim_array", "trim_scale", "trunc", "truncate",
    "try_cast", "try_convert", "ts_headline", "ts_rank", "ts_rank_cd", "tsrange", "tstzrange",
    "tsvector_to_array", "txid_current", "ucase", "unaccent", "unhex", "union", "unistr",
    "unix_timestamp", "unnest", "unsigned", "updatexml", "upper", "upper_inc", "upper_inf", "user",
    "using", "utc_date", "utc_time", "utc_timestamp", "uuid", "uuid_generate_v4", "uuid_short",
    "uuid_to_bin", "values", "var_pop", "var_samp", "varbinary", "varbit", "varchar", "variance",
    "varying", "version", "websearch_to_tsquery", "week", "weekday", "weekofyear", "weight_string",
    "when", "where", "width_bucket", "window", "with", "within", "word_similarity", "xml", "xmlagg",
    "xmlconcat", "xmlelement", "xmlforest", "xmltable", "xor", "year", "yearweek",
};
// clang-format on
static_assert(std::ranges::is_sorted(kNames));

}  // namespace

bool is_known_to_read(std::string_view name) {
    return std::ranges::binary_search(kNames, name);
}

}  // namespace kdeps::sql
