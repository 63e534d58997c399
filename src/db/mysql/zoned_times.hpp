#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kdeps/db/connection.hpp"

namespace kdeps::db {

/// One execution of a statement some of whose parameters are texts such as `2024-01-15T10:00:00Z`.
struct TimeAttempt {
    std::optional<Result> result;
    std::optional<Error> error;  ///< Without a result.
    std::string complaint;       ///< In the server's words; empty if it took every value.
};

[[nodiscard]] bool has_zoned_time(std::span<const Value> parameters);

/// Whether the server refused a value of `parameters` for its time zone.
[[nodiscard]] bool is_refused_for_zone(const Error& error, std::span<const Value> parameters);
/// Whether the statement had done nothing when a value was refused, whatever its tables are.
[[nodiscard]] bool is_refused_early(const Error& error, const sql::StatementClass& what);

/// Runs a statement with times that have a zone, for which MySQL knows no text.
///
/// What a parameter stands for only the server knows, and it says so in a complaint that quotes the
/// text. Each parameter of that text is then tried in UTC without its zone, one after the other,
/// and stays so if that changes the complaint. What is stored as a text or compared with one is
/// never touched.
///
/// Errors: those of `attempt`, and the last one that it returned.
[[nodiscard]] Result run_with_zoned_times(
    std::span<const Value> parameters,
    const std::function<TimeAttempt(std::span<const Value>)>& attempt);

}  // namespace kdeps::db
