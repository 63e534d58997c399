#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "kdeps/sql/statement_class.hpp"

namespace kdeps::sql {

struct Dsn;

/// How a list is sent that stands alone in `IN ( )`.
enum class ListForm {
    Array,     ///< `= ANY (...)` with one parameter.
    Json,      ///< A subquery over the elements of one JSON text.
    Expanded,  ///< One parameter per element.
};

/// What `@` begins where it is no operator.
enum class AtSign {
    Parameter,          ///< `@name` is a parameter.
    ParameterOrSystem,  ///< The same, but `@@name` is the server's own.
    Variable,           ///< `@name` and `@@name` are variables.
};

/// Where BEGIN opens a block of statements, not a transaction.
enum class Blocks {
    InRoutines,  ///< Only in the body of a trigger or routine.
    NotAtomic,   ///< Also as BEGIN NOT ATOMIC.
    Anywhere,    ///< Also before any statement, and a routine's body needs no block.
};

/// A type that may stand before a string literal.
struct TypeName {
    std::string_view name;
    std::string_view cast = {};  ///< `TIME(?)`; empty for CAST(? AS what is written).
};

/// What statements do that begin with these words, where that differs from what is usual.
struct FirstWords {
    std::string_view first;
    std::string_view second;  ///< Empty: any.
    StatementClass meaning;
};

/// What calling a function leaves behind, by the beginning of its name.
struct FunctionRule {
    std::string_view prefix;
    SessionEffect effect;
    bool may_write;
};

/// What becomes of an option of a connection string.
enum class OptionUse { Kept, Seconds, Field, Port, Dropped };

struct DsnOption {
    /// What other programs call a value.
    struct Synonym {
        std::string_view word, meaning;
    };
    std::string_view name;
    OptionUse use = OptionUse::Kept;
    std::string Dsn::*field = nullptr;
    std::span<const std::string_view> values = {};  ///< The allowed ones; empty: any.
    std::span<const Synonym> synonyms = {};
};

/// All that the text of statements and connection strings has of its own on one database. The rows
/// are data: src/sql/dialects.cpp. Whoever is given one REQUIRES that it outlives them.
struct Dialect {
    std::string_view name;  ///< "PostgreSQL"

    // Literals, names and comments.
    std::string_view string_quotes = "'";
    std::string_view name_quotes = "\"";  ///< The first one quotes inserted names; `[` ends at `]`.
    bool doubled_brackets = false;        ///< `]]` is one `]` of a name in brackets.
    bool backslash_strings = false;       ///< `\` escapes in every string; `\%` and `\_` stay.
    bool escape_strings = false;          ///< It does in E'...', with \101, \x41 and \u0041.
    std::string_view control_escapes = {};  ///< Pairs: the letter behind `\`, what it means.
    bool charset_prefixes = false;          ///< _utf8'...'
    bool continued_strings = false;         ///< A literal goes on after a line break.
    bool dollar_strings = false;            ///< $tag$...$tag$
    bool nested_comments = false;
    bool hash_comments = false;
    bool spaced_dashes = false;        ///< `--` begins a comment only before white space.
    bool executable_comments = false;  ///< /*! ... */
    bool hash_names = false;  ///< `#t` is a temporary table; `#` and `@` may stand in names.
    /// What glues together to longer operators; empty: each character stands alone. Where `?` is
    /// among it, it is a placeholder only where an operand must stand.
    std::string_view operator_characters = {};
    std::span<const TypeName> types = {};
    bool long_types = false;      ///< numeric(10,2) '...', timestamp with time zone '...'
    bool array_brackets = false;  ///< ARRAY[[1,2],[3,4]]

    // Parameters.
    AtSign at_sign = AtSign::Parameter;
    bool dollar_names = false;           ///< `$name` is a parameter.
    std::string_view placeholder = "?";  ///< As the driver takes it.
    bool numbered = true;                ///< Its number follows, and may come again.
    std::size_t most_parameters = 65535;
    ListForm list = ListForm::Expanded;
    std::string_view empty_list = "SELECT NULL WHERE 1=0";  ///< What IN ( ) of no element holds.

    // Statements.
    Blocks blocks = Blocks::InRoutines;
    bool exec_calls = false;          ///< EXEC p @name = value: p is called, @name is its own.
    bool assigning_operator = false;  ///< `:=` sets a variable of the session.
    bool literal_do_blocks = false;   ///< DO takes a text, which sees no parameters.
    bool stored_functions = true;     ///< A function that is not built in may write.
    std::string_view temporary_schema = {};  ///< Empty: there is none.
    std::string_view system_schema = {};     ///< Of the built-in functions.
    std::span<const FirstWords> first_words = {};
    std::span<const FunctionRule> functions = {};
    std::span<const std::string_view> implicit_commits = {};  ///< First words.
    std::span<const std::string_view> isolation_levels = {};  ///< Of transactions, lower case.

    // Connection strings.
    std::span<const std::string_view> schemes;             ///< The first one is shown.
    std::span<const std::string_view> other_schemes = {};  ///< Taken, not advertised.
    std::span<const std::string_view> file_suffixes = {};  ///< The database is a file.
    int default_port = 0;
    bool keyword_form = false;  ///< libpq's `host=h dbname=d`.
    bool go_form = false;       ///< `user:password@tcp(host:port)/database`
    std::span<const DsnOption> options = {};
    bool any_option = false;  ///< Others than those are taken too.

    [[nodiscard]] bool is_file() const { return !file_suffixes.empty(); }
};

extern const Dialect kPostgres;
extern const Dialect kMySql;
extern const Dialect kSqlite;
extern const Dialect kSqlServer;

/// Every row. A new database is one more of them and a folder in src/db.
[[nodiscard]] std::span<const Dialect* const> dialects();

}  // namespace kdeps::sql
