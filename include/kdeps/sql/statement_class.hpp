#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kdeps::sql {

struct Dialect;

/// What a statement may leave behind in its session.
enum class SessionEffect {
    Neutral,        ///< SELECT, DML, WITH, VALUES, EXPLAIN, SHOW: nothing.
    Transactional,  ///< BEGIN, SAVEPOINT, CALL, DO: look at the server's status, roll back.
    Session,        ///< SET, temp tables, LISTEN, advisory locks, unknown words: full reset.
};

struct StatementClass {
    SessionEffect effect = SessionEffect::Session;
    /// First keyword says it may write (INSERT, UPDATE, DELETE, MERGE, DDL, WITH holding one, CALL,
    /// unknown), or it calls a function that is not known to read only. SQLite asks the engine
    /// itself in the end.
    bool may_write = true;
    /// First keyword commits, rolls back or replaces the transaction it stands in: COMMIT, ROLLBACK
    /// (not TO a savepoint), BEGIN; on MySQL also DDL, which commits without being told.
    bool ends_transaction = false;
    /// First keyword is BEGIN or START TRANSACTION.
    bool opens_transaction = false;
    /// Calls a function that is not known to be built in, and so may do whatever a procedure may.
    bool calls_unknown = false;
    /// First keyword makes, changes or drops what later statements may name.
    bool changes_schema = false;
};

/// Looks at words outside strings, comments and quoted names; also at function names such as
/// `set_config(`, `pg_advisory_lock(`, `GET_LOCK(`.
[[nodiscard]] StatementClass classify(std::string_view sql, const Dialect& dialect);

/// The words of a statement in lower case and its quoted names as they are, each once, the first
/// word first: whatever the statement names is among them. Empty for a text that has no tokens.
[[nodiscard]] std::vector<std::string> names_in(std::string_view sql, const Dialect& dialect);

}  // namespace kdeps::sql
