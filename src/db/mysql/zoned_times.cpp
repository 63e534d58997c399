#include "mysql/zoned_times.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "mysql/mysql_temporal.hpp"

namespace kdeps::db {

namespace {

/// The same time as MySQL writes it, if the value is a text with a time and its zone.
std::optional<std::string> in_utc(const Value& value) {
    return value.kind() == Kind::String ? mysql_utc_text(value.as_string()) : std::nullopt;
}

/// `Incorrect datetime value: '2024-01-15T10:00:00Z' for column ... at row 1`
bool is_about(std::string_view complaint, const Value& value) {
    return complaint.find("value: '" + value.as_string() + '\'') != std::string_view::npos;
}

}  // namespace

bool has_zoned_time(std::span<const Value> parameters) {
    return std::ranges::any_of(parameters,
                               [](const Value& value) { return in_utc(value).has_value(); });
}

bool is_refused_for_zone(const Error& error, std::span<const Value> parameters) {
    return error.code() == ErrorCode::QueryFailed &&
           std::ranges::any_of(parameters, [&](const Value& value) {
               return in_utc(value).has_value() && is_about(error.what(), value);
           });
}

bool is_refused_early(const Error& error, const sql::StatementClass& what) {
    if (!what.may_write) return true;
    if (what.effect != sql::SessionEffect::Neutral) return false;  // a procedure may do anything
    // A table without transactions keeps the rows that came before.
    const std::string_view text = error.what();
    return text.ends_with(" at row 1") || text.find(" at row ") == std::string_view::npos;
}

Result run_with_zoned_times(std::span<const Value> parameters,
                            const std::function<TimeAttempt(std::span<const Value>)>& attempt) {
    std::vector<Value> values(parameters.begin(), parameters.end());
    TimeAttempt last = attempt(values);
    for (std::size_t i = 0; i < values.size() && !last.complaint.empty(); ++i) {
        auto utc = in_utc(values[i]);
        if (!utc || !is_about(last.complaint, values[i])) continue;
        Value given = std::exchange(values[i], Value(std::move(*utc)));
        TimeAttempt next = attempt(values);
        if (next.complaint == last.complaint) {
            values[i] = std::move(given);
        } else {
            last = std::move(next);
        }
    }
    if (last.error) throw Error(*last.error);
    return std::move(*last.result);
}

}  // namespace kdeps::db
