#include <algorithm>
#include <numeric>

#include "postgres/postgres_connection.hpp"
#include "postgres/postgres_flight.hpp"

namespace kdeps::db {

namespace {

/// For each parameter the first value that is not nil: the sets' kinds may differ.
std::vector<Value> sample_values(std::span<const std::vector<Value>> sets) {
    std::vector<Value> sample;
    for (const std::vector<Value>& set : sets) {
        if (sample.size() < set.size()) sample.resize(set.size());
        for (std::size_t i = 0; i < set.size(); ++i) {
            if (sample[i].is_null()) sample[i] = set[i];
        }
    }
    return sample;
}

/// Others can be prepared only once what stands before them has been run.
bool may_travel(const Command& command) {
    const sql::StatementClass& what = command.statement.statement_class;
    return what.effect == sql::SessionEffect::Neutral && !what.changes_schema;
}

std::size_t count_sets(std::span<const Command> commands) {
    return std::accumulate(
        commands.begin(), commands.end(), std::size_t{0},
        [](std::size_t sum, const Command& command) { return sum + command.sets.size(); });
}

/// Whether what is sent for the values does not depend on types that nobody knows yet.
bool is_typeless(const Command& command) {
    return std::ranges::none_of(command.sets, [](const std::vector<Value>& set) {
        return std::ranges::any_of(set, has_typed_text);
    });
}

}  // namespace

std::vector<std::vector<Result>> PostgresConnection::run(std::span<const Command> commands,
                                                         const UnitOfWork& unit) {
    for (const Command& command : commands) trail_.note(command.statement);
    if (unit.is_atomic() && count_sets(commands) <= kMaxFlight &&
        std::ranges::all_of(commands, may_travel)) {
        if (auto results = try_transaction(commands, unit)) return std::move(*results);
    }
    return Connection::run(commands, unit);
}

std::optional<std::vector<std::vector<Result>>> PostgresConnection::try_transaction(
    std::span<const Command> commands, const UnitOfWork& unit) {
    // What is to be looked at first keeps COMMIT on the ground.
    const bool commits_later = unit.commit && unit.on_results;
    UnitOfWork on_board = unit;
    on_board.commit = unit.commit && !commits_later;
    PgFlight flight(session_, types_, endpoint_, &on_board);
    for (const Command& command : commands) {
        if (!board(command, unit.begin, flight)) return std::nullopt;
    }
    flight.fly();
    land(flight);
    const bool is_lost = flight.error() && flight.error()->code() == ErrorCode::ConnectionLost;
    const bool is_refused =
        flight.failed_at(PgFlight::Step::Prepare) || flight.failed_at(PgFlight::Step::Describe);
    if (is_refused && !is_lost) {  // nothing but BEGIN was run, if that was
        if (in_transaction()) rollback();
        return std::nullopt;
    }
    if (flight.failed_at(PgFlight::Step::Execute)) {
        if (heal(commands, unit.goes_on, flight)) return std::nullopt;
        flight.error()->detail().failed_index = flight.failed_index();
    }
    auto results = unload(commands, flight, unit);
    if (flight.error()) throw Error(*flight.error());
    if (commits_later) {
        if (unit.before_commit) unit.before_commit();
        commit();
    }
    return results;
}

/// The results of the commands before the one that failed, if one did. What a command was to give
/// and did not is told before what failed because of it.
std::vector<std::vector<Result>> PostgresConnection::unload(std::span<const Command> commands,
                                                            PgFlight& flight,
                                                            const UnitOfWork& unit) {
    std::vector<std::vector<Result>> results;
    results.reserve(commands.size());
    if (flight.error() && !unit.on_results) return results;
    std::size_t first = 0;  // execution of the command
    for (const Command& command : commands) {
        const auto arrived = std::span(flight.results()).subspan(first, command.sets.size());
        if (!std::ranges::all_of(arrived, &std::optional<Result>::has_value)) break;
        auto& own = results.emplace_back();
        for (std::optional<Result>& result : arrived) own.push_back(*std::move(result));
        if (unit.on_results) report_results(unit, results, first);
        first += command.sets.size();
    }
    return results;
}

/// Calls on_results for the last command, which begins at the execution `first`.
void PostgresConnection::report_results(const UnitOfWork& unit,
                                        std::span<const std::vector<Result>> results,
                                        std::size_t first) {
    try {
        unit.on_results(results.size() - 1, results.back());
    } catch (Error& error) {
        error.detail().failed_index = first + error.detail().failed_index.value_or(0);
        throw;
    }
}

/// Notes what may be out of date; `is_begun`: not in this call. True if the transaction failed at
/// once for that reason, and so may be run anew.
bool PostgresConnection::heal(std::span<const Command> commands, bool is_begun, PgFlight& flight) {
    const std::string& text = flight.failed_text();
    const bool has_begun = is_begun || flight.failed_index() > 0;
    const std::string sqlstate = flight.error()->detail().sqlstate;
    if (flight.is_stale()) {  // others may be so too, and each would cost a transaction
        for (const Command& command : commands) statements_.forget(*command.statement.text);
    } else if (has_begun || !pg_may_be_outdated(sqlstate)) {
        was_outdated(text, sqlstate, false);
        return false;
    }
    if (!has_begun) rollback();
    return was_outdated(text, sqlstate, flight.is_stale());
}

/// False if the command has to be prepared before others are sent. A refusal would fail what is
/// done already of a transaction, so on the way only what comes with its BEGIN `may_prepare`.
bool PostgresConnection::board(const Command& command, bool may_prepare, PgFlight& flight) {
    const std::string& text = *command.statement.text;
    const PgPrepared* prepared = statements_.find(text);
    if (prepared != nullptr) {
        if (!PgStatements::fits(*prepared, sample_values(command.sets))) return false;
    } else {
        if (!may_prepare || !is_typeless(command)) return false;
        prepared = flight.find_draft(text);
        if (prepared == nullptr) prepared = &flight.add_draft(PgStatements::draft(text));
        if (!prepared->is_describable()) return false;
    }
    for (const auto& set : command.sets) flight.add(command.statement, *prepared, set);
    return true;
}

void PostgresConnection::land(PgFlight& flight) {
    // In a failed transaction the types of its columns could not be looked up.
    if (flight.error() && flight.failed_at(PgFlight::Step::Execute)) return;
    if (PQstatus(handle()) != CONNECTION_OK) return;
    statements_.learn(flight.unknown_types());
    for (PgFlight::Draft& draft : flight.drafts()) {
        if (draft.description) {
            statements_.adopt(std::move(draft.statement), draft.description.get());
        }
    }
}

std::vector<Result> PostgresConnection::execute_sets(const Statement& statement,
                                                     std::span<const std::vector<Value>> sets) {
    std::vector<Result> results;
    results.reserve(sets.size());
    if (sets.size() == 1) {
        results.push_back(execute_one(statement, sets.front()));
        return results;
    }
    const bool is_atomic = in_transaction();
    for (std::size_t begin = 0; begin < sets.size(); begin += kMaxFlight) {
        const auto part = sets.subspan(begin, std::min(kMaxFlight, sets.size() - begin));
        std::vector<std::size_t> applied;
        try {
            PgFlight window = run_window(statement, part);
            for (std::size_t i = 0; i < part.size(); ++i) {
                if (window.results()[i]) applied.push_back(i);
            }
            if (window.error()) {
                window.error()->detail().failed_index = window.failed_index();
                throw Error(*window.error());
            }
            for (auto& result : window.results()) results.push_back(std::move(*result));
        } catch (Error& error) {
            ErrorDetail& detail = error.detail();
            detail.failed_index = begin + detail.failed_index.value_or(0);
            if (is_atomic) throw;
            for (std::size_t i = 0; i < begin; ++i) detail.applied_indexes.push_back(i);
            for (const std::size_t i : applied) detail.applied_indexes.push_back(begin + i);
            throw;
        }
    }
    return results;
}

PgFlight PostgresConnection::run_window(const Statement& statement,
                                        std::span<const std::vector<Value>> sets) {
    const auto fly = [&] {
        PgPrepared& prepared = prepare(statement, sample_values(sets));
        PgFlight flight(session_, types_, endpoint_, nullptr);
        for (const std::vector<Value>& set : sets) flight.add(statement, prepared, set);
        flight.fly();
        if (!flight.error()) prepared.was_run = true;
        if (!in_transaction() || !flight.error()) statements_.learn(flight.unknown_types());
        return flight;
    };
    PgFlight flight = fly();
    if (!flight.failed_at(PgFlight::Step::Execute)) return flight;
    const bool is_nothing_done = flight.is_nothing_applied();
    const bool is_outdated =
        was_outdated(*statement.text, flight.error()->detail().sqlstate, flight.is_stale());
    if (!is_outdated || !is_nothing_done) return flight;
    return fly();
}

}  // namespace kdeps::db
