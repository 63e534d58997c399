#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kdeps/base/error.hpp"
#include "kdeps/db/connection.hpp"
#include "kdeps/sql/dsn.hpp"

namespace kdeps::test {

/// The connection string in an environment variable, or empty: then the test is to be skipped.
inline std::string dsn_text(const char* variable) {
    const char* text = std::getenv(variable);
    return text != nullptr ? text : "";
}

inline Deadline soon() {
    return Deadline::after(std::chrono::seconds(10));
}

/// `SELECT ...` and the like: a statement that reads.
inline db::Statement reading(std::string text) {
    return {.text = std::make_shared<const std::string>(std::move(text)),
            .statement_class = {sql::SessionEffect::Neutral, false}};
}

inline db::Statement writing(std::string text) {
    return {.text = std::make_shared<const std::string>(std::move(text)),
            .statement_class = {sql::SessionEffect::Neutral, true}};
}

/// Runs a statement that may write anything.
inline db::Result run(db::Connection& connection, const std::string& text,
                      const std::vector<Value>& parameters = {}) {
    return connection.execute(writing(text), parameters);
}

/// Opens a transaction, for what its statements do one by one.
inline void begin(db::Connection& connection, bool read_only = false) {
    connection.run({}, {.begin = true, .read_only = read_only});
}

inline void commit(db::Connection& connection) {
    connection.run({}, {.commit = true});
}

/// Runs a statement once per set.
inline std::vector<db::Result> run_sets(db::Connection& connection, const db::Statement& statement,
                                        const std::vector<std::vector<Value>>& sets) {
    const db::Command command{statement, sets};
    return std::move(connection.run({&command, 1}, {}).front());
}

/// The only cell of a result as `type:text`, such as `Int:42`; `Null` for NULL.
inline std::string cell_text(const Table& table, std::size_t row = 0, std::size_t column = 0) {
    static constexpr const char* kNames[] = {"Null",   "Bool",      "Int",         "Decimal",
                                             "Double", "Text",      "Bytes",       "Date",
                                             "Time",   "Timestamp", "TimestampTz", "Json"};
    const Cell cell = table.cell(row, column);
    const std::string name = kNames[static_cast<std::size_t>(cell.type)];
    return cell.type == CellType::Null ? name : name + ':' + std::string(cell.text);
}

inline std::string one(db::Connection& connection, const std::string& text,
                       const std::vector<Value>& parameters = {}) {
    const db::Result result = connection.execute(reading(text), parameters);
    if (!result.table || result.table->row_count() != 1) return "not one row";
    return cell_text(*result.table);
}

/// The Error that `action` throws; a test failure and an Internal error if it throws none.
inline Error error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error was thrown";
    return Error(ErrorCode::Internal, "no error");
}

}  // namespace kdeps::test
