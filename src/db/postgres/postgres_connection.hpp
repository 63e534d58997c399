#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "kdeps/db/connection.hpp"

#include "plain_statements.hpp"
#include "postgres/postgres_flight.hpp"
#include "postgres/postgres_parameters.hpp"
#include "postgres/postgres_result.hpp"
#include "postgres/postgres_session.hpp"
#include "postgres/postgres_statements.hpp"

namespace kdeps::db {

/// A session with PostgreSQL: libpqxx opens it, libpq runs the statements on the same handle.
class PostgresConnection final : public Connection {
 public:
    /// Errors: ConnectionFailed.
    PostgresConnection(const std::string& conninfo, std::string endpoint,
                       std::shared_ptr<PlainStatements> plain, Deadline deadline);

    std::vector<std::vector<Result>> run(std::span<const Command> commands,
                                         const UnitOfWork& unit) override;
    void rollback() override;
    [[nodiscard]] SessionState state() override;
    [[nodiscard]] bool in_transaction() const override;
    [[nodiscard]] bool session_changed() override { return !trail_.is_clean(); }
    [[nodiscard]] bool ping() override;
    [[nodiscard]] bool reset() override;
    void cancel() noexcept override { session_.request_cancel(); }
    void abort() noexcept override { session_.interrupt(); }
    [[nodiscard]] bool has_ended() const override { return session_.has_ended(); }
    [[nodiscard]] std::string session_id() const override;

    /// Executions that are on their way at once.
    static constexpr std::size_t kMaxFlight = 256;

 private:
    [[nodiscard]] std::vector<Result> execute_sets(
        const Statement& statement, std::span<const std::vector<Value>> sets) override;
    void begin(const UnitOfWork& unit) override;
    void commit() override;
    [[nodiscard]] Result execute_one(const Statement& statement, std::span<const Value> parameters);
    [[nodiscard]] PGconn* handle() const { return session_.handle(); }
    [[nodiscard]] PgFailureContext failure_context(const Statement& statement) const;
    [[nodiscard]] PgPrepared& prepare(const Statement& statement,
                                      std::span<const Value> parameters);
    /// Nullopt when the server could not run the prepared form any more and nothing was done.
    [[nodiscard]] std::optional<Result> try_execute(const Statement& statement,
                                                    std::span<const Value> parameters,
                                                    bool may_heal);
    void send(const PgPrepared& prepared, const PgParameters& values,
              const PgFailureContext& failure);
    /// Lets libpq collect what it gives next. False, with more on its way, once that takes more
    /// than `max_bytes`, in so far as the socket counts them.
    [[nodiscard]] bool collect(std::size_t max_bytes);
    /// The failed result, or null.
    [[nodiscard]] PgResult read_rows(PgResultReader& reader, const PgFailureContext& failure);
    /// Cancels what runs and reads what is left of it; its last result if it had succeeded all the
    /// same. Gives the session up when `max_rest` does not suffice for what libpq collects
    /// meanwhile.
    PgResult stop_early(std::size_t max_rest = SIZE_MAX);
    /// Notes that a statement has failed. True if that was because it is out of date and nothing
    /// was done, so that it may be run anew.
    bool was_outdated(const std::string& text, std::string_view sqlstate, bool is_stale);
    void run_command(const char* sql, const PgFailureContext& failure);
    [[nodiscard]] bool reset_session();
    void learn(std::span<const std::shared_ptr<const std::string>> texts);

    /// Sends a whole transaction and then reads all answers. Nullopt, with nothing done, when its
    /// statements have to be taken one after the other.
    [[nodiscard]] std::optional<std::vector<std::vector<Result>>> try_transaction(
        std::span<const Command> commands, const UnitOfWork& unit);
    [[nodiscard]] bool heal(std::span<const Command> commands, bool is_begun, PgFlight& flight);
    [[nodiscard]] bool board(const Command& command, bool may_prepare, PgFlight& flight);
    [[nodiscard]] static std::vector<std::vector<Result>> unload(std::span<const Command> commands,
                                                                 PgFlight& flight,
                                                                 const UnitOfWork& unit);
    static void report_results(const UnitOfWork& unit, std::span<const std::vector<Result>> results,
                               std::size_t first);
    /// Keeps the statements that were prepared on the way.
    void land(PgFlight& flight);
    [[nodiscard]] PgFlight run_window(const Statement& statement,
                                      std::span<const std::vector<Value>> sets);

    std::string endpoint_;
    PgSession session_;
    PgTypes types_;
    PgStatements statements_;
    SessionTrail trail_;
};

}  // namespace kdeps::db
