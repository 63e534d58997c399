// A table: one row per database. What a field means stands in the header.

#include "kdeps/sql/dialect.hpp"
#include "kdeps/sql/dsn.hpp"

namespace kdeps::sql {
namespace {

using enum OptionUse;
using enum SessionEffect;
using Words = std::string_view[];

// --- PostgreSQL ---

constexpr TypeName kPostgresTypes[] = {
    {"bigint"},    {"bit"},         {"bool"},      {"boolean"},  {"box"},     {"bpchar"},
    {"bytea"},     {"char"},        {"character"}, {"cidr"},     {"circle"},  {"citext"},
    {"date"},      {"daterange"},   {"decimal"},   {"float"},    {"float4"},  {"float8"},
    {"hstore"},    {"inet"},        {"int"},       {"int2"},     {"int4"},    {"int4range"},
    {"int8"},      {"int8range"},   {"integer"},   {"interval"}, {"json"},    {"jsonb"},
    {"jsonpath"},  {"line"},        {"lseg"},      {"ltree"},    {"macaddr"}, {"macaddr8"},
    {"money"},     {"numeric"},     {"numrange"},  {"oid"},      {"point"},   {"polygon"},
    {"real"},      {"regclass"},    {"regtype"},   {"smallint"}, {"text"},    {"time"},
    {"timestamp"}, {"timestamptz"}, {"timetz"},    {"tsquery"},  {"tsrange"}, {"tstzrange"},
    {"tsvector"},  {"uuid"},        {"varbit"},    {"varchar"},  {"vector"},  {"xml"},
};
constexpr FirstWords kPostgresFirstWords[] = {
    {"set", "local", {Transactional, false}},
    {"set", "transaction", {Transactional, false}},
    {"set", "constraints", {Transactional, false}},
    {"prepare", "transaction", {Transactional, true, true}},
};
constexpr FunctionRule kPostgresFunctions[] = {
    {"pg_advisory_xact_lock", Transactional, false},
    {"pg_try_advisory_xact_lock", Transactional, false},
    {"pg_advisory_", Session, false},
    {"pg_try_advisory_", Session, false},
    {"set_config", Session, false},
    {"setseed", Session, false},
    {"dblink_", Session, true},
    {"nextval", Neutral, true},
    {"setval", Neutral, true},
};
constexpr Words kPostgresSchemes = {"postgres"};
constexpr Words kPostgresOtherSchemes = {"postgresql"};
constexpr Words kSslModes = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"};
/// libpq's own names. Source: PostgreSQL manual 34.1.2.
constexpr DsnOption kPostgresOptions[] = {
    {"user", Field, &Dsn::user},
    {"password", Field, &Dsn::password},
    {"dbname", Field, &Dsn::database},
    {"host", Field, &Dsn::host},
    {"socket", Field, &Dsn::host},  // libpq takes the folder of the socket as host
    {"port", Port},
    {"application_name"},
    {"channel_binding"},
    {"client_encoding"},
    {"connect_timeout", Seconds},
    {"fallback_application_name"},
    {"gssencmode"},
    {"gsslib"},
    {"hostaddr"},
    {"keepalives"},
    {"keepalives_count"},
    {"keepalives_idle"},
    {"keepalives_interval"},
    {"krbsrvname"},
    {"options"},
    {"passfile"},
    {"replication"},
    {"requirepeer"},
    {"service"},
    {"ssl_max_protocol_version"},
    {"ssl_min_protocol_version"},
    {"sslcert"},
    {"sslcompression"},
    {"sslcrl"},
    {"sslcrldir"},
    {"sslkey"},
    {.name = "sslmode", .values = kSslModes},
    {"sslpassword"},
    {"sslrootcert"},
    {"sslsni"},
    {"target_session_attrs"},
    {"tcp_user_timeout"},
};

// --- MySQL and MariaDB ---

/// CAST(x AS TIME) and CAST(x AS DATETIME) cut fractions of a second.
constexpr TypeName kMySqlTypes[] = {
    {"date"},
    {"time", "CAST(? AS TIME(6))"},
    {"timestamp", "CAST(? AS DATETIME(6))"},
    {"datetime", "CAST(? AS DATETIME(6))"},
};
constexpr FirstWords kMySqlFirstWords[] = {
    {"load", "", {Neutral, true}},
    {"xa", "start", {Transactional, false}},
    {"xa", "begin", {Transactional, false}},
    {"xa", "end", {Transactional, false}},
    {"xa", "prepare", {Transactional, true}},  // to be stored by whoever commits it
    {"xa", "commit", {Transactional, true, true}},
    {"xa", "rollback", {Transactional, false, true}},
};
constexpr FunctionRule kMySqlFunctions[] = {
    {"get_lock", Session, false},
    {"release_lock", Session, false},
    {"release_all_locks", Session, false},
    {"nextval", Neutral, true},
    {"setval", Neutral, true},
};
constexpr Words kMySqlImplicitCommits = {
    "alter",  "analyze", "create",   "drop",   "flush", "grant",    "install", "lock",
    "rename", "repair",  "optimize", "revoke", "reset", "truncate", "unlock",  "uninstall",
};
constexpr Words kMySqlSchemes = {"mysql", "mariadb"};
constexpr Words kTlsModes = {"prefer", "require", "verify"};
constexpr DsnOption::Synonym kGoTlsModes[] = {
    {"true", "verify"}, {"skip-verify", "require"}, {"preferred", "prefer"}};
constexpr Words kCharsets = {"utf8mb4", "utf8"};
constexpr DsnOption kMySqlOptions[] = {
    {"charset", Dropped, nullptr, kCharsets},  // which every session has anyway
    {"connect_timeout", Seconds},
    {"socket"},
    {.name = "tls", .values = kTlsModes, .synonyms = kGoTlsModes},
    {"tls_ca"},
    // Of the Go driver: they have no counterpart or are how we work.
    {"parseTime", Dropped},
    {"loc", Dropped},
    {"collation", Dropped},
    {"interpolateParams", Dropped},
    {"clientFoundRows", Dropped},
    {"multiStatements", Dropped},
    {"checkConnLiveness", Dropped},
    {"columnsWithAlias", Dropped},
    {"allowNativePasswords", Dropped},
};

// --- SQLite ---

/// CAST(x AS DATE) is a number; the date functions keep ISO text.
constexpr TypeName kSqliteTypes[] = {
    {"date", "date(?)"},
    {"time", "time(?)"},
    {"timestamp", "datetime(?)"},
    {"datetime", "datetime(?)"},
};
constexpr FunctionRule kSqliteFunctions[] = {
    {"load_extension", Session, true},
    {"writefile", Neutral, true},
};
constexpr Words kSqliteSchemes = {"sqlite"};
constexpr Words kSqliteOtherSchemes = {"sqlite3", "file"};
constexpr Words kSqliteSuffixes = {".db", ".sqlite", ".sqlite3"};
constexpr Words kSqliteModes = {"ro", "rw", "rwc", "memory"};
constexpr Words kOnOff = {"on", "off"};
constexpr DsnOption kSqliteOptions[] = {
    {"cache", Dropped},  // each connection has its own cache
    {.name = "foreign_keys", .values = kOnOff},
    {.name = "mode", .values = kSqliteModes},
};

// --- SQL Server ---

/// A timestamp is a row version here, not a time.
constexpr TypeName kSqlServerTypes[] = {
    {"date"},
    {"time"},
    {"timestamp", "CAST(? AS DATETIME2)"},
    {"datetime", "CAST(? AS DATETIME2)"},
};
constexpr FirstWords kSqlServerFirstWords[] = {
    {"exec", "", {Transactional, true}},
    {"execute", "", {Transactional, true}},
};
/// The system's procedures: some keep state in the session.
constexpr FunctionRule kSqlServerFunctions[] = {{"sp_", Session, true}};
constexpr Words kSqlServerSchemes = {"sqlserver"};
constexpr Words kSqlServerOtherSchemes = {"mssql"};
constexpr DsnOption kSqlServerOptions[] = {
    {"database", Field, &Dsn::database}, {"Database", Field, &Dsn::database},
    {"user id", Field, &Dsn::user},      {"password", Field, &Dsn::password},
    {"connect_timeout", Seconds},
};

}  // namespace

constexpr std::string_view kIsolationLevels[] = {"read uncommitted", "read committed",
                                                 "repeatable read", "serializable"};
/// There is but one.
constexpr std::string_view kSqliteIsolationLevels[] = {"serializable"};

constinit const Dialect kPostgres{
    .name = "PostgreSQL",
    .escape_strings = true,
    .control_escapes = "n\nt\tr\rb\bf\f",
    .continued_strings = true,
    .dollar_strings = true,
    .nested_comments = true,
    .operator_characters = "+-*/<>=~!@#%^&|`?",
    .types = kPostgresTypes,
    .long_types = true,
    .array_brackets = true,
    .placeholder = "$",
    .list = ListForm::Array,
    .literal_do_blocks = true,
    .temporary_schema = "pg_temp",
    .system_schema = "pg_catalog",
    .first_words = kPostgresFirstWords,
    .functions = kPostgresFunctions,
    .isolation_levels = kIsolationLevels,
    .schemes = kPostgresSchemes,
    .other_schemes = kPostgresOtherSchemes,
    .default_port = 5432,
    .keyword_form = true,
    .options = kPostgresOptions,
};

constinit const Dialect kMySql{
    .name = "MySQL",
    .string_quotes = "'\"",
    .name_quotes = "`",
    .backslash_strings = true,
    .control_escapes = {"n\nt\tr\rb\bZ\x1A"
                        "0\0",
                        12},
    .charset_prefixes = true,
    .hash_comments = true,
    .spaced_dashes = true,
    .executable_comments = true,
    .types = kMySqlTypes,
    .at_sign = AtSign::Variable,
    .numbered = false,
    .empty_list = "SELECT NULL FROM DUAL WHERE 1=0",
    .blocks = Blocks::NotAtomic,
    .assigning_operator = true,
    .first_words = kMySqlFirstWords,
    .functions = kMySqlFunctions,
    .implicit_commits = kMySqlImplicitCommits,
    .isolation_levels = kIsolationLevels,
    .schemes = kMySqlSchemes,
    .default_port = 3306,
    .go_form = true,
    .options = kMySqlOptions,
};

constinit const Dialect kSqlite{
    .name = "SQLite",
    .name_quotes = "\"`[",
    .types = kSqliteTypes,
    .dollar_names = true,
    .list = ListForm::Json,
    .stored_functions = false,
    .functions = kSqliteFunctions,
    .isolation_levels = kSqliteIsolationLevels,
    .schemes = kSqliteSchemes,
    .other_schemes = kSqliteOtherSchemes,
    .file_suffixes = kSqliteSuffixes,
    .options = kSqliteOptions,
};

constinit const Dialect kSqlServer{
    .name = "SQL Server",
    .name_quotes = "[\"",
    .doubled_brackets = true,
    .nested_comments = true,
    .hash_names = true,
    .types = kSqlServerTypes,
    .at_sign = AtSign::ParameterOrSystem,
    .placeholder = "@p",
    .most_parameters = 2100,
    .blocks = Blocks::Anywhere,
    .exec_calls = true,
    .first_words = kSqlServerFirstWords,
    .functions = kSqlServerFunctions,
    .isolation_levels = kIsolationLevels,
    .schemes = kSqlServerSchemes,
    .other_schemes = kSqlServerOtherSchemes,
    .default_port = 1433,
    .options = kSqlServerOptions,
    .any_option = true,
};

std::span<const Dialect* const> dialects() {
    static constexpr const Dialect* kAll[] = {&kPostgres, &kMySql, &kSqlite, &kSqlServer};
    return kAll;
}

}  // namespace kdeps::sql
