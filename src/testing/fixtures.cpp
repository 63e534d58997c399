#include "fixtures.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "kdeps/base/json.hpp"
#include "kdeps/sql/script.hpp"
#include "kdeps/sql/sql_template.hpp"

#include "node_text.hpp"

namespace kdeps::testing {

namespace {

using workflow::Node;

void execute(db::Connection& connection, std::string_view text, const std::vector<Value>& values,
             const sql::Dialect& dialect, const SourceSpan& where) {
    const db::Statement statement{.text = std::make_shared<const std::string>(text),
                                  .statement_class = sql::classify(text, dialect)};
    try {
        (void)connection.execute(statement, values);
    } catch (Error& error) {
        error.detail().where = where;
        throw;
    }
}

/// What no database takes as it is becomes JSON.
Value bindable(const Node& node) {
    Value value = value_of(node);
    return node.is_scalar() ? value : Value(to_json(value));
}

void insert(const std::string& table, const Node& row, db::Connection& connection,
            const sql::Dialect& dialect) {
    std::string columns;
    std::string places;
    std::vector<Value> values;
    for (const auto& [key, value] : row.members) {
        const std::string_view comma = values.empty() ? "" : ", ";
        values.push_back(bindable(value));
        columns += fmt::format("{}{}", comma, sql::quote_identifier(key.text, dialect));
        places += fmt::format("{}{}", comma, dialect.placeholder);
        if (dialect.numbered) places += std::to_string(values.size());
    }
    const std::string text = fmt::format("INSERT INTO {} ({}) VALUES ({})",
                                         sql::quote_identifier(table, dialect), columns, places);
    execute(connection, text, values, dialect, row.span);
}

}  // namespace

void apply(const Fixture& fixture, db::Connection& connection, const sql::Dialect& dialect) {
    if (fixture.rows != nullptr) {
        for (const Node& row : fixture.rows->items) {
            insert(fixture.table, row, connection, dialect);
        }
        return;
    }
    for (const sql::ScriptStatement& statement :
         sql::split_script(fixture.sql, fixture.origin, dialect)) {
        execute(connection, statement.text, {}, dialect,
                fixture.origin.span(fixture.sql, statement.begin, statement.text.size()));
    }
}

}  // namespace kdeps::testing
