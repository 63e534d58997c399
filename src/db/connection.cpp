#include "kdeps/db/connection.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "kdeps/base/small_vector.hpp"

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

/// Which commands of a call are stored, as far as the transactions tell that they opened.
class Progress {
 public:
    void ran(const Command& command, bool is_open) {
        const sql::StatementClass& what = command.statement.statement_class;
        // COMMIT AND CHAIN, or a COMMIT of which a setting makes that, opens the next transaction.
        const bool has_ended = !is_open || (what.ends_transaction && !what.opens_transaction);
        for (Step& step : steps_) {
            if (step.fate != Fate::Waiting) continue;
            // COMMIT counts as a write, ROLLBACK does not.
            if (has_ended) step.fate = what.may_write ? Fate::Stored : Fate::Undone;
            // MySQL commits what another BEGIN finds, PostgreSQL goes on with it.
            is_known_ = is_known_ && (has_ended || !what.opens_transaction);
        }
        steps_.push_back({count_, what.may_write, has_ended ? Fate::Stored : Fate::Waiting});
        count_ += command.sets.size();
    }
    /// Whether what is not stored is certainly undone once the open transaction is.
    [[nodiscard]] bool is_known() const { return is_known_; }
    /// How many sets have been run.
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::vector<std::size_t> stored() const {
        std::vector<std::size_t> sets;
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (steps_[i].fate != Fate::Stored) continue;
            const std::size_t end = i + 1 < steps_.size() ? steps_[i + 1].first_set : count_;
            for (std::size_t set = steps_[i].first_set; set < end; ++set) sets.push_back(set);
        }
        return sets;
    }
    /// The first set of the open transaction, if that has written something.
    [[nodiscard]] std::optional<std::size_t> left_open() const {
        const auto waits = [](const Step& step) { return step.fate == Fate::Waiting; };
        const auto first = std::ranges::find_if(steps_, waits);
        const bool has_written = std::ranges::any_of(
            steps_, [&](const Step& step) { return waits(step) && step.may_write; });
        return has_written ? std::optional(first->first_set) : std::nullopt;
    }

 private:
    enum class Fate { Waiting, Stored, Undone };
    struct Step {
        std::size_t first_set;
        bool may_write;
        Fate fate;
    };
    SmallVector<Step, 2> steps_;
    std::size_t count_ = 0;
    bool is_known_ = true;
};

/// Makes the indexes of a command's error count from the first set of the call.
void count_from_first(const Progress& progress, bool is_atomic, ErrorDetail& detail) {
    const std::size_t first = progress.count();
    detail.failed_index = first + detail.failed_index.value_or(0);
    if (is_atomic) return;
    for (std::size_t& index : detail.applied_indexes) index += first;
    const std::vector<std::size_t> earlier = progress.stored();
    detail.applied_indexes.insert(detail.applied_indexes.begin(), earlier.begin(), earlier.end());
}

/// CALL, DO and COMMIT may have stored something although they failed.
bool may_commit(const sql::StatementClass& what) {
    return what.may_write && what.effect == sql::SessionEffect::Transactional;
}

/// `is_known`: no procedure ran, which may have committed before it opened the transaction.
Error left_open(std::size_t first_set, std::vector<std::size_t> stored, bool is_known) {
    return Error(ErrorCode::QueryFailed,
                 "a transaction was left open: what was done in it has been undone",
                 {.hint = "use `transaction: true`, or end the transaction with COMMIT",
                  .outcome = is_known ? Outcome::NotDone : Outcome::Unknown,
                  .failed_index = first_set,
                  .applied_indexes = std::move(stored)});
}

}  // namespace

std::vector<std::vector<Result>> Connection::run(std::span<const Command> commands,
                                                 const UnitOfWork& unit) {
    if (unit.begin) begin(unit);
    std::vector<std::vector<Result>> results;
    results.reserve(commands.size());
    Progress progress;
    for (const Command& command : commands) {
        bool is_sent = false;
        try {
            if (!results.empty() && unit.before_next) unit.before_next();
            is_sent = true;
            results.push_back(execute_sets(command.statement, command.sets));
            if (unit.is_atomic()) require_open_transaction(*this);
            if (unit.on_results) unit.on_results(results.size() - 1, results.back());
        } catch (Error& error) {
            ErrorDetail& detail = error.detail();
            count_from_first(progress, unit.is_atomic(), detail);
            const bool has_part = is_sent && may_commit(command.statement.statement_class);
            if ((has_part || !progress.is_known()) && detail.outcome == Outcome::NotDone)
                detail.outcome = Outcome::Unknown;
            if (unit.is_atomic() || unit.must_end) examine_failure(detail);
            throw;
        }
        progress.ran(command, in_transaction());
    }
    if (const auto open = progress.left_open(); open && unit.must_end) {
        const bool is_known =
            progress.is_known() && std::ranges::none_of(commands, [](const Command& command) {
                const sql::StatementClass& what = command.statement.statement_class;
                return may_commit(what) && !what.ends_transaction;
            });
        Error error = left_open(*open, progress.stored(), is_known);
        examine_failure(error.detail());
        throw Error(error);
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
