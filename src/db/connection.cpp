#include "kdeps/db/connection.hpp"

#include <numeric>

namespace kdeps::db {

namespace {

/// A procedure may commit what came before it.
void require_open_transaction(Connection& connection) {
    if (connection.state() == SessionState::InTransaction) return;
    throw Error(ErrorCode::QueryFailed,
                "the statement ended the transaction it ran in; what was done until then may be "
                "stored",
                {.hint = "leave the transaction to the resource, or set `transaction: false`",
                 .outcome = Outcome::Unknown});
}

/// Makes the indexes of a command's error count from the first set of the call.
void count_from(std::size_t first, bool is_atomic, ErrorDetail& detail) {
    detail.failed_index = first + detail.failed_index.value_or(0);
    if (is_atomic) return;
    for (std::size_t& index : detail.applied_indexes) index += first;
    std::vector<std::size_t> earlier(first);
    std::iota(earlier.begin(), earlier.end(), std::size_t{0});
    detail.applied_indexes.insert(detail.applied_indexes.begin(), earlier.begin(), earlier.end());
}

}  // namespace

std::vector<std::vector<Result>> Connection::run(std::span<const Command> commands,
                                                 const UnitOfWork& unit) {
    if (unit.begin) begin(unit.read_only);
    std::vector<std::vector<Result>> results;
    results.reserve(commands.size());
    std::size_t first = 0;
    for (const Command& command : commands) {
        try {
            if (!results.empty() && unit.before_next) unit.before_next();
            results.push_back(execute_sets(command.statement, command.sets));
            if (unit.begin) require_open_transaction(*this);
        } catch (Error& error) {
            count_from(first, unit.begin, error.detail());
            throw;
        }
        first += command.sets.size();
    }
    if (!unit.commit) return results;
    if (unit.before_commit) unit.before_commit();
    commit();
    return results;
}

Result Connection::execute(const Statement& statement, const std::vector<Value>& parameters) {
    const Command command{statement, {&parameters, 1}};
    return std::move(run({&command, 1}, {}).front().front());
}

}  // namespace kdeps::db
