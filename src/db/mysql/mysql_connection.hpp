#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kdeps/db/connection.hpp"
#include "kdeps/io/abandonable_calls.hpp"
#include "kdeps/io/task_threads.hpp"

#include "mysql/mysql_session.hpp"
#include "mysql/mysql_statements.hpp"
#include "mysql/zoned_times.hpp"
#include "plain_statements.hpp"

namespace kdeps::db {

/// What all sessions with one server share.
struct MysqlServer {
    explicit MysqlServer(MysqlEndpoint where)
        : endpoint(std::make_shared<const MysqlEndpoint>(std::move(where))) {}

    const std::shared_ptr<const MysqlEndpoint> endpoint;  ///< Shared with KILLs left behind.
    const std::shared_ptr<PlainStatements> plain = std::make_shared<PlainStatements>(sql::kMySql);
    io::TaskThreads control{{.max = 1}};  ///< Here a KILL has a control session: one at a time.
};

/// A session with MySQL or MariaDB: mysql-connector-c++ opens it, libmariadb runs the statements on
/// the same handle.
class MysqlConnection final : public Connection {
 public:
    /// `server` is shared with the driver, which may be gone before its connections.
    /// Errors: ConnectionFailed.
    MysqlConnection(std::shared_ptr<MysqlServer> server, Deadline deadline);

    void rollback() override;
    [[nodiscard]] SessionState state() override;
    [[nodiscard]] bool in_transaction() const override;
    [[nodiscard]] bool session_changed() override { return must_reset_ || !trail_.is_clean(); }
    [[nodiscard]] bool ping() override;
    [[nodiscard]] bool clean() override;
    [[nodiscard]] bool reset() override;
    void cancel() noexcept override;
    void abort() noexcept override;
    [[nodiscard]] bool has_ended() const override { return session_.has_ended(); }
    [[nodiscard]] std::string session_id() const override;

 private:
    [[nodiscard]] std::vector<Result> execute_sets(
        const Statement& statement, std::span<const std::vector<Value>> sets) override;
    void begin(const UnitOfWork& unit) override;
    void commit() override;
    void examine_failure(ErrorDetail& detail) noexcept override;
    void examine_part(const Statement& statement, ErrorDetail& detail);
    [[nodiscard]] Result execute_one(const Statement& statement, std::span<const Value> parameters);
    [[nodiscard]] Result execute_as_given(const Statement& statement,
                                          std::span<const Value> parameters);
    [[nodiscard]] TimeAttempt attempt(const Statement& statement,
                                      std::span<const Value> parameters);
    [[nodiscard]] MYSQL* handle() const { return session_.handle(); }
    [[nodiscard]] unsigned int server_status() const;  ///< Of the last answer without an error.
    void track_session();
    void note(const Statement& statement);
    /// Whether the statements that nobody knew are plain after all.
    [[nodiscard]] bool learn();
    [[nodiscard]] bool learn(const std::string& text);
    [[nodiscard]] MysqlFailureContext failure_context(const Statement& statement) const;
    /// Nullopt when the server wants the statement prepared anew and nothing was done.
    [[nodiscard]] std::optional<Result> try_execute(const Statement& statement,
                                                    std::span<const Value> parameters,
                                                    bool may_heal);
    [[nodiscard]] Result execute_unprepared(const Statement& statement);
    [[nodiscard]] Result read_results(const Statement& statement, const MysqlPrepared& prepared,
                                      const MysqlFailureContext& context);
    /// Returns how many there were.
    std::int64_t read_rows(const Statement& statement, MysqlRows rows,
                           const MysqlFailureContext& context, RowSink& sink);

    std::shared_ptr<MysqlServer> server_;
    MysqlSession session_;
    MysqlStatements statements_;
    SessionTrail trail_;
    bool must_reset_ = false;  ///< Certainly changed, or perhaps in a way that only this undoes.
    bool has_untold_ = false;  ///< Rows came from what is not known to be plain.
    io::AbandonableCalls kills_;
};

}  // namespace kdeps::db
