#include "postgres/postgres_flight.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "postgres/pipeline_mode.hpp"

namespace kdeps::db {

std::string pg_begin(const UnitOfWork& unit) {
    std::string text = "BEGIN";
    if (!unit.isolation.empty()) text += fmt::format(" ISOLATION LEVEL {}", unit.isolation);
    if (unit.read_only) text += " READ ONLY";
    return text;
}

/// The rows of one execution. Those past a bound are dropped: what comes behind is on its way.
class PgFlight::ArrivingRows {
 public:
    ArrivingRows(const PgTypes& types, const Statement& statement) : reader_(types, statement) {}

    void add(const PGresult* result) {
        if (error_) return;
        try {
            reader_.add(result);
        } catch (Error& error) {
            error_ = std::move(error);
        }
    }
    [[nodiscard]] std::optional<Error>& error() { return error_; }
    [[nodiscard]] PgResultReader& reader() { return reader_; }

 private:
    PgResultReader reader_;
    std::optional<Error> error_;
};

PgFlight::PgFlight(PgSession& session, const PgTypes& types, std::string_view endpoint,
                   const UnitOfWork* unit)
    : session_(session),
      types_(types),
      endpoint_(endpoint),
      unit_(unit),
      in_transaction_(unit != nullptr || PQtransactionStatus(session.handle()) != PQTRANS_IDLE) {}

const PgPrepared* PgFlight::find_draft(std::string_view text) const {
    const auto found = std::ranges::find_if(
        drafts_, [text](const Draft& draft) { return draft.statement.text == text; });
    return found == drafts_.end() ? nullptr : &found->statement;
}

const PgPrepared& PgFlight::add_draft(PgPrepared draft) {
    return drafts_.emplace_back(Draft{std::move(draft)}).statement;
}

void PgFlight::add(const Statement& statement, const PgPrepared& prepared,
                   const std::vector<Value>& values) {
    try {
        require_count(prepared, values.size());
        parameters_.emplace_back(values, prepared.parameter_types, prepared.sources);
    } catch (Error& error) {
        error.detail().failed_index = executions_.size();
        throw;
    }
    executions_.push_back({&statement, &prepared});
}

void PgFlight::fly() {
    results_.resize(executions_.size());
    {
        const PipelineMode pipeline(session_.handle());
        send();
        read();
    }
    // A cancel that comes late hits this instead of the next user.
    if (was_cancelled_) PgResult(PQexec(session_.handle(), ""));
}

void PgFlight::send() {
    PGconn* const handle = session_.handle();
    // A connection that breaks while sending says so while reading.
    // There is no sync before BEGIN: when a statement cannot be prepared, nothing is run at all.
    // But preparing takes a snapshot, and after that it is too late for a level.
    const bool begins = unit_ && unit_->begin;
    const bool begins_first = begins && !unit_->isolation.empty();
    if (begins_first) send_command(Step::Begin, pg_begin(*unit_).c_str());
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
        const PgPrepared& draft = drafts_[i].statement;
        PQsendPrepare(handle, draft.name.c_str(), draft.sent_text.c_str(), 0, nullptr);
        PQsendDescribePrepared(handle, draft.name.c_str());
        sent_.push_back({Step::Prepare, i});
        sent_.push_back({Step::Describe, i});
    }
    if (begins && !begins_first) send_command(Step::Begin, pg_begin(*unit_).c_str());
    for (std::size_t i = 0; i < executions_.size(); ++i) {
        PQsendQueryPrepared(handle, executions_[i].prepared->name.c_str(), parameters_[i].count(),
                            parameters_[i].pointers(), nullptr, nullptr, 0);
        sent_.push_back({Step::Execute, i});
        // A sync ends an implicit transaction: without one around it, each set commits on its own.
        if (!in_transaction_) PQpipelineSync(handle);
    }
    if (unit_ && unit_->commit) send_command(Step::Commit, "COMMIT");
    if (in_transaction_) PQpipelineSync(handle);
}

void PgFlight::send_command(Step step, const char* sql) {
    PQsendQueryParams(session_.handle(), sql, 0, nullptr, nullptr, nullptr, nullptr, 0);
    sent_.push_back({step, 0});
}

void PgFlight::read() {
    PGconn* const handle = session_.handle();
    std::size_t syncs_left = in_transaction_ ? 1 : executions_.size();
    std::optional<ArrivingRows> rows;  // of the execution that is answered
    for (std::size_t at = 0; syncs_left > 0;) {
        // Before the first row of each set, or libpq would collect all of them. In vain elsewhere.
        if (!rows) PQsetSingleRowMode(handle);
        PgResult result(PQgetResult(handle));
        const ExecStatusType status = PQresultStatus(result.get());
        session_.refuse_copy(status);
        if (!result) {  // the end of one answer, or of the connection
            rows.reset();
            const bool is_commit_left =
                ++at < sent_.size() && sent_[at].step == Step::Commit && !error_;
            if (is_commit_left && unit_->before_commit) unit_->before_commit();
        } else if (status == PGRES_PIPELINE_SYNC) {
            --syncs_left;
        } else if (status == PGRES_FATAL_ERROR) {
            fail(at, result.get());
        } else if (status != PGRES_PIPELINE_ABORTED) {
            take(sent_[at], std::move(result), rows);
        }
        if (PQstatus(handle) != CONNECTION_OK) return fail(std::min(at, sent_.size() - 1), nullptr);
    }
}

void PgFlight::take(const Sent& sent, PgResult result, std::optional<ArrivingRows>& rows) {
    switch (sent.step) {
        case Step::Describe:
            drafts_[sent.index].description = std::move(result);
            return;
        case Step::Execute:
            if (!rows) rows.emplace(types_, *executions_[sent.index].statement);
            rows->add(result.get());
            if (PQresultStatus(result.get()) != PGRES_SINGLE_TUPLE) complete(sent.index, *rows);
            return;
        case Step::Commit:
            // Only rows that were too many have let the server come here.
            if (error_ && !unit_->read_only) error_->detail().outcome = Outcome::Done;
            return;
        case Step::Prepare:
        case Step::Begin:
            return;
    }
}

void PgFlight::complete(std::size_t index, ArrivingRows& rows) {
    if (!rows.error()) {
        if (rows.reader().lacks_types()) {
            unfinished_.emplace(index, std::move(rows.reader()));
        } else {
            results_[index] = rows.reader().finish();
        }
        return;
    }
    if (!in_transaction_ && executions_[index].statement->statement_class.may_write) {
        rows.error()->detail().outcome = Outcome::Done;
        results_[index] = Result{};  // stored, though its rows were too many
    }
    if (error_) return;
    error_ = std::move(*rows.error());
    failed_ = Sent{Step::Execute, index};
    if (unit_ && unit_->commit && !was_cancelled_) {
        // Perhaps in time before COMMIT; its answer will tell.
        session_.request_cancel();
        was_cancelled_ = true;
    }
}

/// Notes a failed result, or without one a lost connection.
void PgFlight::fail(std::size_t at, const PGresult* result) {
    if (error_) return;
    // An answer of the server's own says that COMMIT is not reached.
    const bool is_told = result != nullptr && !pg_sqlstate(result).empty();
    const bool is_committing =
        unit_ && unit_->commit && (!is_told || sent_[at].step == Step::Commit);
    const PgFailureContext context{.endpoint = endpoint_,
                                   .may_write = is_committing ? !unit_->read_only : may_write(at),
                                   .in_transaction = in_transaction_ && !is_committing};
    failed_ = sent_[at];
    is_stale_ = result != nullptr && pg_is_stale_statement(result);
    error_ = result != nullptr ? pg_error(result, session_.handle(), context)
                               : pg_lost(session_.handle(), context);
}

bool PgFlight::may_write(std::size_t at) const {
    return sent_[at].step != Step::Execute ||
           executions_[sent_[at].index].statement->statement_class.may_write;
}

std::vector<PgOid> PgFlight::unknown_types() const {
    std::vector<PgOid> types;
    for (const auto& [index, reader] : unfinished_) {
        types.insert(types.end(), reader.types().begin(), reader.types().end());
    }
    return types;
}

std::vector<std::optional<Result>>& PgFlight::results() {
    for (auto& [index, reader] : unfinished_) results_[index] = reader.finish();
    unfinished_.clear();
    return results_;
}

bool PgFlight::is_nothing_applied() const {
    return unfinished_.empty() &&
           std::ranges::none_of(results_, [](const auto& result) { return result.has_value(); });
}

}  // namespace kdeps::db
