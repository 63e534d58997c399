#include "postgres/postgres_catalogue.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/sql/dialect.hpp"
#include "kdeps/sql/statement_class.hpp"

#include "postgres/postgres_errors.hpp"

namespace kdeps::db {

namespace {

/// Asked in the transaction in which the statement was parsed: the server then holds a lock of
/// every relation that it names, by way of views too. $1: the words of the statement, $2: its text.
///
/// `touched` adds partitions, and what foreign keys change; `own` tells whether types of users may
/// be about, and so their operators, casts and domains. What is made by initdb has a number below
/// 16384. The texts of `trees` are expressions as the server keeps them parsed.
constexpr const char* kQuestion = R"(
WITH RECURSIVE touched(oid, written) AS (
    SELECT relation, mode <> 'AccessShareLock' FROM pg_locks
    WHERE pid = pg_backend_pid() AND locktype = 'relation'
  UNION
    SELECT further.* FROM touched t CROSS JOIN LATERAL (
        SELECT inhrelid, t.written FROM pg_inherits WHERE inhparent = t.oid
      UNION ALL
        SELECT tgconstrrelid, true FROM pg_trigger JOIN pg_proc f ON f.oid = tgfoid
        WHERE tgrelid = t.oid AND t.written
          AND f.proname ~ '^RI_FKey_(cascade|setnull|setdefault)_') AS further
), own(types) AS (
    SELECT EXISTS (SELECT FROM touched t JOIN pg_attribute a ON attrelid = t.oid
                   WHERE a.atttypid >= 16384 AND t.oid >= 16384)
        OR EXISTS (SELECT FROM pg_type y LEFT JOIN pg_class c ON c.oid = typrelid
                   WHERE typname = ANY ($1::name[]) AND y.oid >= 16384
                     AND coalesce(relkind, 'c') = 'c')
), trees(tree, is_rule) AS (
    SELECT ev_qual::text || ev_action::text, true
    FROM pg_rewrite JOIN touched t ON t.oid = ev_class JOIN pg_class c ON c.oid = ev_class
    WHERE c.oid >= 16384 AND c.relkind <> 'm'
  UNION ALL SELECT adbin::text, false
    FROM pg_attrdef JOIN touched t ON t.oid = adrelid AND t.written
  UNION ALL SELECT conbin::text, false
    FROM own CROSS JOIN pg_constraint LEFT JOIN touched t ON t.oid = conrelid AND t.written
    WHERE contype = 'c' AND (t.oid IS NOT NULL OR (own.types AND contypid >= 16384))
  UNION ALL SELECT coalesce(indexprs::text, '') || coalesce(indpred::text, ''), false
    FROM pg_index JOIN touched t ON t.oid = indrelid
    WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
  UNION ALL SELECT partexprs::text, false
    FROM pg_partitioned_table JOIN touched t ON t.oid = partrelid WHERE partexprs IS NOT NULL
  UNION ALL SELECT coalesce(polqual::text, '') || coalesce(polwithcheck::text, ''), false
    FROM pg_policy JOIN touched t ON t.oid = polrelid
  UNION ALL SELECT tgqual::text, false
    FROM pg_trigger JOIN touched t ON t.oid = tgrelid AND t.written WHERE tgqual IS NOT NULL
), used(oid, is_rule) AS (
    SELECT found[1]::oid, is_rule
    FROM trees, regexp_matches(tree, ':(?:func|opfunc|aggfno|winfno)id (\d+)', 'g') AS found
  UNION SELECT tgfoid, false
    FROM pg_trigger JOIN touched t ON t.oid = tgrelid AND t.written WHERE tgenabled <> 'D'
  UNION SELECT oid, false FROM pg_proc WHERE proname = ANY ($1::name[]) AND oid >= 16384
  UNION SELECT oprcode, false FROM pg_operator, own
    WHERE oid >= 16384 AND (position(oprname IN $2::text) > 0 OR own.types OR (
        oprleft < 16384 AND oprright < 16384 AND oprname ~ '^([=<>]+|!?~~\*?)$'))
  UNION SELECT castfunc, false FROM pg_cast c, own
    WHERE c.oid >= 16384 AND (own.types OR (castsource < 16384 AND casttarget < 16384) OR EXISTS (
        SELECT FROM pg_class r WHERE r.reltype IN (castsource, casttarget) AND relkind <> 'c'))
  UNION SELECT amproc, false FROM pg_amproc WHERE oid >= 16384
)
SELECT NOT EXISTS (
    SELECT FROM used u JOIN pg_proc p USING (oid) JOIN pg_language l ON l.oid = p.prolang
    WHERE CASE
        WHEN p.oid < 16384 THEN
            p.proname ~ '^(set_config|setseed|pg_(try_)?advisory_(un)?lock|pg_replication_origin_)'
            OR p.proname ~ '^(pg_create_|(query|cursor|table|schema|database)_to_xml|ts_stat|ts_re)'
            OR (u.is_rule AND p.proname ~ '^(nextval|setval)')
        ELSE l.lanname NOT IN ('c', 'internal') OR p.prokind <> 'f'
            OR (p.provolatile = 'v' AND p.proname !~ '^(uuid_generate_|gen_)') END)
  AND NOT EXISTS (SELECT FROM touched t JOIN pg_class c USING (oid)
                  WHERE c.relkind = 'f' OR (t.written AND t.oid < 16384)))";

bool is_any_of(std::string_view word, std::span<const std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

/// `{"a","b"}`
std::string array_of(const std::vector<std::string>& names) {
    std::string text = "{";
    for (const std::string& name : names) {
        if (text.size() > 1) text += ',';
        text += '"';
        for (const char c : name) {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        text += '"';
    }
    return text + '}';
}

bool has_succeeded(const PgResult& result) {
    const ExecStatusType status = PQresultStatus(result.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/// In an open transaction.
std::optional<bool> ask(PGconn* connection, const PgPrepared& statement,
                        const std::vector<std::string>& names) {
    const PgResult parsed(PQprepare(connection, "", statement.sent_text.c_str(),
                                    static_cast<int>(statement.declared.size()),
                                    statement.declared.data()));
    if (!has_succeeded(parsed)) return std::nullopt;
    const PgResult path(PQexec(connection, "SET LOCAL search_path = ''"));
    const std::string array = array_of(names);
    const std::array values = {array.c_str(), statement.text.c_str()};
    const PgResult answer(
        PQexecParams(connection, kQuestion, 2, nullptr, values.data(), nullptr, nullptr, 0));
    // What takes too long to be answered is not asked again at once.
    return PQresultStatus(answer.get()) == PGRES_TUPLES_OK &&
           *PQgetvalue(answer.get(), 0, 0) == 't';
}

}  // namespace

std::optional<bool> pg_is_plain(PGconn* connection, const PgPrepared& statement) {
    static constexpr std::array<std::string_view, 8> kParsed = {
        "select", "insert", "update", "delete", "merge", "with", "values", "table"};
    static constexpr std::array<std::string_view, 5> kHarmless = {"show", "savepoint", "release",
                                                                  "rollback", "set"};
    const std::vector<std::string> names = sql::names_in(statement.text, sql::kPostgres);
    if (names.empty()) return false;
    if (is_any_of(names.front(), kHarmless)) return true;
    // The server resolves the views of others, and of SELECT INTO, only when it runs them; and
    // U&"..." hides a name.
    const auto has = [&](const char* name) {
        return std::ranges::find(names, name) != names.end();
    };
    const bool is_parsed =
        is_any_of(names.front(), kParsed) && (!has("into") || has("insert") || has("merge"));
    if (!is_parsed || statement.text.find("&\"") != std::string::npos) return false;
    // Whoever changes a table must not wait for an answer that nobody waits for, nor it for them.
    const PgResult begun(PQexec(
        connection,
        "BEGIN READ ONLY; SET LOCAL lock_timeout = '100ms'; SET LOCAL statement_timeout = '1s'"));
    if (!has_succeeded(begun)) return std::nullopt;
    const auto answer = ask(connection, statement, names);
    const PgResult ended(PQexec(connection, "ROLLBACK"));
    return answer;
}

}  // namespace kdeps::db
