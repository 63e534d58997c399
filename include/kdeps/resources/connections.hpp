#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdeps/base/diagnostics.hpp"
#include "kdeps/base/event.hpp"
#include "kdeps/db/pool.hpp"
#include "kdeps/sql/dsn.hpp"
#include "kdeps/sql/pool_settings.hpp"
#include "kdeps/workflow/schema.hpp"
#include "kdeps/workflow/workflow.hpp"

namespace kdeps::resources {

/// One database the workflow talks to. Its pool exists once Connections::open() was called.
struct DatabaseConnection {
    std::string name;
    sql::Dsn dsn;
    sql::PoolSettings settings;
    std::string init_script;  ///< Absolute path, or empty.
    std::unique_ptr<db::Pool> pool;
    std::string problem;  ///< Why it is down or unusable; empty when the database answered.

    /// Errors: NotSupported when there is no driver for the database.
    [[nodiscard]] db::Pool& require_pool() const;
};

/// The databases of a workflow: those of `settings.sqlConnections`, by name, and those that a
/// resource names by an inline `connection`.
///
/// Threads: filled while loading; afterwards safe to share.
class Connections {
 public:
    /// Reads every entry of `settings.sqlConnections`; mistakes go to `diagnostics`.
    Connections(const workflow::Workflow& workflow, Diagnostics& diagnostics);
    ~Connections();

    /// The connection of that name, or null. A stable address.
    [[nodiscard]] const DatabaseConnection* find(std::string_view name) const;
    /// Of those that find() gives. What else stands there may be a piece of a password.
    [[nodiscard]] std::vector<std::string> names() const;
    /// Whether there is an entry of that name, be it one whose mistakes keep find() from it.
    [[nodiscard]] bool is_declared(std::string_view name) const;
    /// The connection for a resource's own `connection:` text: a name without `:`, or a connection
    /// string whose only variables are `${VAR}` and `{{ env('VAR') }}`; null after an error was
    /// reported. Equal strings share a pool; the first one's `pool:` settings win.
    [[nodiscard]] const DatabaseConnection* find_inline(const workflow::Node& connection,
                                                        const workflow::Fields* pool,
                                                        Diagnostics& diagnostics);

    /// Creates the pools, opens their minimum at the same time, and waits at most `timeout` for the
    /// outcome.
    ///
    /// Errors: ConnectionFailed when a connection with `required: true` is down after 5 s;
    ///         Cancelled once `stop` is requested.
    void open(EventSink& events, std::chrono::milliseconds timeout, const std::stop_token& stop);
    [[nodiscard]] const std::vector<std::unique_ptr<DatabaseConnection>>& all() const {
        return all_;
    }

 private:
    void add_named(const workflow::ConnectionSpec& spec, Diagnostics& diagnostics);

    const workflow::Workflow& workflow_;
    std::vector<std::unique_ptr<DatabaseConnection>> all_;
};

/// `{connection, pool, init}`: one entry of `settings.sqlConnections`.
[[nodiscard]] const workflow::KindSchema& connection_schema();
/// `{maxConnections, minConnections, ...}`.
[[nodiscard]] const workflow::KindSchema& pool_schema();

}  // namespace kdeps::resources
