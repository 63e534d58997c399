#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/db/connection.hpp"

#include "postgres/postgres_errors.hpp"
#include "postgres/postgres_parameters.hpp"
#include "postgres/postgres_result.hpp"
#include "postgres/postgres_session.hpp"
#include "postgres/postgres_statements.hpp"

namespace kdeps::db {

/// What opens the transaction of a unit.
[[nodiscard]] std::string pg_begin(const UnitOfWork& unit);

/// Executions that travel together, in one round trip, and what came back.
class PgFlight {
 public:
    /// A statement that is prepared on the way.
    struct Draft {
        PgPrepared statement;
        PgResult description = {};  ///< The server's; null when it refused.
    };
    /// What was sent, in the order of its answers.
    enum class Step { Prepare, Describe, Begin, Execute, Commit };

    /// `unit`: its BEGIN and COMMIT travel too. Without, and outside a transaction, each execution
    /// commits on its own. Borrows all.
    PgFlight(PgSession& session, const PgTypes& types, std::string_view endpoint,
             const UnitOfWork* unit);

    /// The draft of a text, or null.
    [[nodiscard]] const PgPrepared* find_draft(std::string_view text) const;
    const PgPrepared& add_draft(PgPrepared draft);
    /// Borrows all three.
    ///
    /// Errors: BadRequest or QueryFailed with `failed_index`; nothing has been sent then.
    void add(const Statement& statement, const PgPrepared& prepared,
             const std::vector<Value>& values);
    /// Sends all and reads all answers.
    void fly();

    [[nodiscard]] std::deque<Draft>& drafts() { return drafts_; }
    /// Those of columns that have to be learnt before results() are asked for.
    [[nodiscard]] std::vector<PgOid> unknown_types() const;
    /// Per execution; empty where nothing was applied.
    [[nodiscard]] std::vector<std::optional<Result>>& results();
    /// The first failure.
    [[nodiscard]] std::optional<Error>& error() { return error_; }
    [[nodiscard]] bool failed_at(Step step) const { return failed_ && failed_->step == step; }
    [[nodiscard]] std::size_t failed_index() const { return failed_ ? failed_->index : 0; }
    /// REQUIRES: failed_at(Step::Execute).
    [[nodiscard]] const std::string& failed_text() const {
        return *executions_[failed_->index].statement->text;
    }
    /// Whether it was the fault of a prepared statement.
    [[nodiscard]] bool is_stale() const { return is_stale_; }
    [[nodiscard]] bool is_nothing_applied() const;

 private:
    struct Execution {
        const Statement* statement;
        const PgPrepared* prepared;
    };
    struct Sent {
        Step step;
        std::size_t index;  ///< Of the draft or of the execution.
    };
    class ArrivingRows;

    void send();
    void send_command(Step step, const char* sql);
    void read();
    void take(const Sent& sent, PgResult result, std::optional<ArrivingRows>& rows);
    void complete(std::size_t index, ArrivingRows& rows);
    void fail(std::size_t at, const PGresult* result);
    [[nodiscard]] bool may_write(std::size_t at) const;

    PgSession& session_;
    const PgTypes& types_;
    std::string_view endpoint_;
    const UnitOfWork* unit_;
    bool in_transaction_;
    std::vector<Execution> executions_;
    std::deque<PgParameters> parameters_;
    std::deque<Draft> drafts_;
    std::vector<Sent> sent_;
    std::vector<std::optional<Result>> results_;
    std::map<std::size_t, PgResultReader> unfinished_;  ///< They have columns of unknown types.
    std::optional<Error> error_;
    std::optional<Sent> failed_;
    bool is_stale_ = false;
    bool was_cancelled_ = false;
};

}  // namespace kdeps::db
