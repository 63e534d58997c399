#include "mysql/mysql_catalogue.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "kdeps/sql/dialect.hpp"
#include "kdeps/sql/statement_class.hpp"

namespace kdeps::db {

namespace {

using Names = std::vector<std::string>;

/// `'a','b'`. REQUIRES: are_simple(names).
/// Names as the lexer gives them, in lower case; MySQL compares those of information_schema with
/// regard to case where it keeps tables in files.
std::string list_of(const Names& names) {
    std::string list;
    for (const std::string& name : names) {
        if (!list.empty()) list += ',';
        list += '\'' + name + '\'';
    }
    return list;
}

bool are_simple(const Names& names) {
    return std::ranges::none_of(names, [](const std::string& name) {
        return name.find_first_of("'\\") != std::string::npos;
    });
}

/// Adds what a text names to `names`, and to `fresh` what was not there yet.
void add_names(const std::string& text, Names& names, Names& fresh) {
    for (std::string& name : sql::names_in(text, sql::kMySql)) {
        if (std::ranges::find(names, name) != names.end()) continue;
        names.push_back(name);
        fresh.push_back(std::move(name));
    }
}

/// Adds what the views and perhaps the triggers that `names` are about name themselves. `look` sees
/// their texts, which are empty for want of a right; false ends it all, with false.
template <typename Look>
bool open_texts(MysqlSession& session, Names& names, bool with_triggers, Look look) {
    Names fresh = names;
    while (!fresh.empty()) {
        if (!are_simple(fresh)) return false;
        const std::string list = list_of(fresh);
        std::string query = fmt::format(
            "SELECT view_definition FROM information_schema.views "
            "WHERE table_schema = DATABASE() AND LOWER(table_name) IN ({})",
            list);
        if (with_triggers) {
            query += fmt::format(
                " UNION ALL SELECT action_statement FROM information_schema.triggers "
                "WHERE event_object_schema = DATABASE() AND LOWER(event_object_table) IN ({})",
                list);
        }
        fresh.clear();
        for (const std::string& text : session.first_column(query)) {
            if (!look(text)) return false;
            add_names(text, names, fresh);
        }
    }
    return true;
}

bool is_plain_view(const std::string& definition) {
    const sql::StatementClass what = sql::classify(definition, sql::kMySql);
    return what.effect == sql::SessionEffect::Neutral && !what.calls_unknown;
}

bool has_rows(MysqlSession& session, const std::string& query) {
    return !session.first_column(query).empty();
}

bool names_other_database(MysqlSession& session, const Names& names) {
    return has_rows(session,
                    fmt::format("SELECT 1 FROM information_schema.schemata WHERE "
                                "LOWER(schema_name) IN ({}) AND schema_name NOT IN (coalesce("
                                "DATABASE(), ''), 'information_schema', "
                                "'performance_schema') LIMIT 1",
                                list_of(names)));
}

/// Those of others are not shown without the right to make some.
bool sees_triggers(MysqlSession& session) {
    constexpr const char* kGrantee =
        "grantee = concat(char(39), replace(current_user(), '@', concat(char(39), '@', char(39))), "
        "char(39)) AND privilege_type = 'TRIGGER'";
    return has_rows(session, fmt::format("SELECT 1 FROM information_schema.user_privileges "
                                         "WHERE {0} UNION ALL SELECT 1 FROM "
                                         "information_schema.schema_privileges WHERE {0} AND "
                                         "DATABASE() LIKE table_schema",
                                         kGrantee));
}

bool has_trigger(MysqlSession& session, const Names& names) {
    return has_rows(session, fmt::format("SELECT 1 FROM information_schema.triggers WHERE "
                                         "event_object_schema = DATABASE() AND "
                                         "LOWER(event_object_table) IN ({}) LIMIT 1",
                                         list_of(names)));
}

bool is_plain(MysqlSession& session, const std::string& text) {
    static constexpr std::array<std::string_view, 11> kKnown = {
        "select", "insert", "update",    "delete",  "replace", "with",
        "values", "show",   "savepoint", "release", "rollback"};
    Names names = sql::names_in(text, sql::kMySql);
    const bool is_known =
        !names.empty() && std::ranges::find(kKnown, names.front()) != kKnown.end();
    if (!is_known || !open_texts(session, names, false, is_plain_view)) return false;
    if (names_other_database(session, names)) return false;
    if (!sql::classify(text, sql::kMySql).may_write) return true;
    return sees_triggers(session) && !has_trigger(session, names);
}

bool may_keep_part(MysqlSession& session, const std::string& text) {
    Names names = sql::names_in(text, sql::kMySql);
    const auto is_readable = [](const std::string& inner) { return !inner.empty(); };
    const bool is_block = !names.empty() && names.front() == "begin";  // NOT ATOMIC
    return is_block || !open_texts(session, names, true, is_readable) ||
           has_rows(session, fmt::format("SELECT 1 FROM information_schema.tables WHERE "
                                         "LOWER(table_name) IN ({}) AND table_schema NOT IN "
                                         "('information_schema', 'performance_schema', 'mysql', "
                                         "'sys') AND engine IN (SELECT engine FROM "
                                         "information_schema.engines WHERE transactions <> 'YES') "
                                         "LIMIT 1",
                                         list_of(names)));
}

}  // namespace

bool mysql_may_keep_part(MysqlSession& session, const std::string& text) {
    try {
        return may_keep_part(session, text);
    } catch (const Error&) {
        return true;
    }
}

std::optional<bool> mysql_is_plain(MysqlSession& session, const std::string& text) {
    try {
        return is_plain(session, text);
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace kdeps::db
